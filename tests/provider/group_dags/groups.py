"""DAGs with a group that is ArgoTaskGroup if OFFLOAD is set, and Airflow's own TaskGroup otherwise: they must end alike."""

from __future__ import annotations

import os

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.latest_only import LatestOnlyOperator
from airflow.sdk import DAG, TaskGroup, setup, task, task_group, teardown

from airflow_argo.offload import ArgoTaskGroup, argo_task_group

OFFLOAD = bool(os.environ.get("OFFLOAD"))
Group = ArgoTaskGroup if OFFLOAD else TaskGroup
grouped = argo_task_group if OFFLOAD else task_group


@task
def number(value):
    return value


@task
def hostile():
    return {"a": [1, 2], "text": "{{ ds }} {{=1+1}} $(date) 'x' {{inputs.parameters.y}}"}


@task
def add(*values):
    return sum(values)


@task
def fails(*_):
    raise ValueError("no")


@task
def skips(*_):
    from airflow.sdk.exceptions import AirflowSkipException

    raise AirflowSkipException


def empty(name, rule="all_success"):
    return EmptyOperator(task_id=name, trigger_rule=rule)


def bash(name, command, rule="all_success"):
    return BashOperator(task_id=name, bash_command=command, trigger_rule=rule)


with DAG("in_and_out", params={"word": "hi"}) as in_and_out:
    given = hostile.override(task_id="given")()
    with Group("g") as g:

        @task
        def look(value):
            return [len(value["a"]), value["text"]]

        looked = look(given)
        said = bash(
            "say",
            "echo {{ params.word }} {{ ti.xcom_pull('given')['a'][1] }} {{ ti.xcom_pull(task_ids='given')['text'] | length }}",
        )
        with TaskGroup("inner"):
            last = add.override(task_id="last")(number.override(task_id="one")(1), number.override(task_id="two")(2))

    @task
    def report(looked, last):
        return [looked, last]

    report(looked, last) >> empty("end")
    empty("start") >> g

with DAG("cleanup_after_failure") as cleanup_after_failure:
    with Group("g") as g:
        bash("work", "true") >> bash("cleanup", "echo clean", "all_done")
        bash("alone", "echo alone")
    fails.override(task_id="start")() >> g >> bash("after", "true", "all_done")

with DAG("nothing_runs") as nothing_runs:
    with Group("g") as g:
        bash("work", "true") >> bash("more", "true")
    skips.override(task_id="start")() >> g >> [empty("next"), empty("anyway", "none_failed")]


def rules(name, *before):
    with DAG(name) as dag:
        made = [make() for make in before]
        with Group("g"):
            for rule in (
                "all_success", "all_failed", "all_done", "one_failed", "one_success", "one_done", "none_failed", "none_skipped",
                "none_failed_min_one_success", "all_skipped", "all_done_min_one_success",
            ):  # fmt: skip
                made >> bash(rule, f"echo {rule}", rule) >> empty(f"after_{rule}")
    return dag


def good():
    return number.override(task_id="good")(1)


def bad():
    return fails.override(task_id="bad")()


def skipped():
    return skips.override(task_id="skipped")()


one_failed = rules("rules_failed", bad)
one_skipped = rules("rules_skipped", skipped)
mixed = rules("rules_good_failed", good, bad)
mixed_skip = rules("rules_good_skipped", good, skipped)


def branching(name, choice):
    with DAG(name) as dag:

        @task.branch
        def choose():
            return choice

        with Group("g") as g:
            first, second = bash("first", "true"), bash("second", "true")
            [first, second] >> bash("join", "echo joined", "none_failed_min_one_success") >> bash("always", "true", "all_done")
            first >> empty("after_first", "none_failed")  # may run though `first` has ended before there is a workflow
        choose() >> [g, empty("other")]
    return dag


chosen_task = branching("branch_to_a_task", "g.first")
chosen_group = branching("branch_to_the_group", "g")
chosen_other = branching("branch_elsewhere", "other")

with DAG("branch_inside") as branch_inside:
    with Group("g") as g:

        @task.branch
        def inside():
            return ["g.left", "out_left"]

        chosen = inside()
        chosen >> [empty("left"), empty("right")]
    chosen >> [empty("out_left"), empty("out_right")]

with DAG("short_circuit_inside") as short_circuit_inside:
    with Group("g") as g:

        @task.short_circuit
        def stop():
            return False

        stop() >> bash("at_once", "true", "always") >> bash("never", "true")
    g >> empty("out") >> empty("far", "all_done")

