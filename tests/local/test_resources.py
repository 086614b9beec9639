"""Resource templates without a cluster: ConfigMaps, Secrets, and workflows that a workflow creates."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.local import Engine, Interrupted, NodeChanged, Unsupported, load, resume_from
from airflow_argo.local.objects import ApiError, ObjectStore, json_patched
from airflow_argo.local.world import OBJECTS, World

from .manifests import NAME, call, dag, sh, workflow


def resource(name: str, action: str, item: Any, *, outputs: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """A resource template; outputs are JSON paths."""
    text = item if isinstance(item, str) else json.dumps(item)
    made: dict[str, Any] = {"name": name, "resource": {"action": action, "manifest": text, **more}}
    if outputs:
        made["outputs"] = {"parameters": [{"name": key, "valueFrom": {"jsonPath": path}} for key, path in outputs.items()]}
    return made


def config(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def child(name: str, *templates: dict[str, Any], **spec: Any) -> dict[str, Any]:
    made = workflow(*templates, **spec) if templates else {"spec": spec}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": name}, "spec": made["spec"]}


ENDED = {"successCondition": "status.phase == Succeeded", "failureCondition": "status.phase in (Failed, Error)"}


def run(folder: Path, *documents: dict[str, Any]) -> dict[str, Any]:
    return Engine(load(documents), folder=folder / "run").run()


def node(status: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in status["nodes"].values() if one["name"] == f"{NAME}.{name}")


def outputs(status: dict[str, Any], name: str) -> dict[str, Any]:
    return {one["name"]: one.get("value") for one in node(status, name)["outputs"]["parameters"]}


def test_what_is_created_is_there_for_pods(tmp_path: Path) -> None:
    made = resource("make", "create", config("made", a="from a ConfigMap"))
    read = sh("read", 'echo "$A" > /tmp/out', outputs={"out": "/tmp/out"})
    read["container"]["env"] = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "made", "key": "a"}}}]
    status = run(tmp_path, workflow(made, read, dag(call("make"), call("read", depends="make"))))
    assert status["phase"] == "Succeeded", status
    assert outputs(status, "read") == {"out": "from a ConfigMap"}


def test_objects_are_changed_and_removed(tmp_path: Path) -> None:
    found = {"data": "{.data}"}
    templates = [
        resource("merge", "patch", config("there", b="2"), mergeStrategy="merge", outputs=found),
        resource(
            "json",
            "patch",
            [{"op": "remove", "path": "/data/a"}, {"op": "add", "path": "/data/c", "value": "3"}],
            mergeStrategy="json",
            flags=["configmap", "there"],
            outputs=found,
        ),
        resource("apply", "apply", config("there", d="4", e="5"), outputs=found),
        resource("again", "apply", config("there", d="6"), outputs=found),
        resource("replace", "replace", config("there", f="7"), outputs=found),
        resource("delete", "delete", config("there")),
        resource("gone", "delete", config("there")),
        resource("get", "get", config("there"), flags=["--ignore-not-found"]),
    ]
    templates[-1]["outputs"] = {"parameters": [{"name": "data", "valueFrom": {"jsonPath": "{.data}", "default": "nothing"}}]}
    names = [one["name"] for one in templates]
    tasks = [call(name, depends=before) for before, name in zip(["", *names], names, strict=False)]
    status = run(tmp_path, workflow(*templates, dag(*tasks)), config("there", a="1"))
    assert status["phase"] == "Succeeded", status
    assert json.loads(outputs(status, "merge")["data"]) == {"a": "1", "b": "2"}
    assert json.loads(outputs(status, "json")["data"]) == {"b": "2", "c": "3"}
    assert json.loads(outputs(status, "apply")["data"]) == {"b": "2", "c": "3", "d": "4", "e": "5"}
    assert json.loads(outputs(status, "again")["data"]) == {"b": "2", "c": "3", "d": "6"}
    assert json.loads(outputs(status, "replace")["data"]) == {"f": "7"}
    assert outputs(status, "get") == {"data": "nothing"}


@pytest.mark.parametrize(
    ("operation", "after"),
    [
        ({"op": "test", "path": "", "value": {"a": [1, 2]}}, {"a": [1, 2]}),
        ({"op": "replace", "path": "", "value": {"b": 1}}, {"b": 1}),
        ({"op": "add", "path": "/a/-", "value": 3}, {"a": [1, 2, 3]}),
        ({"op": "add", "path": "/x~1y", "value": 3}, {"a": [1, 2], "x/y": 3}),
        ({"op": "remove", "path": "/a/0"}, {"a": [2]}),
    ],
)
def test_json_patch(operation: dict[str, Any], after: Any) -> None:
    assert json_patched({"a": [1, 2]}, [operation]) == after


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "", "value": {}},
        {"op": "remove", "path": ""},
        {"op": "replace", "path": "/b", "value": 1},
        {"op": "add", "path": "a", "value": 1},
        {"op": "move", "path": "/b", "from": "/a"},
    ],
)
def test_json_patch_that_is_refused(operation: dict[str, Any]) -> None:
    with pytest.raises(ApiError):
        json_patched({"a": [1, 2]}, [operation])


TARGET = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "WorkflowTemplate",
    "metadata": {"name": "target"},
    "spec": workflow(
        sh("main", 'test "{{workflow.parameters.n}}" != bad'),
        arguments={"parameters": [{"name": "n", "value": "0"}]},
    )["spec"],
}


def triggers(name: str, n: str, **more: Any) -> dict[str, Any]:
    arguments = {"parameters": [{"name": "n", "value": n}]}
    return resource("go", "create", child(name, workflowTemplateRef={"name": "target"}, arguments=arguments), **more)


@pytest.mark.parametrize(("n", "phase"), [("good", "Succeeded"), ("bad", "Failed")])
def test_a_workflow_waits_for_one_that_it_creates(tmp_path: Path, n: str, phase: str) -> None:
    status = run(tmp_path, TARGET, workflow(triggers("other", n, **ENDED), dag(call("go"))))
    assert status["phase"] == phase
    assert status["engine"]["workflows"] == {"other": phase}
    if phase == "Failed":
        message = "main: Error (exit code 64): failure condition '{status.phase in [Error Failed]}' evaluated true"
        assert node(status, "go")["message"] == message


def test_a_run_ends_only_with_those_that_it_began(tmp_path: Path) -> None:
    inner = child("slow", sh("main", "sleep 1"))
    status = run(tmp_path, workflow(resource("go", "create", inner), dag(call("go"))))
    assert status["phase"] == "Succeeded"
    assert status["engine"]["workflows"] == {"slow": "Succeeded"}


def test_workflows_create_workflows(tmp_path: Path) -> None:
    inmost = child("inmost", sh("main", "true"))
    middle = child("middle", resource("go", "create", inmost, **ENDED), dag(call("go")))
    status = run(tmp_path, workflow(resource("go", "create", middle, **ENDED), dag(call("go"))))
    assert status["phase"] == "Succeeded", status
    assert status["engine"]["workflows"] == {"inmost": "Succeeded", "middle": "Succeeded"}


def test_a_workflow_stops_another(tmp_path: Path) -> None:
    other = child("other", {"name": "main", "suspend": {}})
    stop = resource("stop", "patch", {**child("other"), "spec": {"shutdown": "Terminate"}}, mergeStrategy="merge")
    wait = resource(
        "wait", "get", child("other"), successCondition="status.phase == Failed", outputs={"m": "{.status.message}"}
    )
    tasks = [call("go"), call("stop", depends="go"), call("wait", depends="stop")]
    status = run(tmp_path, workflow(resource("go", "create", other), stop, wait, dag(*tasks)))
    assert status["phase"] == "Succeeded", status
    assert outputs(status, "wait") == {"m": "Stopped with strategy 'Terminate'"}


def test_a_workflow_that_is_deleted_while_somebody_waits_for_it(tmp_path: Path) -> None:
    other = child("other", {"name": "main", "suspend": {}})
    templates = [
        resource("go", "create", other),
        resource("wait", "get", child("other"), **ENDED),
        resource("delete", "delete", child("other")),
    ]
    pause = {"name": "pause", "suspend": {"duration": "1"}}
    tasks = [call("go"), call("wait", depends="go"), call("pause", depends="go"), call("delete", depends="pause")]
    status = run(tmp_path, workflow(*templates, pause, dag(*tasks)))
    assert "has been deleted while its status was still being checked" in node(status, "wait")["message"]


def test_waiting_for_what_nobody_will_do_ends_at_once(tmp_path: Path) -> None:
    wait = resource("wait", "get", config("there"), successCondition="data.a == other")
    inner = child("inner", wait, dag(call("wait")))
    status = run(tmp_path, config("there", a="1"), workflow(resource("go", "create", inner, **ENDED), dag(call("go"))))
    assert status["phase"] in ("Failed", "Error")
    assert status["engine"]["workflows"] == {"inner": "Error"}, status


def test_a_deadline_ends_waiting(tmp_path: Path) -> None:
    wait = resource("wait", "get", config("there"), successCondition="data.a == other")
    status = run(tmp_path, config("there", a="1"), workflow({**wait, "activeDeadlineSeconds": 1}, dag(call("wait"))))
    assert node(status, "wait")["message"] == "Pod was active on the node longer than the specified deadline"


def test_what_the_controller_refuses_is_created_and_has_failed(tmp_path: Path) -> None:
    wrong = child("wrong", dag(call("a", "nowhere")))
    status = run(tmp_path, workflow(resource("go", "create", wrong, **ENDED), dag(call("go"))))
    assert "failure condition" in node(status, "go")["message"]


def test_names_of_workflows_can_be_made(tmp_path: Path) -> None:
    inner = child("", sh("main", "true"))
    inner["metadata"] = {"generateName": "made-", "labels": {"a": "b"}}
    found = {"name": "{.metadata.name}", "label": "{.metadata.labels.a}"}
    status = run(tmp_path, workflow(resource("go", "create", inner, **ENDED, outputs=found), dag(call("go"))))
    assert outputs(status, "go")["name"].startswith("made-")
    assert outputs(status, "go")["label"] == "b"


@pytest.fixture
def mark() -> Iterator[Path]:
    """A file that isn't there yet, where tasks see it: /tmp is each one's own."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder) / "mark"


