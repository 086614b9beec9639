"""Documents of several kinds and files, texts that are none, and what only the controller's own validation finds."""

from __future__ import annotations

import pytest

from airflow_argo.argo.manifest import ManifestError
from airflow_argo.diagnostics import InputError, Severity
from airflow_argo.lint import Source, lint, lint_sources

NOOP = {"name": "main", "suspend": {"duration": "0"}}


def document(kind: str, name: str, **spec: object) -> dict:
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


CALLER = document(
    "Workflow",
    "caller",
    entrypoint="main",
    templates=[{"name": "main", "steps": [[{"name": "s", "templateRef": {"name": "lib", "template": "main"}}]]}],
)
LIBRARY = document("WorkflowTemplate", "lib", templates=[NOOP])


@pytest.mark.parametrize("thing", [5, None, "text", [], {}, {"kind": "Workflow"}, {"apiVersion": 1, "kind": "Workflow"}])
def test_what_is_no_object_is_aa401(thing: object) -> None:
    assert [found.code for found in lint([thing])] == ["AA401"]


def test_documents_of_other_kinds_are_passed_over() -> None:
    assert lint([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "Not A Name"}, "data": 5}]) == []


def test_text_that_is_no_yaml_raises() -> None:
    with pytest.raises(ManifestError):
        lint("a: [")


def test_unknown_version_raises() -> None:
    with pytest.raises(InputError):
        lint(CALLER, argo_version="2.0")


def test_documents_of_several_files_refer_to_each_other() -> None:
    assert [found.code for found in lint(CALLER)] == ["AA307"]
    assert lint([CALLER, LIBRARY]) == []
    assert lint_sources([Source([CALLER], file="a"), Source([LIBRARY], file="b")]) == []


def test_finding_of_a_second_document_has_its_line() -> None:
    text = """\
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: a}
spec: {templates: [{name: main, suspend: {}}]}
---
apiVersion: v1
kind: List
items:
- apiVersion: argoproj.io/v1alpha1
  kind: WorkflowTemplate
  metadata: {name: b}
  spec: {templates: [{name: main, suspend: {}}], entrypoint: nope}
"""
    (found,) = lint(text)
    assert (found.code, str(found.origin)) == ("AA306", "<input>:12:50")


def test_key_with_dots_is_found_in_its_line() -> None:
    text = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: a}
spec:
  entrypoint: main
  podMetadata:
    labels:
      a.b: x
      a.b/c: 5
  templates: [{name: main, suspend: {}}]
"""
    (found,) = lint(text)
    assert (found.code, found.path, str(found.origin)) == ("AA403", "spec.podMetadata.labels.a.b/c", "<input>:9:7")


def test_kinds_of_template_need_no_entrypoint_and_take_any_parameter() -> None:
    echo = {"name": "main", "container": {"image": "i", "args": ["{{workflow.parameters.brought}}"]}}
    assert lint(document("WorkflowTemplate", "a", templates=[echo])) == []
    assert lint(document("ClusterWorkflowTemplate", "a", templates=[echo])) == []


def test_cron_workflow_is_looked_into() -> None:
    spec = {"entrypoint": "main", "templates": [{"name": "main", "dag": {"tasks": [{"name": "a", "template": "b"}]}}]}
    cron = document("CronWorkflow", "a", schedules=["@daily"], workflowSpec=spec)
    (found,) = lint(cron)
    assert (found.code, found.path) == ("AA306", "spec.workflowSpec.templates[0].dag.tasks[0].template")


def test_what_only_the_controller_finds_is_placed_by_its_message() -> None:
    leaf = {"name": "main", "container": {"image": "i", "args": ["{{workflow.labels.nope}}"]}}
    (found,) = lint(document("Workflow", "a", entrypoint="main", templates=[NOOP | {"name": "other"}, leaf]))
    assert (found.code, found.path, found.severity) == ("AA417", "spec.templates[1]", Severity.ERROR)
    assert "failed to resolve {{workflow.labels.nope}}" in found.message


def test_braces_that_are_never_closed_are_refused() -> None:
    step = {"name": "a", "template": "show", "arguments": {"parameters": [{"name": "v", "value": "a {{ b"}]}, "when": "true"}
    show = NOOP | {"name": "show", "inputs": {"parameters": [{"name": "v"}]}}
    found = lint(document("Workflow", "a", entrypoint="main", templates=[{"name": "main", "steps": [[step]]}, show]))
    (refused,) = [one for one in found if one.code == "AA417"]
    assert refused.path == "spec.templates[0]"
    assert 'Cannot find end tag="}}" in the template' in refused.message


def test_finding_in_a_list_with_a_bad_item_keeps_its_index() -> None:
    templates = [5, NOOP, {"name": "x", "dag": {"tasks": [{}, {"name": "a", "template": "nope"}]}}]
    found = lint(document("Workflow", "a", entrypoint="main", templates=templates))
    assert ("AA306", "spec.templates[2].dag.tasks[1].template") in {(one.code, one.path) for one in found}


def test_inline_template_is_looked_into() -> None:
    inline = {
        "inputs": {"parameters": [{"name": "x", "value": "{{item}}"}]},
        "container": {"image": "i", "args": ["{{inputs.parameters.y}}"]},
    }
    main = {"name": "main", "steps": [[{"name": "s", "withItems": ["1"], "inline": inline}]]}
    (found,) = lint(document("Workflow", "a", entrypoint="main", templates=[main]))
    assert (found.code, found.path) == ("AA310", "spec.templates[0].steps[0][0].inline.container.args[0]")


def test_workflow_made_from_a_template_counts_twice() -> None:
    library = document(
        "WorkflowTemplate", "lib", entrypoint="main", templates=[{"name": "main", "container": {"image": "i" * 2**19}}]
    )
    made = document("Workflow", "a", workflowTemplateRef={"name": "lib"}, podSpecPatch="x" * 2**19)
    assert [found.code for found in lint([made, library]) if found.path == "spec"] == ["AA410"]
