"""Groups that are offloaded, as Airflow sees them: ids, edges, rules, and what is refused."""

from __future__ import annotations

from copy import copy, deepcopy
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.latest_only import LatestOnlyOperator
from airflow.sdk import DAG, Asset, TaskGroup, task, task_group
from airflow.sdk.exceptions import AirflowRescheduleException

from airflow_argo.diagnostics import InputError
from airflow_argo.offload import ArgoTaskGroup, argo_task_group, offload, steps
from airflow_argo.translator.offloaded import as_written
from airflow_argo.translator.template_files import template_files


def empty(name, **settings):
    return EmptyOperator(task_id=name, **settings)


@task
def value():
    return 1


@task.branch
def choose():
    return "g.first"


def edges(dag):
    return {(above.task_id, below) for above in dag.tasks for below in above.downstream_task_ids}


def test_edges_drawn_before_and_after_go_to_the_submission_too():
    with DAG("d") as dag:
        given = value()
        with ArgoTaskGroup("g") as group:
            first, second = empty("first"), empty("second")
            used = BashOperator(task_id="used", bash_command=given)
            first >> second
        empty("start") >> group >> empty("end")
        empty("late") >> second
    found = edges(dag)
    assert {("start", "g.submit"), ("value", "g.submit"), ("late", "g.submit")} <= found
    assert {("start", "g.first"), ("start", "g.used"), ("value", "g.used"), ("late", "g.second")} <= found
    assert {("g.submit", "g.first"), ("g.submit", "g.used"), ("g.first", "g.second")} <= found
    assert {("g.second", "end"), ("g.used", "end")} <= found
    assert ("start", "g.second") not in found
    assert ("g.submit", "end") not in found
    assert dag.task_dict["g.submit"].trigger_rule == "all_done"
    assert used is dag.task_dict["g.used"]
    dag.validate()
    dag.check_cycle()


def test_what_is_around_the_group_reaches_all_of_its_roots():
    with DAG("d") as dag:
        with TaskGroup("outer") as outer, ArgoTaskGroup("g"):
            empty("a"), empty("b")
        empty("start") >> outer >> empty("end")
    found = edges(dag)
    assert {("start", "outer.g.a"), ("start", "outer.g.b"), ("start", "outer.g.submit")} <= found
    assert {("outer.g.a", "end"), ("outer.g.b", "end")} <= found


def test_a_branch_never_skips_the_submission():
    with DAG("d") as dag:
        with ArgoTaskGroup("g") as group:
            empty("first")
        choose() >> group
    found = edges(dag)
    assert {("choose", "g.first"), ("choose", "g.ready"), ("g.ready", "g.submit")} <= found
    assert ("choose", "g.submit") not in found


def test_what_is_around_a_group_after_a_branch_reaches_all_of_its_roots():
    with DAG("d") as dag:
        with TaskGroup("outer") as outer, ArgoTaskGroup("g") as group:
            empty("a"), empty("b")
        choose() >> group
        empty("start") >> outer
    assert {("start", "outer.g.a"), ("start", "outer.g.b"), ("start", "outer.g.submit")} <= edges(dag)
    assert ("start", "outer.g.ready") not in edges(dag)


def test_rules_that_one_more_success_would_change_have_no_edge_from_the_submission():
    with DAG("d") as dag:
        with ArgoTaskGroup("g") as group:
            empty("one", trigger_rule="one_success")
            empty("all")
        empty("start") >> group
    found = edges(dag)
    assert ("g.submit", "g.all") in found
    assert ("g.submit", "g.one") not in found
    assert ("start", "g.one") in found


@pytest.mark.parametrize("rule", ["all_done", "none_failed", "none_skipped", "one_failed", "one_done", "all_skipped"])
def test_what_may_run_though_all_before_it_was_skipped_or_failed_early_waits_for_the_submission(rule):
    with DAG("d") as dag:
        with ArgoTaskGroup("g") as group:
            then = empty("then", trigger_rule=rule)
            empty("first") >> then
        choose() >> group
    assert then.waits_for_submission or ("g.submit", "g.then") in edges(dag)


