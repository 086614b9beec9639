"""`airflow-argo graph`, as its users call it."""

from __future__ import annotations

import json

from airflow_argo.diagnostics import ExitCode
from tests.cli.conftest import MANIFEST, cli, manifest, two_tasks, write

__all__ = ["cli", "manifest", "two_tasks", "write"]

OURS = """
from airflow_argo import ScriptJob, Workflow, run_with, for_loop

@run_with(image="debian:12-slim")
def hello_you():
    return "echo hello"

@for_loop(["a", "b"])
@run_with(image="debian:12-slim")
def each_one(i):
    return f"echo {i}"

workflow = Workflow("ours", [hello_you, each_one])
"""


def test_a_dag_file_is_drawn_with_its_own_ids(cli, two_tasks) -> None:
    answer = cli("graph", two_tasks)
    assert answer.code == ExitCode.OK
    assert answer.out.startswith("%% two-tasks\nflowchart TD\n")
    assert 'n0["hello<br/>' in answer.out
    assert "n0 --> n1" in answer.out


def test_a_workflow_of_ours_is_drawn_in_each_format(cli, write) -> None:
    path = write("ours.py", OURS)
    assert cli("graph", path, "-o", "svg").out.startswith("<svg ")
    assert cli("graph", path, "-o", "dot").out.startswith("digraph ")
    assert [node["label"] for node in cli("graph", path, "-o", "json").json["nodes"]] == ["hello_you", "each_one"]
    everything = cli("graph", path, "-o", "json", "--all").json
    assert "verdict" in [node["label"] for node in everything["nodes"]]


def test_a_run_colours_it(cli, write) -> None:
    path = write("ours.py", OURS)
    assert cli("run", path, "--name", "one").code == ExitCode.OK
    found = cli("graph", path, "--run", "one", "--local", "-o", "json").json
    assert (found["name"], found["run"]["state"]) == ("one", "success")
    assert {node["label"]: node["run"]["state"] for node in found["nodes"]} == {"hello_you": "success", "each_one": "success"}
    assert next(node for node in found["nodes"] if node["label"] == "each_one")["run"]["instances"] == {"success": 2}
    assert "classDef success" in cli("graph", path, "--run", "one", "--local").out


def test_a_run_of_another_workflow_is_refused(cli, write, manifest) -> None:
    path = write("ours.py", OURS)
    assert cli("run", path, "--name", "one").code == ExitCode.OK
    steps = "steps: [[{name: other, template: job}]]\n  - name: job"
    other = write("other.yaml", MANIFEST.replace("- name: main", f"- name: main\n    {steps}"))
    answer = cli("graph", other, "--run", "one", "--local")
    assert answer.code == ExitCode.BAD_INPUT
    assert "run 'one' is of another workflow" in answer.err


def test_a_manifest_is_drawn_with_what_it_is(cli, manifest, write) -> None:
    assert 'n0["main<br/>debian#58;12-slim"]' in cli("graph", manifest).out
    library = write("library.yaml", MANIFEST.replace("kind: Workflow", "kind: WorkflowTemplate"))
    assert cli("graph", library).code == ExitCode.OK


def test_what_holds_no_workflow_or_several_is_refused(cli, write) -> None:
    none = write("none.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}")
    assert "there is none" in cli("graph", none).err
    two = write("two.yaml", f"{MANIFEST}\n---\n{MANIFEST}")
    answer = cli("graph", two, "-o", "json")
    assert answer.code == ExitCode.BAD_INPUT
    assert "there are 2 of them" in json.loads(answer.out)["error"]