with DAG("mapped_inside") as mapped_inside:
    items = number.override(task_id="items")([1, 2, 3])
    many = number.override(task_id="many").expand(value=[10, 20, 30])
    holes = number.override(task_id="holes").expand(value=[None, 5])
    with Group("g") as g:

        @task
        def double(value):
            if value == 2:
                raise ValueError("two")
            return 2 * value

        @task
        def times(x, y):
            return x * y

        holes >> bash("hole", "echo {{ ti.xcom_pull('holes', map_indexes=0) }} {{ ti.xcom_pull('holes', map_indexes=1) }}")
        doubled = double.expand(value=items)
        product = times.expand(x=[1, 2], y=items)

        @task(trigger_rule="all_done")
        def total(values, outside):
            return [sum(values), sum(outside)]

        summed = total(doubled, many)
        BashOperator.partial(task_id="echo").expand(bash_command=["echo a", "exit 99", "echo c"])
        again = times.override(task_id="again").partial(y=2).expand(x=product)

    @task(trigger_rule="all_done")
    def after(values, summed):
        return [list(values), summed]

    after(again, summed)

with DAG("mapped_over_nothing") as mapped_over_nothing:
    none = number.override(task_id="none")([])
    with Group("g"):
        number.override(task_id="each").expand(value=none) >> empty("then", "all_done")

with DAG("mapped_over_pairs_before") as mapped_over_pairs_before:
    pairs = number.override(task_id="pairs")({"a": [1, "{{ ds }}"], "b": None})
    three = number.override(task_id="three")((1, {"k": 2}, "c"))
    with Group("g"):
        number.override(task_id="of_dict").expand(value=pairs)
        number.override(task_id="of_tuple").expand(value=three)
        number.override(task_id="joined").expand(value=pairs.concat(three))
        number.override(task_id="zipped").expand(value=three.zip(pairs, fillvalue=0))

with DAG("mapped_group_inside") as mapped_group_inside:
    lines = number.override(task_id="lines")(["a", "bb", "ccc"])
    with Group("g"):

        @task_group
        def per(line):
            @task
            def size(text):
                if text == "bb":
                    raise ValueError(text)
                return len(text)

            @task(trigger_rule="all_done")
            def done(text):
                return text

            size(line) >> done(line)

        per.expand(line=lines)

with DAG("setups_around") as setups_around:

    @setup
    def create():
        return "made"

    @teardown
    def delete():
        return "gone"

    with Group("g") as g:
        bash("a", "true") >> fails.override(task_id="b")()
    made, gone = create(), delete()
    made >> g >> gone
    made >> gone

with DAG("setups_inside") as setups_inside:
    with Group("g") as g:

        @setup
        def create_inside():
            return "made"

        @teardown
        def delete_inside(what):
            return f"{what} gone"

        made = create_inside()
        with delete_inside(made):
            made >> bash("work", "exit 1")
    g >> empty("out")

with DAG("in_a_group") as in_a_group:
    with TaskGroup("outer") as outer:
        empty("beside")
        with Group("g") as g:
            first = bash("first", "echo 1")
        with Group("h") as h:
            second = add.override(task_id="second")(number.override(task_id="n")(4), number.override(task_id="m")(5))
        g >> h
    skips.override(task_id="start")() >> outer >> empty("end", "none_failed")

with DAG("two_groups") as two_groups:
    with Group("g") as g:
        one = number.override(task_id="one")(20)
    with Group("h") as h:
        two = add.override(task_id="two")(one, number.override(task_id="own")(22))
    add.override(task_id="sum")(two, one)

with DAG("decorated") as decorated:

    @grouped
    def steps(value):
        return add.override(task_id="second")(number.override(task_id="first")(value), value)

    add.override(task_id="sum")(steps(number.override(task_id="given")(5)), 1)

with DAG("defaults", default_args={"retries": 1, "trigger_rule": "all_done"}) as defaults:
    with Group("g", default_args={"trigger_rule": "none_failed"}):
        skips.override(task_id="first")() >> EmptyOperator(task_id="second")
    empty("last")

with DAG("teardowns_alone") as teardowns_alone, Group("g"):
    fails.override(task_id="clean")().as_teardown()
    number.override(task_id="sweep")(1).as_teardown()


def before_a_teardown(name, start):
    """What only a teardown in the group follows counts for the run."""
    with DAG(name) as dag:
        with Group("g"):
            bash("work", "true")
            clean = number.override(task_id="clean")(1).as_teardown()
        start() >> clean
    return dag


failure_before_a_teardown = before_a_teardown("failure_before_a_teardown", bad)
success_before_a_teardown = before_a_teardown("success_before_a_teardown", good)


@task.short_circuit
def passes():
    return True


with DAG("branch_to_the_only_one") as branch_to_the_only_one:

    @task.branch
    def choose_it():
        return "g.first"

    with Group("g") as g:
        first = bash("first", "true")
    choose_it() >> g
    made = number.override(task_id="made")(1).as_setup()
    made >> first >> number.override(task_id="gone")(2).as_teardown(setups=made)

with DAG("latest_only_before") as latest_only_before:
    with Group("g"):
        first = bash("first", "true")
        clean = number.override(task_id="clean")(1).as_teardown()
    LatestOnlyOperator(task_id="newest") >> first  # to several it returns a list in the order of a set
    fails.override(task_id="bad")() >> clean
    passes() >> clean

with DAG("template_files") as template_files, Group("g"):
    bash("said", "said.sh")
    BashOperator.partial(task_id="each").expand(bash_command=["said.sh", "echo other"])
