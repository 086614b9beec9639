"""Mapped tasks: over literals, XComs and dicts; some failed, some skipped, none at all."""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task

with DAG("mapped_over_literal", schedule=None) as literal:

    @task
    def double(x):
        return x * 2

    @task
    def collect(xs):
        return [list(xs), len(xs)]

    collect(double.expand(x=[1, 2, 3]))

with DAG("mapped_over_xcom", schedule=None) as xcom:

    @task
    def numbers():
        return [3, 1, 2]

    @task
    def add(x, y):
        return x + y

    @task
    def total(xs):
        return sum(xs)

    total(add.partial(y=10).expand(x=numbers()))

with DAG("mapped_product", schedule=None) as product:

    @task
    def letters():
        return ["a", "b"]

    @task
    def pair(letter, number, mark):
        return f"{letter}{number}{mark}"

    @task
    def joined(xs):
        return " ".join(xs)

    joined(pair.partial(mark="!").expand(letter=letters(), number=[1, 2, 3]))

with DAG("mapped_over_dict", schedule=None) as over_dict:

    @task
    def table():
        return {"a": 1, "b": 2}

    @task
    def entry(pair):
        return list(pair)

    entry.expand(pair=table())
    entry.override(task_id="literal").expand(pair={"c": 3, "d": None})

with DAG("mapped_some_fail", schedule=None) as some_fail:

    @task
    def odd(x):
        if x % 2 == 0:
            raise ValueError("even")
        return x

    @task(trigger_rule="all_done")
    def rest(xs):
        return list(xs)

    found = odd.expand(x=[1, 2, 3])
    rest(found)
    found >> EmptyOperator(task_id="strict")

with DAG("mapped_some_skip", schedule=None) as some_skip:
    found = (
        BashOperator.partial(task_id="echo").expand(
            bash_command=["echo one", "exit 99", "echo three", "true"], do_xcom_push=[True]
        )
        if False
        else BashOperator.partial(task_id="echo").expand(bash_command=["echo one", "exit 99", "echo three", "true"])
    )

    @task(trigger_rule="none_failed")
    def rest_of(xs):
        return list(xs)

    rest_of(found.output)
    found >> EmptyOperator(task_id="strict")

with DAG("mapped_over_nothing", schedule=None) as nothing:

    @task
    def none_at_all():
        return []

    @task
    def never(x):
        return x

    @task(trigger_rule="all_done")
    def count(xs):
        return len(list(xs))

    found = never.expand(x=none_at_all())
    count(found)
    found >> EmptyOperator(task_id="after") >> EmptyOperator(task_id="later", trigger_rule="all_skipped")

with DAG("mapped_all_skip", schedule=None) as all_skip:
    found = BashOperator.partial(task_id="skip").expand(bash_command=["exit 99", "exit 99"])

    @task(trigger_rule="all_done")
    def left(xs):
        return [list(xs), len(xs)]

    left(found.output)

with DAG("mapped_source_fails", schedule=None) as source_fails:

    @task
    def broken():
        raise ValueError("no list")

    @task
    def use(x):
        return x

    @task(trigger_rule="all_done")
    def use_anyway(x):
        return x

    items = broken()
    use.expand(x=items) >> EmptyOperator(task_id="after")
    use_anyway.expand(x=items)

with DAG("mapped_source_skips", schedule=None) as source_skips:
    source = BashOperator(task_id="source", bash_command="exit 99")

    @task
    def each(x):
        return x

    @task(trigger_rule="all_done")
    def each_anyway(x):
        return x

    each.expand(x=source.output)
    each_anyway.expand(x=source.output)

with DAG("mapped_again", schedule=None) as again:

    @task
    def inc(x):
        return x + 1

    @task
    def last(xs):
        return list(xs)

    last(inc.override(task_id="second").expand(x=inc.expand(x=[1, 2, 2**53])))  # more digits than a float has

with DAG("mapped_kwargs", schedule=None) as kwargs:

    @task
    def given():
        return [{"a": 1, "b": 2}, {"a": 3, "b": 4}]

    @task
    def show(a, b, c=0):
        return [a, b, c]

    show.expand_kwargs(given())
    show.override(task_id="literal").partial(c=5).expand_kwargs([{"a": 1, "b": 2}])
    BashOperator.partial(task_id="bash").expand_kwargs(
        [{"bash_command": "echo $A", "env": {"A": "1"}}, {"bash_command": "echo $A", "env": {"A": "2"}}]
    )

with DAG("mapped_source_returns_none", schedule=None) as returns_none:

    @task
    def nothing_returned():
        return None

    @task
    def consumer(x):
        return x

    consumer.expand(x=nothing_returned()) >> EmptyOperator(task_id="after_consumer")

with DAG("mapped_branch_child", schedule=None) as branch_child:

    @task.branch
    def choose():
        return "other"

    @task
    def each_one(x):
        return x

    decided = choose()
    mapped = each_one.expand(x=[1, 2])
    decided >> [mapped, EmptyOperator(task_id="other")]
    mapped >> EmptyOperator(task_id="end", trigger_rule="all_done")