def test_instances_stay_instances():
    with DAG("d", default_args={"retries": 7}) as dag:

        @task
        def double(x):
            return 2 * x

        @task_group
        def per(x):
            double.override(task_id="inner")(x)

        mapped = double.expand(x=[1, 2, 3])
        per.expand(x=mapped)
    offload(dag)
    assert dag.task_dict["double"].operator_class.__name__ == "ArgoStepOfMapped"
    assert dag.task_dict["double"].task_type == "ArgoStepOfMapped"
    assert type(dag.task_group.children["per"]).__name__ == "MappedTaskGroup"
    assert mapped.operator is dag.task_dict["double"]
    looks = {task_id: (one.retries, one.retry_delay) for task_id, one in dag.task_dict.items()}
    assert looks == dict.fromkeys(("double", "per.inner", "submit"), (2, timedelta(seconds=10)))


def test_the_decorator_makes_a_group_of_the_functions_name():
    with DAG("d") as dag:

        @argo_task_group(argo={"argo_conn_id": "other"})
        def load(x):
            return value.override(task_id="inner")()

        result = load(1)
        BashOperator(task_id="after", bash_command=result)
        with TaskGroup("outer"):
            load.override(group_id="again")(2)
    assert ("load.inner", "after") in edges(dag)
    assert dag.task_dict["load.submit"].argo_conn_id == dag.task_dict["load.inner"].argo_conn_id == "other"
    assert {"outer.again.submit", "outer.again.inner"} <= dag.task_dict.keys()


def test_a_group_is_mapped_as_one_workflow():
    with DAG("d") as dag:

        @argo_task_group
        def per(x, y):
            value.override(task_id="inner")() >> empty("after")

        mapped = per.partial(y=3).expand(x=[1, 2])
        per.override(group_id="other").expand_kwargs([{"x": 1, "y": 2}])
        empty("start") >> mapped >> empty("end")
    assert type(mapped).__name__ == "MappedTaskGroup"
    assert {("submit", "per.inner"), ("per.inner", "per.after"), ("per.after", "end"), ("start", "submit")} <= edges(dag)
    assert ("argo_submit", "other.inner") in edges(dag)
    assert set(dag.task_dict["submit"].workflow.own) == {"per.inner", "per.after"}
    dag.validate()
    dag.check_cycle()


def test_callbacks_stay_with_airflow_and_go_into_no_workflow():
    def tell(context):
        raise AssertionError

    with DAG("d", on_failure_callback=tell, schedule="@daily") as dag:
        empty("a", on_failure_callback=tell, email="me@example.com")
    offload(dag)
    shown, inner = dag.task_dict["a"], dag.task_dict["submit"].workflow.inner()
    assert shown.on_failure_callback
    assert shown.email == "me@example.com"
    assert not inner.task_dict["a"].on_failure_callback
    assert not inner.task_dict["a"].email_on_failure
    assert inner.on_failure_callback is None
    assert type(inner.timetable).__name__ == "NullTimetable"


def test_files_that_templates_name_are_read(tmp_path):
    (tmp_path / "said.sh").write_text("echo {{ ds }}")
    with DAG("d", template_searchpath=str(tmp_path)) as dag, ArgoTaskGroup("g"):
        BashOperator(task_id="said", bash_command="said.sh")
    dag.resolve_template_files()  # as Airflow does when it has loaded a file
    for one in (as_written(dag), dag.task_dict["g.submit"].workflow.inner()):
        assert one.task_dict["g.said"].bash_command == "echo {{ ds }}"
        assert template_files(one, Path(dag.fileloc).parent) == {"said.sh": "echo {{ ds }}"}


def test_what_is_beside_the_workflow_tells_nobody_of_its_end():
    def tell(context):
        raise AssertionError

    callbacks = dict.fromkeys(
        ("on_execute_callback", "on_success_callback", "on_skipped_callback", "on_failure_callback"), tell
    )
    with DAG("d", default_args={"outlets": [Asset("made")], "inlets": [Asset("read")], **callbacks}) as dag:
        with ArgoTaskGroup("g") as group:
            shown = empty("first")
        choose() >> group
    assert [one.uri for one in shown.outlets] == ["made"]
    assert shown.on_success_callback
    for one in (dag.task_dict["g.submit"], dag.task_dict["g.ready"]):
        told = (one.outlets, one.inlets, one.on_execute_callback, one.on_success_callback, one.on_skipped_callback)
        assert not any(told)
        assert one.on_failure_callback


