"""What the engine refuses before anything runs, by name; what it leaves out; that the table says something of every field."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_argo.argo.validation.schema import OBJECTS
from airflow_argo.diagnostics import ExitCode
from airflow_argo.local import Unsupported, load
from airflow_argo.local.support import DONE_FIELDS, IGNORED_FIELDS, REFUSED_FIELDS

from .manifests import NOOP, call, dag, sh, workflow
from .support_page import PAGE, with_table

DOCUMENTS = ("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow")


def test_the_table_says_one_thing_of_every_field() -> None:
    known = {(of, name) for of, fields in OBJECTS.items() if of not in DOCUMENTS for name in fields.types}
    assert known == DONE_FIELDS | IGNORED_FIELDS.keys() | REFUSED_FIELDS.keys()
    assert not DONE_FIELDS & IGNORED_FIELDS.keys()
    assert not DONE_FIELDS & REFUSED_FIELDS.keys()
    assert not IGNORED_FIELDS.keys() & REFUSED_FIELDS.keys()


def refused(*documents: dict[str, Any]) -> list[str]:
    with pytest.raises(Unsupported) as caught:
        load(documents)
    found = [finding["path"] for finding in caught.value.to_json()["diagnostics"]]
    assert caught.value.exit_code == ExitCode.UNSUPPORTED
    assert caught.value.to_json()["unsupported"] == found[0]
    assert all(finding.message and finding.cure for finding in caught.value.diagnostics)
    return found


OK = sh("main", "true")


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ({"name": "main", "http": {"url": "http://x"}}, "spec.templates[0].http"),
        ({"name": "main", "plugin": {"x": {}}}, "spec.templates[0].plugin"),
        ({"name": "main", "data": {"source": {}, "transformation": []}}, "spec.templates[0].data"),
        ({"name": "main", "resource": {"action": "get", "manifest": "kind: Job"}}, "spec.templates[0].resource"),
        ({**OK, "daemon": True}, "spec.templates[0].daemon"),
        ({**OK, "memoize": {"key": "x"}}, "spec.templates[0].memoize"),
        ({**OK, "podSpecPatch": "x"}, "spec.templates[0].podSpecPatch"),
        ({**OK, "hostAliases": [{"ip": "1.2.3.4"}]}, "spec.templates[0].hostAliases"),
        ({**OK, "volumes": [{"name": "v", "hostPath": {"path": "/x"}}]}, "spec.templates[0].volumes[0].hostPath"),
        (
            {**OK, "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "x"}}]},
            "spec.templates[0].volumes[0].persistentVolumeClaim",
        ),
        (
            {**OK, "inputs": {"artifacts": [{"name": "a", "path": "/a", "s3": {"key": "k", "bucket": "b"}}]}},
            "spec.templates[0].inputs.artifacts[0].s3",
        ),
        (
            {**OK, "synchronization": {"mutexes": [{"name": "m", "database": True}]}},
            "spec.templates[0].synchronization.mutexes[0].database",
        ),
    ],
)
def test_templates_that_are_refused(template: dict[str, Any], path: str) -> None:
    assert refused(workflow(template)) == [path]


@pytest.mark.parametrize(
    ("container", "path"),
    [
        ({"command": []}, "command"),
        ({"livenessProbe": {}}, "livenessProbe"),
        ({"lifecycle": {"preStop": {}}}, "lifecycle"),
        ({"restartPolicy": "Always"}, "restartPolicy"),
        ({"terminationMessagePolicy": "FallbackToLogsOnError"}, "terminationMessagePolicy"),
        (
            {"env": [{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}]},
            "env[0].valueFrom.resourceFieldRef",
        ),
        ({"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.x"}}}]}, "env[0].valueFrom.fieldRef.fieldPath"),
        ({"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}, "env[0].valueFrom.secretKeyRef"),
        (
            {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "s", "key": "k"}}}]},
            "env[0].valueFrom.configMapKeyRef",
        ),
        ({"envFrom": [{"secretRef": {"name": "s"}}]}, "envFrom[0].secretRef"),
        ({"volumeMounts": [{"name": "v", "mountPath": "/v", "subPathExpr": "$(A)"}]}, "volumeMounts[0].subPathExpr"),
    ],
)
def test_containers_that_are_refused(container: dict[str, Any], path: str) -> None:
    template = {**OK, "container": {**OK["container"], **container}}
    assert refused(workflow(template)) == [f"spec.templates[0].container.{path}"]


def test_fields_of_the_spec_that_are_refused() -> None:
    assert refused(workflow(OK, podSpecPatch="x", executorPlugins=[{}], hostAliases=[{}])) == [
        "spec.hostAliases",
        "spec.executorPlugins",
        "spec.podSpecPatch",
    ]


def test_all_findings_at_once() -> None:
    one = {**sh("one", "true"), "daemon": True, "memoize": {"key": "x"}}
    other = {"name": "other", "http": {"url": "u"}}
    assert refused(workflow(one, other, dag(call("a", "one"), call("b", "other")))) == [
        "spec.templates[1].http",
        "spec.templates[0].daemon",
        "spec.templates[0].memoize",
    ]


def test_what_cannot_be_reached_is_not_looked_at() -> None:
    load([workflow({"name": "unused", "http": {"url": "u"}}, OK)])


@pytest.mark.parametrize(
    "by",
    [
        {"onExit": "far"},
        {"hooks": {"exit": {"template": "far"}}},
        {"hooks": {"late": {"template": "far", "expression": "false"}}},
    ],
)
def test_what_hooks_reach_is_looked_at(by: dict[str, Any]) -> None:
    assert refused(workflow({"name": "far", "http": {"url": "u"}}, OK, **by)) == ["spec.templates[0].http"]


def test_inline_templates_are_looked_at() -> None:
    task = {"name": "a", "inline": {"http": {"url": "u"}}}
    assert refused(workflow({"name": "main", "dag": {"tasks": [task]}})) == ["spec.templates[0].dag.tasks[0].inline.http"]


def test_templates_of_others_are_named_by_their_document() -> None:
    library = {
        "kind": "WorkflowTemplate",
        "metadata": {"name": "lib"},
        "spec": {"templates": [NOOP, {"name": "far", "http": {"url": "u"}}]},
    }
    task = {"name": "a", "templateRef": {"name": "lib", "template": "far"}}
    main = {"name": "main", "dag": {"tasks": [task]}}
    assert refused(workflow(main), library) == ["WorkflowTemplate lib: spec.templates[1].http"]


def test_what_matters_only_on_kubernetes_is_left_out() -> None:
    template = {
        **OK,
        "nodeSelector": {"a": "b"},
        "tolerations": [{"key": "x"}],
        "serviceAccountName": "x",
        "daemon": False,
        "metrics": {"prometheus": []},
    }
    template["container"] = {
        **OK["container"],
        "resources": {"limits": {"cpu": "1"}},
        "imagePullPolicy": "Always",
        "securityContext": {"runAsUser": 1},
        "terminationMessagePolicy": "File",
    }
    load(
        [workflow(template, ttlStrategy={"secondsAfterCompletion": 1}, podGC={"strategy": "OnPodCompletion"}, dnsPolicy="None")]
    )


def test_other_kinds_of_documents() -> None:
    account = {"kind": "ServiceAccount", "metadata": {"name": "x"}}
    load([account, workflow(OK)])
    assert refused(workflow(OK), {"kind": "Deployment", "metadata": {"name": "x"}}) == ["kind: Deployment"]


def test_the_page_shows_the_table() -> None:
    """`python -m tests.local.support_page` writes it."""
    page = PAGE.read_text(encoding="utf-8")
    assert with_table(page) == page
