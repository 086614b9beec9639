"""The states of a run, on the nodes of a picture."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.graph import FORMATS, draw, picture
from airflow_argo.graph.model import Outcome, State
from airflow_argo.local import Engine, JumpingClock, load
from airflow_argo.model.graph import Graph, Step
from airflow_argo.model.jobs import NoOp
from airflow_argo.model.workflow import Workflow
from airflow_argo.runners.tree import STATES
from tests.golden.play import Play

from .drawing import dag, nodes, task, workflow

GOLDEN = Path(__file__).parent.parent / "golden"
TOPICS = ("absent", "branch", "hooks", "leaf", "loops", "parts", "values", "when", "while")
PATHS = [path for topic in TOPICS for path in sorted((GOLDEN / topic).glob("*.yaml"))]
WITHOUT_PODS = [
    path
    for path in PATHS
    if not re.search(r"container:|script:|resource:", path.read_text())
    and json.loads(path.with_suffix(".trace.json").read_text()).get("nodes")
]
_IN_NAME = re.compile(r"\[\d+\]|\(\d+(:[^()]*)?\)")
_HOOK = re.compile(r"\.(onExit|hooks\.[^./\[(]+)")


def ids_in(trace: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Id in the picture and phase of each of Argo's nodes but items, attempts and groups of steps."""
    for name, node in trace["nodes"].items():
        if name != "@" and node["type"] != "StepGroup" and not _IN_NAME.search(name.split(".")[-1]):
            hooks = [hook[0] for hook in _HOOK.finditer(name)]
            plain = _IN_NAME.sub("", _HOOK.sub("\0", name)).removeprefix("@").removeprefix(".").replace(".", "/")
            for hook in hooks:
                plain = plain.replace("\0", hook, 1)
            yield plain, node["phase"]