def test_a_step_waits_for_the_submission_that_was_cleared_with_it(monkeypatch):
    with DAG("d") as dag:
        with ArgoTaskGroup("g") as group:
            step = empty("one", trigger_rule="one_success")
        empty("start") >> group
    monkeypatch.setattr(steps, "task_state", lambda *_: None)
    left = SimpleNamespace(dag_id="d", run_id="r", xcom_pull=lambda **_: "of-the-earlier-workflow")
    with pytest.raises(AirflowRescheduleException):
        step.execute({"ti": left})
    assert dag.task_dict["g.one"].waits_for_submission


def test_the_rule_always_stays_since_no_other_runs_after_a_setup_that_failed():
    with DAG("d") as dag, ArgoTaskGroup("g"):
        empty("before") >> empty("one", trigger_rule="always")
    assert dag.task_dict["g.one"].trigger_rule == "always"
    assert dag.task_dict["g.one"].waits_for_submission


def test_what_cant_be_offloaded_is_refused_when_the_file_is_read():
    with DAG("empty") as dag, pytest.raises(InputError, match="there are no tasks"):
        offload(dag)
    with DAG("twice") as dag:
        with ArgoTaskGroup("g"):
            empty("a")
        with pytest.raises(InputError, match="offloaded already"):
            offload(dag)
    with DAG("mapped"):

        @task_group
        def per(x):
            with ArgoTaskGroup("g"):
                empty("a")

        with pytest.raises(InputError, match="is in the mapped group 'per'"):
            per.expand(x=[1, 2])
    with pytest.raises(InputError, match="which is no DAG; give it the DAG: of a function with @dag what its call returns"):
        offload(lambda: None)
    with DAG("own") as dag:
        empty("a")
        for name in ("manifest", "task_id", "trigger_rule"):
            with pytest.raises(InputError, match=f"the DAG is offloaded with {name}=; leave that out"):
                offload(dag, **{name: None})
        with pytest.raises(InputError, match=r"task 'submit' has timeout='soon'; give seconds as a number, or a timedelta"):
            offload(dag, timeout="soon")
    with DAG("outside"):
        group = ArgoTaskGroup("g")
        with pytest.raises(InputError, match=r"'g\.a' is put into the group 'g' outside of its `with`"):
            EmptyOperator(task_id="a", task_group=group)
        with pytest.raises(InputError, match="the group 'h' has argo='argo_default', which is no dict"):
            ArgoTaskGroup("h", argo="argo_default")


@pytest.mark.parametrize("show_steps", [True, False])
def test_a_task_after_the_line_that_offloads_a_dag_is_refused_when_the_file_is_read(show_steps):
    with DAG("early") as dag:
        empty("a")
        offload(dag, show_steps=show_steps)
        dag.resolve_template_files()
        empty("late")
    with pytest.raises(InputError, match="task 'late' is written after the DAG is offloaded"):
        dag.resolve_template_files()


@task.short_circuit
def gate():
    return False


@pytest.mark.parametrize("show_steps", [True, False])
@pytest.mark.parametrize(
    ("decider", "far", "is_refused"),
    [(gate, False, True), (gate, True, True), (choose, False, True), (choose, True, False)],
)
def test_a_task_with_the_rule_always_comes_after_no_decision(show_steps, decider, far, is_refused):
    with DAG("d") as dag:
        with ArgoTaskGroup("g", show_steps=show_steps):
            first = empty("first") >> empty("second", trigger_rule="always") if far else empty("first", trigger_rule="always")
        decider.override(task_id="decides")() >> (dag.task_group.get_child_by_label("g") if far else first)
    if not is_refused:
        dag.resolve_template_files()
        return
    said = (
        "task 'g.(first|second)' has the rule always, so that it runs before 'decides' decides, but its workflow after; give it"
    )
    with pytest.raises(InputError, match=said):
        dag.resolve_template_files()


@pytest.mark.parametrize("prefix", [True, False])
def test_authors_may_have_tasks_and_groups_of_the_names_beside_workflows(prefix):
    with DAG("d") as dag:
        groups = []
        for name in "gh":
            with ArgoTaskGroup(name, prefix_group_id=prefix) as group:
                empty(f"{name}_submit"), empty("ready" if name == "g" else "first")
                with TaskGroup("submit" if name == "g" else "other"):
                    empty(f"inner_{name}")
            groups.append(group)
        choose.override(task_id="decides")() >> groups[0]
    start = "g." if prefix else ""
    names = {one.task_id for one in dag.tasks if not hasattr(one, "step")} - {"decides"}
    assert names == {f"{start}argo_submit", f"{start}argo_ready", "h.submit" if prefix else "argo_submit_2"}
    dag.validate()
    dag.check_cycle()


