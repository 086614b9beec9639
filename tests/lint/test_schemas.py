"""Where fields and types come from: hera's models, or the CRDs of a cluster."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import pytest

from airflow_argo.diagnostics import Severity
from airflow_argo.lint import CrdSchema, HeraSchema, lint

MANIFEST = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Workflow",
    "metadata": {"name": "a"},
    "spec": {
        "entrypoint": "main",
        "affinity": {"nodeAffinityy": {}},
        "templates": [
            {"name": "main", "container": {"image": "i", "livenessProbe": {"httpGet": {"path": "/", "port": {}}}, "tty": None}},
        ],
    },
}

PROPERTIES = {
    "entrypoint": {"type": "string", "maxLength": 3},
    "priority": {"type": "integer", "minimum": 1, "maximum": 3},
    "limit": {"x-kubernetes-int-or-string": True},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    "names": {"type": "array", "maxItems": 2, "minItems": 1, "items": {"type": "string", "pattern": "^[a-z]+$"}},
    "choice": {"type": "string", "enum": ["a", "b"]},
    "object": {"type": "object", "required": ["x"], "properties": {"x": {"type": "boolean"}}},
}


def definition(spec: dict) -> dict:
    schema = {"type": "object", "properties": {"spec": spec}}
    return {"spec": {"versions": [{"storage": True, "schema": {"openAPIV3Schema": schema}}]}}


def faults(**spec: object) -> set[tuple[str, str]]:
    schema = CrdSchema({"Workflow": definition({"type": "object", "properties": PROPERTIES})})
    document = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {}, "spec": spec}
    return {(fault.path.removeprefix("spec."), fault.found) for fault in schema.faults(document)}


def test_hera_knows_the_parts_of_kubernetes() -> None:
    found = {(one.code, one.path) for one in lint(MANIFEST)}
    assert found == {("AA403", "spec.templates[0].container.livenessProbe.httpGet.port")}
    probe = {"httpGet": {"path": "/", "port": 80}}
    better = {**MANIFEST["spec"], "templates": [{"name": "main", "container": {"image": "i", "livenessProbe": probe}}]}
    found = {(one.code, one.path) for one in lint({**MANIFEST, "spec": better})}
    assert found == {("AA402", "spec.affinity.nodeAffinityy")}


def test_fields_that_are_newer_than_hera_are_known() -> None:
    template = {"name": "main", "pendingTimeout": "3s", "container": {"image": "i"}}
    assert lint({**MANIFEST, "spec": {"entrypoint": "main", "templates": [template]}}, schema=HeraSchema()) == []


def test_lint_works_without_schema() -> None:
    assert lint(MANIFEST, schema=None) == []


def test_missing_hera_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr("airflow_argo.lint.schemas.hera.find_spec", lambda name: None if "hera" in name else found(name))
    (one,) = lint(MANIFEST)
    assert (one.code, one.severity) == ("AA411", Severity.WARNING)
    assert "airflow-argo[lint]" in one.cure


def test_hera_is_imported_only_for_documents_of_argo() -> None:
    program = (
        "import sys; from airflow_argo.lint import lint;"
        "lint([{'apiVersion': 'v1', 'kind': 'ConfigMap'}]); sys.exit('hera' in sys.modules or 'kubernetes' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    ("spec", "path", "found"),
    [
        ({"nope": 1}, "nope", "there is no field 'nope'"),
        ({"entrypoint": 1}, "entrypoint", "it must be of type string"),
        ({"entrypoint": "main"}, "entrypoint", "it has 4 characters, and at most 3 are allowed"),
        ({"priority": 4}, "priority", "4 is beyond its limits: 1 to 3"),
        ({"priority": True}, "priority", "it must be of type integer"),
        ({"limit": True}, "limit", "it must be of type string or integer"),
        ({"labels": {"a": 1}}, "labels.a", "it must be of type string"),
        ({"names": []}, "names", "there are 0 items, and at least 1 are needed"),
        ({"names": ["a", "b", "c"]}, "names", "there are 3 items, and at most 2 are allowed"),
        ({"names": ["A"]}, "names[0]", "'A' should match ^[a-z]+$"),
        ({"names": ["a\n"]}, "names[0]", "'a\n' should match ^[a-z]+$"),
        ({"choice": "c"}, "choice", "'c' is none of: a, b"),
        ({"object": {}}, "object.x", "x is required"),
    ],
)
def test_schema_of_crds(spec: dict, path: str, found: str) -> None:
    assert (path, found) in faults(**spec)


def test_schema_of_crds_lets_pass_what_fits() -> None:
    fits = {"entrypoint": "abc", "priority": 1.0, "limit": "3", "labels": {"a": "b"}, "open": {"x": [1]}, "names": ["a"]}
    assert faults(**fits, choice="a", object={"x": True}) == set()
    assert faults(entrypoint=None) == set()


def test_minimal_crds_have_no_kinds() -> None:
    minimal = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    assert CrdSchema({"Workflow": definition(minimal)}).kinds == frozenset()


@pytest.mark.cluster
@pytest.mark.skipif(not os.environ.get("KUBECONFIG"), reason="needs a cluster with Argo's full CRDs")
def test_crds_of_a_cluster_say_what_hera_says() -> None:
    from airflow_argo.cluster.client import connect
    from airflow_argo.cluster.config import find_connection
    from airflow_argo.cluster.definitions import argo_definitions

    api = connect(find_connection())
    try:
        schema = CrdSchema(argo_definitions(api))
    finally:
        api.close()
    assert schema.kinds == {"Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow"}
    found = {(one.code, one.path) for one in lint(MANIFEST, schema=schema)}
    assert ("AA402", "spec.affinity.nodeAffinityy") in found