@pytest.mark.parametrize("path", WITHOUT_PODS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_nodes_have_the_states_that_argo_gave_them(path: Path, tmp_path: Path) -> None:
    """Where one node of Argo's stands for one of the picture, their states are the same."""
    documents = [document for document in yaml.safe_load_all(path.read_text()) if document]
    (manifest,) = [document for document in documents if document["kind"] == "Workflow"]
    trace = json.loads(path.with_suffix(".trace.json").read_text())
    found = nodes(picture(manifest, status=Play(path, tmp_path).run()))
    phases: dict[str, list[str]] = {}
    for id, phase in ids_in(trace):
        phases.setdefault(id, []).append(phase)
    told = {id: STATES[ones[0]] for id, ones in phases.items() if len(ones) == 1 and id in found}
    states = {id: found[id].outcome.state.value for id in told if found[id].outcome and found[id].outcome.state}
    assert {id: states.get(id) for id in told if found[id].outcome.instances <= 1} == {
        id: state for id, state in told.items() if found[id].outcome.instances <= 1
    }


def test_enough_of_argos_nodes_are_compared() -> None:
    compared = 0
    for path in WITHOUT_PODS:
        manifest = next(one for one in yaml.safe_load_all(path.read_text()) if one and one["kind"] == "Workflow")
        told = dict(ids_in(json.loads(path.with_suffix(".trace.json").read_text())))
        compared += len(told.keys() & nodes(picture(manifest)).keys())
    assert compared > 400


def node(id: str, name: str, phase: str, boundary: str = "w", type: str = "Pod", **fields: Any) -> dict[str, Any]:
    shown = name.rpartition(".")[2]
    return {"id": id, "name": f"w.{name}", "displayName": shown, "type": type, "phase": phase, "boundaryID": boundary, **fields}


ROOT = {"id": "w", "name": "w", "displayName": "w", "type": "DAG", "phase": "Running"}
LOOP = workflow(dag("main", task("a", withItems=[1, 2, 3, 4, 5]), task("b", "a")))


def loop_status(*phases: str, parent: str = "Running") -> dict[str, Any]:
    """Of a loop whose items are in these phases; the text of each is as bad as can be."""
    items = [node(f"w-{number}", f"a({number}:x.(y)/[0].a(0:z))", phase) for number, phase in enumerate(phases)]
    for item in items:
        item["displayName"] = item["name"].removeprefix("w.")
    group = node("w-a", "a", parent, type="TaskGroup", children=[item["id"] for item in items])
    return {"phase": "Running", "nodes": {one["id"]: one for one in (ROOT, group, *items)}}


def outcome_of(manifest: dict[str, Any], status: dict[str, Any], id: str) -> Outcome:
    outcome = nodes(picture(manifest, status=status))[id].outcome
    assert outcome is not None
    return outcome


def test_a_loop_counts_its_items() -> None:
    outcome = outcome_of(LOOP, loop_status("Failed", "Succeeded", "Error", "Failed", "Skipped", parent="Failed"), "a")
    assert outcome.state is State.FAILED
    assert outcome.counts == {State.FAILED: 3, State.SUCCESS: 1, State.SKIPPED: 1}
    for format in ("mermaid", "dot", "svg"):
        assert "3 of 5 failed" in draw(LOOP, format, status=loop_status("Failed", "Succeeded", "Error", "Failed", "Skipped"))


def test_what_has_not_begun_has_no_state() -> None:
    assert outcome_of(LOOP, loop_status("Running", "Pending"), "b") == Outcome()
    assert outcome_of(LOOP, loop_status("Running", "Pending", "Succeeded"), "a").state is State.RUNNING


def test_a_retried_job_is_one_and_has_the_whole_time() -> None:
    tries = [
        node("w-a0", "a(0)", "Failed", startedAt="2026-01-01T00:00:00Z", finishedAt="2026-01-01T00:00:05Z", message="no"),
        node("w-a1", "a(1)", "Succeeded", startedAt="2026-01-01T00:00:06Z", finishedAt="2026-01-01T00:01:10Z"),
    ]
    whole = node("w-a", "a", "Succeeded", type="Retry", children=["w-a0", "w-a1"])
    whole |= {"startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:01:10Z"}
    status = {"nodes": {one["id"]: one for one in (ROOT, whole, *tries)}}
    assert outcome_of(workflow(dag("main", task("a"))), status, "a") == Outcome(
        state=State.SUCCESS, counts={State.SUCCESS: 1}, seconds=70.0
    )


def test_what_a_job_said_of_itself_counts() -> None:
    said = {"parameters": [{"name": "outcome", "value": '{"state": "skipped"}'}]}
    status = {"nodes": {"w": ROOT, "w-a": node("w-a", "a", "Succeeded", outputs=said)}}
    assert outcome_of(workflow(dag("main", task("a"))), status, "a").state is State.SKIPPED


def test_the_calls_of_a_template_from_inside_of_it_count_together() -> None:
    main = {
        "name": "main",
        "steps": [[task("flip")], [task("again", template="main", when="{{steps.flip.outputs.result}} == t")]],
    }
    deep = [
        node("w-1", "flip", "Succeeded"),
        node("w-2", "again", "Running", type="Steps"),
        node("w-3", "again[0].flip", "Succeeded", "w-2"),
        node("w-4", "again[1].again", "Running", "w-2", type="Steps"),
        node("w-5", "again[1].again[0].flip", "Failed", "w-4"),
    ]
    status = {"nodes": {one["id"]: one for one in ({**ROOT, "type": "Steps"}, *deep)}}
    assert outcome_of(workflow(main), status, "flip").counts == {State.SUCCESS: 2, State.FAILED: 1}
    assert outcome_of(workflow(main), status, "again").counts == {State.RUNNING: 2}


def test_steps_of_a_graph_in_parts_have_theirs(tmp_path: Path) -> None:
    """And steps that only some parts have to know of are counted once."""
    steps = [Step(f"s{number}", NoOp(), (f"s{number // 3}",) if number else ()) for number in range(250)]
    manifest = compile_workflow(Workflow(name="large", graph=Graph(tuple(steps)))).manifest()
    status = Engine(load([manifest]), name="large", folder=tmp_path / "run", clock=JumpingClock(0.0)).run(lambda _: None)
    found = picture(manifest, status=status)
    assert len(found.nodes) == 250
    assert {(node.outcome.state, node.outcome.instances) for node in found.nodes if node.outcome} == {(State.SUCCESS, 1)}


def test_a_task_group_has_the_worst_state_in_it() -> None:
    manifest = workflow(dag("main", task("g-a"), task("g-b")))
    ids = json.dumps({"g-a": "g.a", "g-b": "g.b"})
    manifest["metadata"]["annotations"] = {"airflow-argo.io/dag-id": "d", "airflow-argo.io/ids": ids}
    ended = [node("w-1", "g-a", "Succeeded"), node("w-2", "g-b", "Omitted")]
    status = {"nodes": {one["id"]: one for one in (ROOT, *ended)}}
    assert outcome_of(manifest, status, "g.").state is State.UPSTREAM_FAILED


def test_the_exit_handler_and_hooks_have_theirs() -> None:
    manifest = workflow(dag("main", task("a", hooks={"exit": {"template": "noop"}})), onExit="noop")
    hook = node("w-h", "a.onExit", "Succeeded")
    hook["displayName"] = "a.onExit"
    exit_ = {"id": "w-x", "name": "w.onExit", "displayName": "w.onExit", "type": "Suspend", "phase": "Failed"}
    status = {"nodes": {one["id"]: one for one in (ROOT, node("w-a", "a", "Succeeded"), hook, exit_)}}
    assert outcome_of(manifest, status, "a.onExit").state is State.SUCCESS
    assert outcome_of(manifest, status, ".onExit").state is State.FAILED


def test_the_run_has_a_state_and_a_time() -> None:
    status = {"phase": "Failed", "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T01:02:00Z", "nodes": {}}
    assert "failed · 1h 02m" in draw(LOOP, "svg", status=status)
    assert json.loads(draw(LOOP, "json", status=status))["run"] == {"state": "failed", "seconds": 3720.0}


@pytest.mark.parametrize("state", State)
def test_each_state_has_its_colour(state: State) -> None:
    phase = next((phase for phase, word in STATES.items() if word == state.value), "Pending")
    status = {"nodes": {"w": ROOT, "w-a": node("w-a", "a", phase)}}
    manifest = workflow(dag("main", task("a")))
    texts = {format: draw(manifest, format, status=status) for format in FORMATS}
    assert json.loads(texts["json"])["nodes"][0]["run"]["state"] == state.value
    assert f"class n0 {state.value}" in texts["mermaid"]
    assert f'<g class="node no-pod {state.value}">' in texts["svg"]
    assert "fillcolor=" in texts["dot"].split("n0 ")[1]


@pytest.mark.parametrize(
    "status",
    [
        {},
        {"nodes": None},
        {"nodes": {"a": {}}},
        {"nodes": {"a": {"boundaryID": "b"}, "b": {"boundaryID": "a"}}},
        {"nodes": {"a": {"boundaryID": "a", "name": None, "startedAt": "yesterday"}}},
        {"phase": "Odd", "nodes": {"w": ROOT, "w-a": node("w-a", "a", "Odd", type="Retry", children=None)}},
    ],
)
def test_a_status_that_tells_little_does_no_harm(status: dict[str, Any]) -> None:
    draw(LOOP, "svg", status=status)