def test_a_task_between_two_of_a_group_is_refused():
    said = (
        "task 'x' comes after 'g.a', which is in the same workflow as what comes after 'x'; offload it too, or make two groups"
    )
    with DAG("after"):
        x, y = empty("x"), empty("y")
        with ArgoTaskGroup("g"):
            a, b = empty("a"), empty("b")
        with pytest.raises(InputError, match=said):
            a >> y >> x >> b
    with DAG("inside"):
        x = empty("x")
        with pytest.raises(InputError, match=said), ArgoTaskGroup("g"):
            empty("a") >> x >> empty("b")


def test_in_a_dag_that_fails_fast_all_rules_are_all_success():
    with DAG("d", fail_fast=True) as dag:
        with ArgoTaskGroup("g") as group:
            empty("a")
        empty("start") >> group
        value() >> group
    assert {one.trigger_rule for one in dag.tasks} == {"all_success"}
    assert {("start", "g.submit"), ("value", "g.submit")} <= edges(dag)
    assert dag.task_dict["g.submit"].workflow.inner().fail_fast
    with pytest.raises(InputError, match="'choose' may skip tasks of the group 'g', and the DAG has fail_fast"):
        choose.override(dag=dag)() >> group


def test_names_of_instances_are_those_that_pods_give_them():
    with DAG("d") as dag:

        @task(map_index_template="{{ task.op_kwargs.x }}")
        def double(x):
            return 2 * x

        double.expand(x=[1, 2])
    offload(dag)
    assert dag.task_dict["double"].map_index_template == "{{ argo_step_name | default('') }}"
    assert dag.task_dict["submit"].workflow.inner().task_dict["double"].map_index_template == "{{ task.op_kwargs.x }}"


def counted(dag):
    """The ids of those around workflows that may make the run's end."""
    return {one.task_id for one in dag.tasks if one.task_id.endswith(("submit", "ready")) and not one.is_teardown}


def test_the_submission_counts_as_a_teardown_where_it_would_hide_what_counts():
    with DAG("alone") as alone:
        value().as_teardown()
    assert counted(offload(alone)) == set()
    with DAG("d") as dag:
        with ArgoTaskGroup("g") as group:
            clean = value.override(task_id="clean")().as_teardown()
            empty("work")
        start = empty("start")
        start >> clean
        assert counted(dag) == set()
        start >> empty("more")
        assert counted(dag) == {"g.submit"}
        empty("late") >> group
    assert counted(dag) == {"g.submit"}
    with DAG("single") as single:
        with ArgoTaskGroup("g", show_steps=False):
            value().as_teardown()
        with ArgoTaskGroup("h", show_steps=False):
            value().as_teardown(on_failure_fail_dagrun=True)
    assert counted(single) == {"h.submit"}


def test_what_decides_does_not_know_of_ready():
    with DAG("d") as dag:
        with ArgoTaskGroup("g"):
            first = empty("first")
        newest = LatestOnlyOperator(task_id="newest")
        newest >> [first, empty("other")]
    assert ("newest", "g.ready") in edges(dag)
    for one in (newest, deepcopy(newest), copy(newest)):
        assert one.get_direct_relative_ids() == {"g.first", "other"}
        assert one.get_direct_relative_ids(upstream=True) == set()


def test_a_branch_says_that_it_has_chosen_ready():
    with DAG("d"):
        with ArgoTaskGroup("g") as group:
            empty("first")
        chosen = choose()
        chosen >> [group, empty("other")]
    branch, pushed = deepcopy(chosen.operator), {}
    ti = SimpleNamespace(task=branch, map_index=-1, xcom_push=lambda key, value: pushed.update({key: value}))
    object.__setattr__(branch, "_set_state_to_skipped", lambda *_: None)
    branch.skip_all_except(ti, "g.first")
    assert pushed == {"skipmixin_key": {"followed": ["g.first", "g.ready"]}}