def test_a_run_that_broke_off_goes_on_with_those_that_it_began(tmp_path: Path, mark: Path) -> None:
    inner = child("other", sh("main", f"test -e {mark} || sleep 60; echo ok"))
    program = load([workflow(resource("go", "create", inner, **ENDED), dag(call("go")))])
    engine = Engine(program, folder=tmp_path / "run")

    def break_off(event: object) -> None:
        if isinstance(event, NodeChanged) and event.node["name"] == f"{NAME}.go" and event.node["phase"] == "Running":
            threading.Timer(0.5, engine.interrupt).start()

    with pytest.raises(Interrupted):
        engine.run(break_off)
    mark.touch()
    status = resume_from(tmp_path / "run").run()
    assert status["phase"] == "Succeeded", status
    assert status["engine"]["workflows"] == {"other": "Succeeded"}


def test_objects_are_kept_as_they_were_when_a_run_broke_off(tmp_path: Path) -> None:
    def world() -> World:
        return World(ObjectStore(), tmp_path, lambda *_: pytest.fail("none begins"), lambda _: pytest.fail("none goes on"))

    def item(name: str, value: str) -> dict[str, Any]:
        return {**config(name, a=value), "metadata": {"name": name, "namespace": "n"}}

    before = world()
    for name in ("changed", "removed"):
        before.create(item(name, "1"), "x")
    before.change("ConfigMap", "n", "changed", lambda _: item("changed", "2"))
    before.delete("ConfigMap", "n", "removed")
    with (tmp_path / OBJECTS).open("a") as file:
        file.write('{"of": ["ConfigMap", "n", "cha')  # killed just then
    after = world()
    after.restore()
    assert [(one["metadata"]["name"], one["data"]) for one in after.store.listed("ConfigMap")] == [("changed", {"a": "2"})]
    assert after.create(item("changed", "1"), "x")["data"] == {"a": "2"}
    with pytest.raises(ApiError, match="already exists"):
        after.create(item("changed", "1"), "another")


@pytest.mark.parametrize(
    ("template", "path"),
    [
        (resource("main", "create", {"apiVersion": "batch/v1", "kind": "Job"}), "resource"),
        (resource("main", "get", config("x"), flags=["--all"]), "resource.flags"),
        (triggers("x", "1") | {"name": "main"}, "resource"),
        (
            {"name": "main", "resource": {"action": "create", "manifestFrom": {"artifact": {"name": "a"}}}},
            "resource.manifestFrom",
        ),
    ],
)
def test_what_is_refused_before_anything_runs(template: dict[str, Any], path: str) -> None:
    with pytest.raises(Unsupported) as caught:
        load([workflow(template)])
    assert [one.path for one in caught.value.diagnostics] == [f"spec.templates[0].{path}"]


def test_what_a_created_workflow_needs_is_looked_at_too() -> None:
    target = {**TARGET, "spec": workflow({"name": "main", "http": {"url": "u"}})["spec"]}
    with pytest.raises(Unsupported) as caught:
        load([target, workflow(triggers("x", "1"))])
    assert [one.path for one in caught.value.diagnostics] == ["target: spec.templates[0].http"]
