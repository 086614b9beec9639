"""A fault that is put into a good manifest is found, where it was put; and nothing that looks like JSON makes lint crash."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from airflow_argo.diagnostics import Diagnostic, Severity
from airflow_argo.lint import lint

Manifest = dict[str, Any]
FEW = settings(max_examples=40, deadline=None)


def errors(manifest: Manifest, schema: str | None = None) -> list[Diagnostic]:
    return [found for found in lint(manifest, schema=schema) if found.severity is Severity.ERROR]


@st.composite
def dags(draw: st.DrawFn) -> Manifest:
    """A workflow with a DAG whose tasks read what is before them, some in a template that a few of them share."""
    count = draw(st.integers(2, 8))
    templates = [job(f"job{number}") for number in range(draw(st.integers(1, 3)))]
    tasks = []
    for number in range(count):
        task: Manifest = {"name": f"t{number}", "template": draw(st.sampled_from(templates))["name"]}
        upstream = draw(st.lists(st.integers(0, number - 1), unique=True, max_size=3)) if number else []
        values = ["text", "{{workflow.parameters.p}}", *(f"{{{{tasks.t{one}.outputs.parameters.r}}}}" for one in upstream)]
        if upstream:
            task["depends"] = " && ".join(f"t{one}" for one in upstream)
        task["arguments"] = {"parameters": [{"name": "x", "value": draw(st.sampled_from(values))}]}
        tasks.append(task)
    main = {"name": "main", "dag": {"tasks": tasks}}
    spec = {"entrypoint": "main", "arguments": {"parameters": [{"name": "p", "value": "v"}]}, "templates": [main, *templates]}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"generateName": "g-"}, "spec": spec}


def job(name: str) -> Manifest:
    return {
        "name": name,
        "inputs": {"parameters": [{"name": "x"}]},
        "container": {"image": "i", "command": ["c", "{{inputs.parameters.x}}"]},
        "outputs": {"parameters": [{"name": "r", "valueFrom": {"path": "/tmp/r"}}]},
    }


def tasks_of(manifest: Manifest) -> list[Manifest]:
    tasks: list[Manifest] = manifest["spec"]["templates"][0]["dag"]["tasks"]
    return tasks


TASKS = "spec.templates[0].dag.tasks"


@FEW
@given(dags())
def test_good_manifest_is_clean(manifest: Manifest) -> None:
    assert lint(manifest) == []


@FEW
@given(dags(), st.data())
def test_deleted_template_is_missed_by_each_task(manifest: Manifest, data: st.DataObject) -> None:
    gone = manifest["spec"]["templates"].pop(data.draw(st.integers(1, len(manifest["spec"]["templates"]) - 1)))
    callers = {f"{TASKS}[{n}].template" for n, task in enumerate(tasks_of(manifest)) if task["template"] == gone["name"]}
    assert {found.path for found in errors(manifest) if found.code == "AA306"} == callers


@FEW
@given(dags(), st.data())
def test_renamed_output_is_missed_by_each_reference(manifest: Manifest, data: st.DataObject) -> None:
    template = data.draw(st.sampled_from(manifest["spec"]["templates"][1:]))
    template["outputs"]["parameters"][0]["name"] = "renamed"
    producers = {task["name"] for task in tasks_of(manifest) if task["template"] == template["name"]}
    readers = {
        f"{TASKS}[{number}].arguments.parameters[0].value"
        for number, task in enumerate(tasks_of(manifest))
        if any(f"tasks.{name}." in task["arguments"]["parameters"][0]["value"] for name in producers)
    }
    assert {found.path for found in errors(manifest) if found.code == "AA311"} == readers


@FEW
@given(dags(), st.data())
def test_renamed_task_is_missed_by_each_dependent(manifest: Manifest, data: st.DataObject) -> None:
    tasks = tasks_of(manifest)
    renamed = data.draw(st.sampled_from(tasks))
    old, renamed["name"] = renamed["name"], "renamed"
    dependents = {f"{TASKS}[{n}].depends" for n, task in enumerate(tasks) if old in task.get("depends", "").split(" && ")}
    assert {found.path for found in errors(manifest) if found.code == "AA314"} == dependents


@FEW
@given(dags(), st.data())
def test_cycle_is_found(manifest: Manifest, data: st.DataObject) -> None:
    tasks = tasks_of(manifest)
    first = data.draw(st.integers(0, len(tasks) - 1))
    last = data.draw(st.integers(first, len(tasks) - 1))
    for one, other in zip(range(first, last), range(first + 1, last + 1), strict=True):
        tasks[other]["depends"] = " && ".join(filter(None, [tasks[other].get("depends"), f"t{one}"]))
    tasks[first]["depends"] = " && ".join(filter(None, [tasks[first].get("depends"), f"t{last}"]))
    found = [one for one in errors(manifest) if one.code == "AA315"]
    assert [one.path for one in found if one.path and one.path.startswith(TASKS) and one.path.endswith(".depends")]


@FEW
@given(dags(), st.data())
def test_reference_to_no_ancestor_is_found(manifest: Manifest, data: st.DataObject) -> None:
    tasks = tasks_of(manifest)
    reader = data.draw(st.integers(0, len(tasks) - 1))
    other = data.draw(st.integers(reader, len(tasks) - 1))  # a later one is no ancestor
    form = data.draw(st.sampled_from(["{{%s}}", "a {{%s}}", "{{= %s }}", "{{= %s + '' }}"]))
    tasks[reader]["arguments"]["parameters"][0]["value"] = form % f"tasks.t{other}.outputs.parameters.r"
    paths = {found.path for found in errors(manifest) if found.code == "AA303"}
    assert paths == {f"{TASKS}[{reader}].arguments.parameters[0].value"}


def objects(value: Any, path: str = "") -> list[tuple[str, Manifest]]:
    """All objects of a manifest, apart from those that may have any field."""
    if isinstance(value, dict):
        inner = [one for key, part in value.items() for one in objects(part, f"{path}.{key}" if path else key)]
        return [(path, value), *inner]
    if isinstance(value, list):
        return [one for index, part in enumerate(value) for one in objects(part, f"{path}[{index}]")]
    return []


@FEW
@given(dags(), st.data())
def test_unknown_field_is_found(manifest: Manifest, data: st.DataObject) -> None:
    path, part = data.draw(st.sampled_from(objects(manifest)))
    part["nobodys"] = data.draw(st.sampled_from([1, "x", None, {}, []]))
    found = {(one.code, one.path) for one in errors(manifest, "hera")}
    assert ("AA402", f"{path}.nobodys" if path else "nobodys") in found


@FEW
@given(dags(), st.data())
def test_wrong_type_is_found(manifest: Manifest, data: st.DataObject) -> None:
    path, part = data.draw(st.sampled_from(objects(manifest)))
    key = data.draw(st.sampled_from(sorted(part)))
    wrong = {str: 5, list: "x", dict: "x"}[type(part[key])]
    assume(key not in ("kind", "apiVersion"))
    part[key] = wrong
    paths = {one.path for one in errors(manifest, "hera") if one.code in ("AA403", "AA406")}
    assert (f"{path}.{key}" if path else key) in paths


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["{{", "{{=", "a", "{{tasks.a.b}}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    *("metadata", "spec", "templates", "dag", "steps", "tasks", "name", "template", "arguments", "parameters", "value", "when"),
    *("depends", "dependencies", "withItems", "withParam", "withSequence", "hooks", "exit", "inputs", "outputs", "valueFrom"),
    *("expression", "container", "image", "retryStrategy", "backoff", "limit", "suspend", "duration", "containerSet", "inline"),
    *("containers", "resource", "script", "source", "entrypoint", "workflowTemplateRef", "templateRef", "templateDefaults"),
    *("onExit", "schedules", "workflowSpec", "timezone", "target", "artifacts", "continueOn", "http", "successCondition"),
    *("synchronization", "mutex", "stopStrategy", "timeout", "count", "item", "failFast", "parallelism", "key", "path", "from"),
]
MANIFEST_LIKE = st.recursive(
    JSON,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=30,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["Workflow", "WorkflowTemplate", "CronWorkflow", "ClusterWorkflowTemplate"]), MANIFEST_LIKE, JSON)
@example("Workflow", {"templates": [{"name": "a", "dag": {"tasks": [{"name": "b", "withItems": 5}]}}]}, {})
def test_nothing_makes_lint_crash(kind: str, spec: Any, metadata: Any) -> None:
    document = {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}
    lint(document)
    lint([document, spec], schema=None, argo_version="3.7")


@settings(max_examples=100, deadline=None)
@given(dags(), st.data())
def test_nothing_in_a_good_manifest_makes_lint_crash(manifest: Manifest, data: st.DataObject) -> None:
    broken = copy.deepcopy(manifest)
    for _ in range(data.draw(st.integers(1, 3))):
        _, part = data.draw(st.sampled_from(objects(broken)))
        assume(part)
        key = data.draw(st.sampled_from(sorted(part)))
        if key not in ("kind", "apiVersion"):
            part[key] = data.draw(MANIFEST_LIKE)
    found = lint(broken)
    assert all(json.dumps(one.to_json()) for one in found)
