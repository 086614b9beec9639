"""A part of a DAG as a workflow of its own: its tasks judge those before it as Airflow would."""

from __future__ import annotations

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

from airflow_argo.comparison.on_argo import ended_of
from airflow_argo.model.conditions import State
from airflow_argo.model.jobs import PythonCall
from airflow_argo.model.values import Constant
from airflow_argo.model.walk import found_in
from airflow_argo.runners.local import LocalRunner
from airflow_argo.translator.context import NOTHING
from airflow_argo.translator.dags import in_order, translate
from airflow_argo.translator.loading import load_dags
from airflow_argo.translator.outside import Outside, known_ends

STATES = {"S": State.SUCCESS, "F": State.FAILED, "K": State.SKIPPED, "U": State.UPSTREAM_FAILED}
ENDS = {"S": "success", "k": "skipped", "u": "upstream_failed"}
COLUMNS = ["SS", "SF", "SK", "SU", "FF", "FK", "FU", "KK", "KU", "UU"]
AIRFLOW = {
    "all_success": "S u k u u u u k u u",
    "all_failed": "k k k k S k S k k S",
    "all_done": "S S S S S S S S S S",
    "all_done_min_one_success": "S S k S u k u k k u",
    "one_success": "S S S S u u u k u u",
    "one_failed": "k S k S S S S k S S",
    "one_done": "S S S S S S S k k k",
    "none_failed": "S u S u u u u S u u",
    "none_skipped": "S S k S S k S k k S",
    "none_failed_min_one_success": "S u S u u u u k u u",
    "all_skipped": "k k k k k k k S k k",
}
"""Trigger rule → what becomes of a task, for each pair of ends before it; all of them are known when it is judged."""


def dag_of(tmp_path, rules):
    file = tmp_path / "part.py"
    file.write_text("# made by a test\n")
    with DAG("part") as dag:
        before = [EmptyOperator(task_id="x"), EmptyOperator(task_id="y")]
        for rule in rules:
            before >> EmptyOperator(task_id=rule, trigger_rule=rule)
    dag.fileloc = str(file)
    return dag


@pytest.mark.parametrize("pair", COLUMNS)
def test_rules_see_how_tasks_outside_have_ended(pair, tmp_path):
    dag = dag_of(tmp_path, AIRFLOW)
    states = {name: (STATES[end],) for name, end in zip("xy", pair, strict=True)}
    workflow = translate(dag, outside=Outside(frozenset(AIRFLOW), states)).required()
    run = LocalRunner(folder=tmp_path / "runs").run(workflow, parameters={"logical_date": "2026-01-01T00:00:00+00:00"})
    found = {task: state for (task, _), state in ended_of("", run.tree).tasks.items() if task in AIRFLOW}
    assert found == {rule: ENDS[ends.split()[COLUMNS.index(pair)]] for rule, ends in AIRFLOW.items()}


@pytest.mark.parametrize("pair", COLUMNS)
@pytest.mark.parametrize("rule", AIRFLOW)
def test_it_is_known_before_how_ends_what_doesnt_run(rule, pair, tmp_path):
    dag, own = dag_of(tmp_path, [rule]), frozenset({rule})
    states = {name: (STATES[end],) for name, end in zip("xy", pair, strict=True)}
    end = AIRFLOW[rule].split()[COLUMNS.index(pair)]
    assert known_ends(in_order(dag, own), Outside(own, states)) == {rule: None if end == "S" else (State(ENDS[end]),)}


def test_instances_count_one_by_one(tmp_path):
    dag = dag_of(tmp_path, AIRFLOW)
    states = {"x": (State.SUCCESS, State.FAILED, State.SKIPPED), "y": (State.SUCCESS,)}
    outside = Outside(frozenset(AIRFLOW), states, mapped=frozenset("x"))
    assert outside.stand_ins(["x", "y"], "all_done") == ["x", "x (skipped)", "x (success)", "y"]
    assert outside.stand_ins(["x"], "one_done") == ["before", "x (skipped)", "x (success)"]
    assert translate(dag, outside=outside).workflow is not None


