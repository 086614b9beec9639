"""What steers a graph beside rules: deciders of all kinds, hooks, skips that the run decides, chains and nested groups."""

from __future__ import annotations

import sqlite3
from datetime import datetime, time, timedelta, timezone

from airflow.providers.common.sql.hooks.sql import DbApiHook
from airflow.providers.common.sql.operators.sql import BranchSQLOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.datetime import BranchDateTimeOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.latest_only import LatestOnlyOperator
from airflow.providers.standard.operators.python import BranchPythonOperator
from airflow.providers.standard.operators.weekday import BranchDayOfWeekOperator
from airflow.providers.standard.sensors.python import PythonSensor
from airflow.sdk import DAG, BaseOperator, Label, TaskGroup, chain, chain_linear, cross_downstream, task, task_group
from airflow.sdk.bases.branch import BaseBranchOperator
from airflow.sdk.bases.skipmixin import SkipMixin
from airflow.sdk.exceptions import AirflowSkipException

START = datetime(2024, 1, 1, tzinfo=timezone.utc)


class InMemory(DbApiHook):
    conn_name_attr = "none"

    def get_conn(self):
        return sqlite3.connect(":memory:")

    def get_first(self, sql, parameters=None):
        return self.get_conn().execute(sql).fetchone()


class AskMemory(BranchSQLOperator):
    def get_db_hook(self):
        return InMemory()


def date(*parts):
    return datetime(*parts, tzinfo=timezone.utc)


def empty(task_id, rule="all_success", **kwargs):
    return EmptyOperator(task_id=task_id, trigger_rule=rule, **kwargs)


with DAG("branch_sql", schedule=None) as sql:
    for name, query in {
        "one": "SELECT 1",
        "zero": "SELECT 0",
        "word": "SELECT 'yes'",
        "no": "SELECT 'off'",
        "odd": "SELECT 'perhaps'",
        "nothing": "SELECT 1 WHERE 0",
        "null": "SELECT NULL",
    }.items():
        ask = AskMemory(task_id=name, sql=query, follow_task_ids_if_true=f"{name}_t", follow_task_ids_if_false=[f"{name}_f"])
        ask >> [empty(f"{name}_t"), empty(f"{name}_f")]
        [sql.get_task(f"{name}_t"), sql.get_task(f"{name}_f")] >> empty(f"{name}_j", "none_failed_min_one_success")


class OwnBranch(BaseBranchOperator):
    def choose_branch(self, context):
        return {"a": ["x"], "b": "g", "c": None, "d": "nobody"}[self.params.get("w", self.task_id)]


with DAG("branch_own", schedule=None) as own:
    for name in "abcd":
        decide = OwnBranch(task_id=name)
        x = empty(f"{name}x") if name != "a" else empty("x")
        decide >> x
        if name == "b":
            with TaskGroup("g") as group:
                empty("g1") >> empty("g2")
                empty("g3")
            decide >> group
        decide >> empty(f"{name}_done", "all_done")
        x >> empty(f"{name}_far", "none_failed")


class SkipsSome(BaseOperator, SkipMixin):
    def __init__(self, which, **kwargs):
        super().__init__(**kwargs)
        self.which = which

    def execute(self, context):
        later = [one for one in context["task"].get_direct_relatives(upstream=False) if one.task_id in self.which]
        self.skip(ti=context["ti"], tasks=later)
        return "said"


with DAG("skip_mixin", schedule=None) as mixin:
    first = SkipsSome(task_id="first", which=["a", "b"])
    first >> [empty("a"), empty("b", "all_done"), empty("c")]
    mixin.get_task("a") >> empty("a2", "none_failed")
    [mixin.get_task("a"), mixin.get_task("c")] >> empty("join", "one_success")
    second = SkipsSome(task_id="second", which=[])
    second >> empty("d")

with DAG("latest_only_by_hand", schedule=None, start_date=START) as latest:
    newest = LatestOnlyOperator(task_id="newest")
    newest >> empty("a") >> empty("a2") >> empty("a3", "all_done")

with DAG("branch_weekday", schedule=None, start_date=START) as weekday:
    for name, days in {"one": "Monday", "many": {"Tuesday", "Monday"}, "none": "Sunday"}.items():
        decide = BranchDayOfWeekOperator(
            task_id=name,
            week_day=days,
            use_task_logical_date=True,
            follow_task_ids_if_true=[f"{name}_yes", f"{name}_more"],
            follow_task_ids_if_false=f"{name}_no",
        )
        decide >> [empty(f"{name}_yes"), empty(f"{name}_no"), empty(f"{name}_more")]

with DAG("branch_times", schedule=None, start_date=START) as times:
    for name, low, high in (
        ("inside", date(2024, 5, 6), date(2024, 5, 7)),
        ("before", None, date(2024, 5, 1)),
        ("after", date(2024, 5, 1), None),
        ("clock", time(2), time(4)),
        ("night", time(22), time(4)),
    ):
        decide = BranchDateTimeOperator(
            task_id=name,
            use_task_logical_date=True,
            target_lower=low,
            target_upper=high,
            follow_task_ids_if_true=f"{name}_yes",
            follow_task_ids_if_false=f"{name}_no",
        )
        decide >> [empty(f"{name}_yes"), empty(f"{name}_no")]

