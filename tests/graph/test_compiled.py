"""What is drawn of manifests that our compiler wrote: the author's steps and nothing else."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from airflow_argo import ContainerJob, Workflow, WorkflowParam, for_loop, step, when, while_loop
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.graph import picture
from airflow_argo.graph.model import Kind, Picture

from .drawing import edges, nodes

IMAGE = "lab/task:1"


def job(name: str, **more: Any) -> ContainerJob:
    return ContainerJob(name, IMAGE, ["true"], **more)


def drawn(workflow: Workflow, **options: Any) -> Picture:
    return picture(compile_workflow(workflow.to_model()).manifest(), **options)


def test_helpers_are_hidden_and_ids_are_the_authors() -> None:
    @step
    def one_two() -> ContainerJob:
        return job("one_two")

    found = drawn(Workflow("w", [one_two]))
    assert [(node.label, node.kind, node.note) for node in found.nodes] == [("one_two", Kind.POD, IMAGE)]
    everything = drawn(Workflow("w", [one_two]), show_all=True)
    assert {"one-two", "verdict"} <= {node.label for node in everything.nodes}


def test_a_for_loop_is_a_box_and_one_of_a_single_job_a_node() -> None:
    first = job("first", outputs=[WorkflowParam("n", type=int)])

    @for_loop(first.output.n)
    def twice(i: Any) -> list[ContainerJob]:
        draw = ContainerJob("draw", IMAGE, ["echo"], [i])
        show = job("show")
        show.after(draw)
        return [draw, show]

    @for_loop(["x", "y", "z"])
    def single(i: Any) -> ContainerJob:
        return ContainerJob("job", IMAGE, ["echo"], [i])

    found = nodes(drawn(Workflow("w", [first, twice, single])))
    assert (found["twice"].kind, found["twice"].items) == (Kind.LOOP, "first.n")
    assert [node.label for node in found.values() if node.parent == "twice"] == ["draw", "show"]
    assert (found["single"].kind, found["single"].items, found["single"].note) == (Kind.POD, "3", IMAGE)
    assert len(found) == 5


def test_a_while_loop_is_drawn_as_one_iteration() -> None:
    @while_loop(lambda last: last.score < 5, max_iterations=30)
    def climb(score: Any = 0) -> list[ContainerJob]:
        work = ContainerJob("work", IMAGE, ["echo"], [score], outputs=[WorkflowParam("score", type=int)])
        return [work, ContainerJob("check", IMAGE, ["echo"], [work.output.score])]

    found = drawn(Workflow("w", [climb]))
    box = nodes(found)["climb"]
    assert (box.kind, box.items, box.note) == (Kind.WHILE, "score < 5", "at most 30 times")
    assert [node.label for node in found.nodes] == ["climb", "work", "check"]
    assert set(edges(found)) == {("climb/iteration/work", "climb/iteration/check")}


def test_conditions_are_said_in_short() -> None:
    flip = job("flip", outputs=["face", WorkflowParam("n", type=int)])

    @when(flip.output.face == "heads")
    def heads() -> ContainerJob:
        return job("heads")

    @heads.else_when(flip.output.n > 2)
    def many() -> ContainerJob:
        return job("many")

    @many.else_
    def other() -> ContainerJob:
        return job("other")

    assert edges(drawn(Workflow("w", [flip, heads, many, other]))) == {
        ("flip", "heads"): "flip.face == 'heads'",
        ("flip", "many"): "flip.n > 2 and flip.face != 'heads'",
        ("flip", "other"): "flip.n <= 2 and flip.face != 'heads'",
    }


def test_a_graph_in_parts_is_drawn_whole() -> None:
    """500 jobs are more than a DAG may have, and one follows so many that joins are between."""
    chance = random.Random(7)
    jobs = [job(f"j{number}") for number in range(500)]
    wanted = set()
    for number, one in enumerate(jobs[:-1]):
        for before in {chance.randrange(number) for _ in range(2)} if number else ():
            one.after(jobs[before])
            wanted.add((f"j{before}", f"j{number}"))
    jobs[-1].after(*jobs[:60])
    wanted |= {(f"j{before}", "j499") for before in range(60)}
    manifest = compile_workflow(Workflow("w", jobs).to_model()).manifest()
    assert "airflow-argo.io/parts" in manifest["metadata"]["annotations"]
    found = picture(manifest)
    assert {node.id for node in found.nodes} == {f"j{number}" for number in range(500)}
    assert edges(found) == dict.fromkeys(wanted, "")


@pytest.fixture(scope="module")
def sales() -> Picture:
    """A DAG of Airflow's with all that makes helpers: mapping, branches, rules, groups."""
    from airflow_argo.translator.loading import prepare_environment

    prepare_environment()
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.sdk import DAG, TaskGroup, task

    from airflow_argo.translator.dags import translate

    with DAG("sales", schedule=None) as dag:

        @task
        def extract():
            return ["eu", "us"]

        @task
        def load(region):
            return region

        @task.branch
        def choose():
            return "fast"

        loaded = load.expand(region=extract())
        chosen = choose()
        fast, slow = EmptyOperator(task_id="fast"), EmptyOperator(task_id="slow")
        join = EmptyOperator(task_id="join", trigger_rule="none_failed_min_one_success")
        chosen >> [fast, slow] >> join
        with TaskGroup("report"):
            rendered = EmptyOperator(task_id="render")
            rendered >> EmptyOperator(task_id="publish")
        [loaded, join] >> rendered
        [loaded, join] >> EmptyOperator(task_id="clean", trigger_rule="all_done")
        [loaded, join] >> EmptyOperator(task_id="alarm", trigger_rule="one_failed")
    return picture(compile_workflow(translate(dag).required()).manifest())


def test_tasks_of_a_dag_are_drawn_without_proxies(sales: Picture) -> None:
    labels = sorted(node.label for node in sales.nodes)
    assert labels == sorted(
        ["alarm", "choose", "clean", "extract", "fast", "join", "load", "publish", "render", "report", "slow"]
    )
    assert nodes(sales)["load"].items == "extract"
    assert edges(sales)[("load", "report-render")] == ""


def test_trigger_rules_are_said_by_their_tasks(sales: Picture) -> None:
    found = nodes(sales)
    assert found["join"].condition == "any succeeded"
    assert found["clean"].condition == "all done"
    assert found["alarm"].condition == "any failed"
    assert edges(sales)[("choose", "fast")] == "chosen"


def test_task_groups_are_boxes_with_short_labels(sales: Picture) -> None:
    found = nodes(sales)
    assert found["report."].kind is Kind.GROUP
    assert [node.label for node in found.values() if node.parent == "report."] == ["render", "publish"]


def test_task_groups_that_are_before_and_after_a_task_are_no_boxes() -> None:
    names = ["g.first", "middle", "g.last", "h.one", "h.two"]
    tasks = [{"name": f"t{number}", "template": "noop"} for number in range(5)]
    tasks[1]["depends"], tasks[2]["depends"] = "t0", "t1"
    ids = {f"t{number}": name for number, name in enumerate(names)}
    manifest = {
        "kind": "Workflow",
        "metadata": {"annotations": {"airflow-argo.io/dag-id": "d", "airflow-argo.io/ids": json.dumps(ids)}},
        "spec": {"entrypoint": "m", "templates": [{"name": "noop", "suspend": {}}, {"name": "m", "dag": {"tasks": tasks}}]},
    }
    labels = [node.label for node in picture(manifest).nodes]
    assert labels == ["g.first", "middle", "g.last", "h", "one", "two"]