def test_what_a_branch_outside_skips_doesnt_run(tmp_path):
    dag = dag_of(tmp_path, ["all_done"])
    own = frozenset({"all_done"})
    outside = Outside(own, {"x": (State.SUCCESS,), "y": (State.SUCCESS,)}, skipped=own)
    assert known_ends(in_order(dag, own), outside) == {"all_done": (State.SKIPPED,)}


MAPPED = """
from airflow.sdk import DAG, task

@task
def given(): ...

@task
def show(x): return repr(x)

with DAG("part"):
    pairs, two = given.override(task_id="pairs")(), given.override(task_id="two")()
    show.override(task_id="of_dict").expand(x=pairs)
    show.override(task_id="of_tuple").expand(x=two)
    show.override(task_id="joined").expand(x=two.concat(pairs))
    show.override(task_id="zipped").expand(x=two.zip(pairs, fillvalue=0))

    @task
    def pulls(ti=None):
        return [ti.xcom_pull("many", map_indexes=index) for index in (0, 1, 2, [1, 2])] + [ti.xcom_pull("many")]

    show.override(task_id="many").expand(x=[1, 2, 3]) >> pulls()
"""


def test_what_tasks_outside_have_pushed_is_mapped_over_as_airflow_does(tmp_path):
    file = tmp_path / "part.py"
    file.write_text(MAPPED)
    [dag] = load_dags(file)
    pushed = {"pairs": {"a": (1, "{{ ds }}"), "b": None, "c": 2}, "two": (True, {"k": 1})}
    own = frozenset({"of_dict", "of_tuple", "joined", "zipped", "pulls"})
    states = dict.fromkeys(pushed, (State.SUCCESS,))
    outside = Outside(
        own,
        states | {"many": (State.SUCCESS,)},
        mapped=frozenset({"many"}),
        xcom=lambda task_id, *_: (pushed | {"many": [7, 9]})[task_id],
        instances=lambda *_: [7, None, 9],
    )
    workflow = translate(dag, outside=outside).required()
    run = LocalRunner(folder=tmp_path / "runs").run(workflow, parameters={"logical_date": "2026-01-01T00:00:00+00:00"})
    shown = {(task, index): value for (task, index, _), value in ended_of("", run.tree).xcoms.items()}
    expected = {
        "of_dict": list(pushed["pairs"].items()),
        "of_tuple": pushed["two"],
        "joined": [*pushed["two"], *pushed["pairs"]],
        "zipped": [(True, 0), ({"k": 1}, 0), (0, 0)],
    }
    assert shown.pop(("pulls", -1)) == [7, None, 9, [None, 9], [7, 9]]
    assert shown == {(task, index): repr(value) for task, values in expected.items() for index, value in enumerate(values)}


PULLING = """
from airflow.sdk import DAG, task

with DAG("part"):
    @task
    def x(): ...
    @task
    def by_names(key, ti=None): return ti.xcom_pull(task_ids="x", key="known")
    @task
    def by_key(key, ti=None): return ti.xcom_pull(task_ids="x", key=key.strip())
    x() >> [by_names("a"), by_key("b")]
"""


def test_of_whom_a_task_may_pull_under_keys_that_only_the_run_knows_its_pod_is_told(tmp_path):
    file = tmp_path / "part.py"
    file.write_text(PULLING)
    [dag] = load_dags(file)
    own = frozenset({"by_names", "by_key"})
    outside = Outside(own, {"x": (State.SUCCESS,)}, xcom=lambda _task, key, _listed: 1 if key == "known" else None)
    translation = translate(dag, outside=outside)
    calls = {call.facts.value["task"]["task_id"]: call for call in found_in(translation.required(), PythonCall)}
    assert [calls[name].facts.value.get("unsure") for name in ("by_names", "by_key")] == [None, ["x"]]
    assert dict(dict(calls["by_key"].xcoms)["x"]) == {"known": Constant.of(1), "return_value": NOTHING}