with DAG("branch_to_groups", schedule=None) as to_groups:

    @task.branch
    def pick():
        return ["outer.inner", "solo"]

    with TaskGroup("outer") as outer:
        with TaskGroup("inner") as inner:
            empty("p") >> empty("q")
        with TaskGroup("beside", prefix_group_id=False) as beside:
            empty("r") >> empty("s")
        inner >> empty("tail", "none_failed_min_one_success")
    decided = pick()
    decided >> [outer, empty("solo"), empty("other")]
    outer >> empty("end", "none_failed")
    [to_groups.get_task("solo"), to_groups.get_task("other")] >> empty("end2", "none_failed_min_one_success")

with DAG("branch_set_and_tuple", schedule=None) as collections:

    @task.branch
    def by_tuple():
        return ("ta", "tb")

    @task.branch
    def by_set():
        return {"sa"}

    @task.branch
    def by_generator():
        return (one for one in ["ga"])

    @task.branch
    def by_dict():
        return {"da": 1}

    @task.branch
    def by_number():
        return 3

    @task.branch
    def by_numbers():
        return ["na", 3]

    for decider, ids in (
        (by_tuple, "ta tb tc"),
        (by_set, "sa sb"),
        (by_generator, "ga gb"),
        (by_dict, "da db"),
        (by_number, "xa xb"),
        (by_numbers, "na nb"),
    ):
        decider() >> [empty(one) for one in ids.split()]

with DAG("branch_chooses_upstream", schedule=None) as chooses_upstream:
    begin = empty("begin")
    decide = BranchPythonOperator(task_id="decide", python_callable=lambda: "begin")
    begin >> decide >> [empty("a"), empty("b", "always")]
    decide2 = BranchPythonOperator(task_id="decide2", python_callable=lambda: "decide2")
    begin >> decide2 >> [empty("c"), empty("d")]

with DAG("branches_share_child", schedule=None) as share:
    one = BranchPythonOperator(task_id="one", python_callable=lambda: "both")
    two = BranchPythonOperator(task_id="two", python_callable=lambda: "only_two")
    both = empty("both", "none_failed_min_one_success")
    one >> [both, empty("only_one")]
    two >> [both, empty("only_two")]
    both >> empty("later")

with DAG("branch_retries", schedule=None) as retried:

    @task.branch(retries=1, retry_delay=timedelta(0))
    def again(ti):
        if ti.try_number == 1:
            raise ValueError("not yet")
        return "a"

    again() >> [empty("a"), empty("b")]

with DAG("hooks_of_kinds", schedule=None) as hooked:

    @task.run_if(lambda context: context["params"].get("x") == 1, skip_message="no x")
    @task.bash
    def no():
        return "echo no"

    @task.skip_if(lambda context: context["ti"].task_id == "yes")
    @task
    def yes():
        return 1

    @task.run_if(lambda context: True)
    @task.branch
    def decides():
        return "left"

    no() >> empty("after_no") >> empty("later_no", "all_skipped")
    yes() >> empty("after_yes", "none_failed")
    decides() >> [empty("left"), empty("right")]

with DAG("skips_of_kinds", schedule=None) as skips:

    @task
    def by_exception(n):
        if n:
            raise AirflowSkipException("no")
        return n

    @task.bash
    def by_code():
        return "exit 99"

    sensor = {"python_callable": lambda: False, "poke_interval": 0.1, "timeout": 0.2}
    PythonSensor(task_id="soft", soft_fail=True, **sensor) >> empty("after_soft", "none_failed") >> empty("last_soft")
    PythonSensor(task_id="silent", silent_fail=True, **sensor) >> empty("after_silent", "all_failed")
    by_exception(1) >> [empty("a"), empty("b", "all_skipped"), empty("c", "none_skipped"), empty("d", "one_done")]
    by_code() >> [empty("e"), empty("f", "all_skipped"), empty("g", "all_done_min_one_success"), empty("h", "all_done")]

with DAG("edges", schedule=None) as edges:
    chain(empty("a"), [empty("b1"), empty("b2")], [empty("c1"), empty("c2")], empty("d"))
    cross_downstream([empty("x1"), BashOperator(task_id="x2", bash_command="exit 1")], [empty("y1"), empty("y2", "one_failed")])
    chain_linear([empty("l1"), empty("l2")], [empty("m1"), empty("m2")], empty("n"))
    chain(edges.get_task("d"), Label("on"), edges.get_task("l1"))
    edges.get_task("n") >> Label("done") >> empty("o")

with DAG("groups_deep", schedule=None) as deep:

    @task_group(default_args={"trigger_rule": "all_done"})
    def outer(n):
        @task_group(prefix_group_id=False)
        def inner(n):
            @task
            def bare(n):
                return n + 1

            with TaskGroup("third"):
                x = BashOperator(task_id="x", bash_command="exit 1")
                y = empty("y", "all_done")
                x >> y
            return bare(n)

        got = inner(n)
        got >> BashOperator(task_id="tail", bash_command="echo tail")
        return got

    @task
    def read(n):
        return n

    read(outer(1)) >> empty("end")
    with TaskGroup("nothing_in_it") as nothing:
        pass
    empty("before") >> nothing >> empty("behind")
