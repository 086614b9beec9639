"""Groups that are offloaded and don't show their tasks, as Airflow sees them."""

from __future__ import annotations

import gc
from types import SimpleNamespace

import pytest
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, TaskGroup

from airflow_argo.diagnostics import InputError
from airflow_argo.offload import ArgoTaskGroup, offload
from tests.provider.test_groups import choose, edges, empty, value


def pulls(ti):
    return ti.xcom_pull(task_ids="g.value", key="return_value")


def test_edges_of_tasks_that_are_not_shown_are_those_of_the_submission():
    with DAG("d") as dag:
        before, late, last, given = empty("before"), empty("late"), empty("last"), value()
        with ArgoTaskGroup("g", show_steps=False) as group:
            first, second = BashOperator(task_id="first", bash_command=given), value.override(task_id="second")()
            first >> second
            end = empty("end")
            before >> first
            second >> last
        with TaskGroup("outer"), ArgoTaskGroup("h", show_steps=False):
            each = value.override(task_id="each").expand_kwargs([{}, {}])
        group >> dag.task_group.children["outer"] >> empty("after")
        empty("start") >> group
        late >> second.operator
        each.operator >> empty("then")
    assert edges(dag) == {
        *((name, "g.submit") for name in ("before", "late", "value", "start")),
        *(("g.submit", name) for name in ("last", "outer.h.submit")),
        *(("outer.h.submit", name) for name in ("after", "then")),
    }
    assert {one.task_id: one.upstream_task_ids for one in dag.tasks}["outer.h.submit"] == {"g.submit"}
    inner = dag.task_dict["g.submit"].workflow.inner().task_dict
    assert inner["g.first"].upstream_task_ids == {"before", "value", "start"}
    assert inner["g.second"].upstream_task_ids == {"g.first", "late"}
    assert inner["g.end"].upstream_task_ids == {"start"}
    assert inner["g.second"].downstream_task_ids == {"last"}
    assert dag.task_dict["outer.h.submit"].workflow.inner().task_dict["outer.h.each"].upstream_task_ids == {"g.submit"}
    dag.validate()
    dag.check_cycle()
    with pytest.raises(InputError, match=r"an edge of task 'g\.first' to another in its workflow"):
        first >> end


def test_groups_of_tasks_that_are_not_shown_stay_for_the_workflow():
    with DAG("d") as dag, TaskGroup("held_by_nobody_else"):
        value()
    offload(dag, show_steps=False)
    gc.collect()
    inner = dag.task_dict["submit"].workflow.inner()
    assert inner.task_dict["held_by_nobody_else.value"].task_group.group_id == "held_by_nobody_else"


@pytest.mark.parametrize("shown", [True, False])
def test_a_branch_before_skips_what_it_did_not_choose(shown):
    with DAG("d") as dag:
        with ArgoTaskGroup("g", show_steps=shown) as group:
            empty("first") >> empty("then")
        choose() >> [group, empty("other")]
    part = dag.task_dict["g.submit"].workflow

    def skipped(**decided):
        context = {"ti": SimpleNamespace(xcom_pull=lambda **_: decided)}
        return list(part._skipped({"choose"}, part.inner(), context))

    assert [root.task_id for root in group.get_roots()] == ["g.first" if shown else "g.ready"]  # what choosing "g" chooses
    assert skipped(followed=[root.task_id for root in group.get_roots()]) == []
    empty("late") >> group
    assert part.inner().task_dict["g.first"].upstream_task_ids == {"choose", "late"}
    assert {("choose", "g.ready"), ("late", "g.submit"), ("g.ready", "g.submit")} <= edges(dag)
    assert ("late", "g.ready") not in edges(dag)
    assert skipped(followed=["other"]) == ["g.first"]
    assert skipped(skipped=["other"]) == []
    assert skipped(skipped=["g.first" if shown else "g.ready"]) == ["g.first"]
    assert ("g.ready" in dag.task_dict["choose"].get_direct_relative_ids()) is not shown


def test_what_is_not_shown_is_neither_read_nor_decides_outside():
    with DAG("d"):
        with ArgoTaskGroup("g", show_steps=False):
            given, chosen = value(), choose()
            empty("first")
        with pytest.raises(InputError, match=r"task 'after' reads what 'g\.value' returns, and no task shows that"):
            BashOperator(task_id="after", bash_command=given)
        with pytest.raises(InputError, match=r"task 'g\.choose' may skip 'other', and no task shows it"):
            chosen >> empty("other")


@pytest.mark.parametrize(
    "reader",
    [
        lambda given: BashOperator(task_id="after", bash_command=f"echo {given}"),
        lambda given: BashOperator.partial(task_id="after").expand(env=[{"given": f"{given}"}]),
        lambda _: PythonOperator(task_id="after", python_callable=pulls),
    ],
)
def test_what_is_not_shown_is_pulled_by_nobody_outside(reader):
    with DAG("d") as dag:
        with ArgoTaskGroup("g", show_steps=False):
            given = value()
            BashOperator(task_id="inside", bash_command=f"echo {given}")
        BashOperator(task_id="by_submission", bash_command="echo {{ ti.xcom_pull('g.submit')['g.value'] }}")
    dag.resolve_template_files()  # as Airflow does when it has loaded a file
    with dag:
        reader(given)
    with pytest.raises(InputError, match=r"task 'after' reads what 'g\.value' returns, and no task shows that"):
        dag.resolve_template_files()
