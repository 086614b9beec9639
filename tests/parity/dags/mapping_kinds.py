"""Mapping beyond lists of numbers: what is mapped, what instances do, and who reads them."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator, ShortCircuitOperator
from airflow.providers.standard.sensors.python import PythonSensor
from airflow.sdk import DAG, XComArg, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException


def empty(task_id, rule="all_success", **kwargs):
    return EmptyOperator(task_id=task_id, trigger_rule=rule, **kwargs)


@task
def given(values):
    return values


@task
def show(x):
    return [type(x).__name__, list(x) if isinstance(x, tuple) else x]


@task(trigger_rule="all_done")
def collect(xs):
    return None if xs is None else [len(xs), list(xs)]


with DAG("map_skips", schedule=None) as map_skips:

    def odd_only(x):
        if x % 2 == 0:
            raise AirflowSkipException(f"{x} is even")
        return x * 10

    collect(show.expand(x=given([1, 2, 3, 4]).map(odd_only)))

with DAG("map_fails", schedule=None) as map_fails:

    def broken(x):
        return 1 // x

    collect(show.expand(x=given([1, 0]).map(broken)))

with DAG("map_of_dict", schedule=None) as map_of_dict:
    collect(show.expand(x=given({"a": 1, "b": 2}).map(lambda pair: f"{pair[0]}={pair[1]}")))
    show.override(task_id="none_dropped").expand(x=given.override(task_id="g2")([1, None, 2]).map(lambda x: x))

with DAG("map_chained", schedule=None) as map_chained:
    xs = given([1, 2]).map(lambda x: x + 1)
    collect(show.expand(x=xs.map(lambda x: x * 2).zip(given.override(task_id="g2")(["p", "q", "r"]))))
    show.override(task_id="c").expand(x=xs.concat(given.override(task_id="g3")([9])))

with DAG("zip_more", schedule=None) as zip_more:
    one, two, three = given([1, 2, 3]), given(["a"]), given(("k", "l"))
    show.expand(x=one.zip(two, three))
    show.override(task_id="filled").expand(x=one.zip(two, three, fillvalue=None))
    show.override(task_id="of_nothing").expand(x=one.zip(given([])))
    show.override(task_id="nested").expand(x=one.zip(two.concat(one)))

with DAG("kwargs_more", schedule=None) as kwargs_more:

    @task
    def add(a, b=0, *, c=0):
        return a + b + c

    collect(add.partial(c=100).expand_kwargs(given([{"a": 1}, {"a": 2, "b": 3}])))
    add.override(task_id="mapped").expand_kwargs(given([1, 2]).map(lambda x: {"a": x, "b": x * x}))
    add.override(task_id="literals").expand_kwargs([{"a": 1, "b": 2, "c": 3}, {"a": 4, "b": 5, "c": 6}])
    add.override(task_id="uneven").expand_kwargs([{"a": 1}, {"a": 2, "b": 3}])
    add.override(task_id="not_taken").partial(b=1).expand_kwargs(given([{"a": 1, "z": 2}, {"a": 1, "b": 2}]))
    add.override(task_id="zipped").expand_kwargs(
        given([1, 2]).zip(given([3, 4])).map(lambda pair: dict(zip("ab", pair, strict=False)))
    )

with DAG("elements_of_xcoms", schedule=None) as elements:
    show.expand(x=[given(2**53 + 1), 2, [given("deep")]])
    BashOperator.partial(task_id="bash").expand(bash_command=[given("echo 1"), "echo 2"])
    bad, skip = BashOperator(task_id="bad", bash_command="exit 1"), BashOperator(task_id="skip", bash_command="exit 99")
    show.override(task_id="anyway", trigger_rule="all_done").expand(x=[bad.output, skip.output])
    show.override(task_id="none_failed", trigger_rule="none_failed").expand(x=[skip.output])
    show.override(task_id="wrong").expand_kwargs([given(5), {"x": 1}])

with DAG("kwargs_of_xcoms", schedule=None) as kwargs_of_xcoms:

    @task
    def table(n):
        return {"a": n, "b": n + 1}

    @task
    def add2(a, b):
        return a + b

    add2.expand_kwargs([table(1), table(5), {"a": 7, "b": 8}])

with DAG("classic_kwargs", schedule=None) as classic_kwargs:
    BashOperator.partial(task_id="lits").expand_kwargs(
        [{"bash_command": "echo a"}, {"bash_command": "echo $X", "env": {"X": "b"}}]
    )
    BashOperator.partial(task_id="xs").expand_kwargs(given([{"bash_command": "echo a"}, {"bash_command": "exit 99"}]))
    BashOperator.partial(task_id="mapped").expand_kwargs(
        given(["p", "q"]).map(lambda x: {"bash_command": f"echo {x}", "env": {"A": x}})
    )
    BashOperator.partial(task_id="env").expand(bash_command=["echo $A"], env=[{"A": "1"}, {"A": "2"}])
    PythonOperator.partial(task_id="op_args", python_callable=lambda *xs: list(xs)).expand(op_args=[[1, 2], [3]])
    PythonOperator.partial(task_id="op_kwargs", python_callable=lambda a, b=1: [a, b]).expand(
        op_kwargs=[{"a": 1}, {"a": 2, "b": 3}]
    )
    PythonOperator.partial(task_id="op_xcom", python_callable=lambda *xs: list(xs)).expand(op_args=given([[1], [2, 3]]))

with DAG("product_order", schedule=None) as product_order:

    @task
    def joined(a, b, c):
        return f"{a}{b}{c}"

    collect(joined.expand(c=[1, 2], a=given(["x", "y"]), b={"k": 1, "l": 2}))
    joined.override(task_id="with_nothing").expand(c=[1, 2], a=given([]), b=[1])

with DAG("partial_xcom", schedule=None) as partial_xcom:

    @task
    def pair(x, y, z=None):
        return [x, y, z]

    collect(pair.partial(y=given("why"), z={"k": [given("deep")]}).expand(x=[1, 2]))
    BashOperator.partial(task_id="bash", env={"A": given("{{ no }}")}).expand(bash_command=["echo $A 1"])

with DAG("partial_fails", schedule=None) as partial_fails:
    bad = BashOperator(task_id="bad", bash_command="exit 1")

    @task
    def use(x, y):
        return x

    found = use.partial(y=bad.output).expand(x=[1, 2])
    found >> empty("after")
    skip = BashOperator(task_id="skip", bash_command="exit 99")
    use.override(task_id="use2", trigger_rule="all_done").partial(y=skip.output).expand(x=given([1, 2])) >> empty("after2")

with DAG("types_in", schedule=None) as types_in:

    @task
    def values():
        return [None, True, 1, 1.5, "text", "{{ ds }}", [1], {"k": (1, 2)}, datetime(2024, 1, 1, tzinfo=timezone.utc)]

    @task
    def told(x):
        return repr(x) if not isinstance(x, datetime) else x.isoformat()

    collect(told.expand(x=values()))
    told.override(task_id="literals").expand(x=[None, True, 1.5, "{{ ds }}", [1], {"k": 2}])
    told.override(task_id="tuple_source").expand(x=given.override(task_id="gt")((1, 2)))
    told.override(task_id="text_source").expand(x=given.override(task_id="gs")("text"))
    told.override(task_id="number_source", trigger_rule="all_done").expand(x=given.override(task_id="gn")(5)) >> empty(
        "after_number"
    )

with DAG("index_names", schedule=None) as index_names:

    @task(map_index_template="{{ name }}")
    def named(x):
        from airflow.sdk import get_current_context

        get_current_context()["name"] = f"n{x}"
        return x

    @task(map_index_template="{{ task.op_kwargs['x'] }}-lbl")
    def labelled(x, ti=None):
        return ti.map_index

    named.expand(x=[1, 2])

    @task(map_index_template="<{{ task.op_kwargs.x }}> of {{ task.op_kwargs['y'] }}")
    def shown(x, y):
        return x

    shown.partial(y="all").expand(x=given(["a", None]))
    labelled.expand(x=["a", "b"])
    labelled.override(task_id="not_by_name")(1)  # a template that can't be rendered fails the task, mapped or not
    labelled.override(task_id="by_index", map_index_template="{{ task.op_kwargs['x'] }}").expand(x=[0])
    BashOperator.partial(task_id="bash", map_index_template="{{ task.bash_command }}").expand(bash_command=["echo 1", "exit 1"])

with DAG("limited", schedule=None) as limited:

    @task(max_active_tis_per_dagrun=1)
    def one_by_one(x):
        return x

    collect(one_by_one.expand(x=[1, 2, 3]))

with DAG("mapped_sensor", schedule=None) as mapped_sensor:

    @task.sensor(poke_interval=0.1, timeout=0.3)
    def wait(x):
        return x > 1

    @task.sensor(poke_interval=0.1, timeout=0.3, soft_fail=True)
    def soft(x):
        return x > 1

    wait.expand(x=[1, 2]) >> empty("strict")
    soft.expand(x=given([1, 2])) >> empty("strict2") >> empty("done", "all_done")
    PythonSensor.partial(task_id="classic", python_callable=lambda a: a, poke_interval=0.1, timeout=0.3).expand(
        op_args=[[True], [False]]
    )

with DAG("mapped_branches", schedule=None) as mapped_branches:

    @task.branch
    def pick(x):
        return x

    @task.short_circuit
    def go(x):
        return x

    decided = pick.expand(x=["a", "b"])
    decided >> [empty("a"), empty("b"), empty("c", "all_done")]
    went = go.expand(x=[True, False])
    went >> empty("d") >> empty("e")
    picked = pick.override(task_id="pick_x").expand(x=given(["p", "q"]))
    picked >> [empty("p"), show.override(task_id="q").expand(x=[1, 2])]

with DAG("retries_mapped", schedule=None) as retries_mapped:

    @task(retries=2, retry_delay=timedelta(0))
    def third(x, ti=None):
        if ti.try_number <= x:
            raise ValueError("not yet")
        return [x, ti.try_number]

    @task(retries=2, retry_delay=timedelta(0))
    def final(x):
        if x:
            raise AirflowFailException("never")
        return x

    collect(third.expand(x=[0, 1, 3]))
    final.expand(x=[0, 1]) >> empty("after", "one_failed")

with DAG("pushes_mapped", schedule=None) as pushes_mapped:

    @task(multiple_outputs=True)
    def two(x):
        return {"a": x, "b": x * 2}

    @task
    def pushing(x, ti=None):
        ti.xcom_push("own", x + 1)

    @task
    def reads(ti=None):
        return [
            ti.xcom_pull(task_ids="two", key="a"),
            ti.xcom_pull(task_ids="pushing", key="own"),
            ti.xcom_pull(task_ids=["two"], key="b"),
        ]

    t = two.expand(x=[1, 2])
    collect(t["b"])
    p = pushing.expand(x=[5, 6])
    [t, p] >> reads()

with DAG("none_returned", schedule=None) as none_returned:

    @task
    def maybe(x):
        return x or None

    many = maybe.expand(x=[0, 1, 2])
    collect(many)
    show.override(task_id="again").expand(x=many)
    show.override(task_id="again_zip").expand(x=many.zip(given([7, 8, 9])))

with DAG("over_failed_instances", schedule=None) as over_failed:

    @task
    def odd(x):
        if x == 2:
            raise ValueError("two")
        if x == 3:
            raise AirflowSkipException("three")
        return x

    many = odd.expand(x=[1, 2, 3, 4])
    show.override(task_id="strict").expand(x=many)
    show.override(task_id="lax", trigger_rule="all_done").expand(x=many) >> empty("after", "all_done")
    show.override(task_id="lax_map", trigger_rule="all_done").expand(x=many.map(lambda x: x + 1))

with DAG("long_literal", schedule=None) as long_literal:
    collect(given.expand(values=list(range(30))))

with DAG("too_long", schedule=None) as too_long:

    @task
    def many_numbers():
        return list(range(1025))

    show.expand(x=many_numbers()) >> empty("after")

with DAG("mapped_always", schedule=None) as mapped_always:
    bad = BashOperator(task_id="bad", bash_command="exit 1")

    @task(trigger_rule="always")
    def anyway(x):
        return x

    bad >> anyway.expand(x=[1, 2])

with DAG("constructors_that_check", schedule=None) as constructors:
    EmptyOperator.partial(task_id="documented").expand_kwargs([{"doc": "x"}, {"doc": "y"}])

with DAG("mapped_virtual", schedule=None) as mapped_virtual:

    @task.external_python(python=sys.executable)
    def other(x):
        return x * 2

    collect(other.expand(x=[1, 2]))

with DAG("mapped_positional_arguments", schedule=None) as positional:

    def shows(first, second="two", *rest):
        return [first, second, list(rest)]

    PythonOperator.partial(task_id="shows", python_callable=shows).expand(op_args=[[1], ["{{ ds }}", 2, 3], (), None])
    ShortCircuitOperator.partial(task_id="decides", python_callable=bool).expand(op_args=[[1], [0]])

with DAG("mapped_over_what_decides", schedule=None) as over_what_decides:

    @task.branch
    def chooses_all():
        return ["runs_each", "runs_once"]

    @task.short_circuit
    def goes_on():
        return {"a": 1, "b": [2]}

    @task.short_circuit
    def stops():
        return []

    @task.short_circuit
    def of_outputs() -> dict:
        return {"a": 1}

    @task
    def runs_each(x):
        return x

    @task
    def runs_once(xs, a):
        return [xs, a]

    chosen = chooses_all()
    runs_once(chosen, of_outputs()["a"])
    runs_each.expand(x=chosen)
    runs_each.override(task_id="of_dict").expand(x=goes_on())
    runs_each.override(task_id="of_nothing").expand(x=stops())


with DAG("sequences", schedule=None, start_date=datetime(2024, 1, 1, tzinfo=timezone.utc)):

    @task
    def one(x):
        return [x]

    @task
    def looked_at(xs):
        seen = [
            type(xs).__name__,
            isinstance(xs, list),
            len(xs),
            repr(xs),
            bool(xs),
            xs[-1],
            xs[0:1],
            [1] in xs,
            list(reversed(xs)),
        ]
        return [*seen, xs == [[1], [2]], xs.__eq__(1) is NotImplemented, xs == (), sorted(xs, reverse=True)]

    @task
    def shown(xs):
        return f"{xs}"

    @task
    def changed(xs):
        xs[0].append(9)
        return xs[0]

    @task
    def returned(xs):
        return xs

    @task
    def added_to(xs):
        return xs + [1]  # noqa: RUF005 - that is the question

    @task
    def pushed(xs, ti=None):
        ti.xcom_push("k", xs)

    @task
    def beyond(xs):
        return xs[5]

    @task
    def by_key(xs):
        return xs["a"]

    @task
    def within(*args, **kwargs):
        return [type(one).__name__ for one in (*args, args[1][0], *kwargs.values())]

    ones = one.expand(x=[1, 2])
    for reads in (looked_at, shown, changed, returned, added_to, pushed, beyond, by_key):
        reads(ones)
    within(ones, [ones], k=ones)
    looked_at.override(task_id="none_of_key")(XComArg(ones.operator, key="absent"))
