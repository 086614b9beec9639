"""Tasks made in loops and by factories: what their functions saw when they were made; and mapping over what can't travel."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import partial

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, task

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
BASE = {"k": [1]}


def helper(n, base=BASE, by=timedelta(days=1)):
    return [n, base, by.days]


def add(x):
    return x + 19


def take(x):
    return x - 23


def adder(n):
    def add_n(x):
        return x + n

    return add_n


add_one, add_ten = adder(1), adder(10)


def factory(name, size=2):
    other = name * size

    @task(task_id=f"made_{name}")
    def made(x=name, y=other, z=START):
        return [x, y, z.year, other, helper(3)]

    return made


with DAG("defaults_of_functions", schedule=None):
    for i in range(2):

        @task(task_id=f"function_{i}")
        def function(x=i, *, y=i * 2, z=1):
            return [x, y, z]

        function()
        PythonOperator(task_id=f"lambda_{i}", python_callable=lambda x=i: x)
        PythonOperator(task_id=f"partial_{i}", python_callable=partial(lambda v, w: [v, w], i), op_kwargs={"w": 1})
        moment = datetime(2024, 1, 1 + i, tzinfo=timezone.utc)

        @task(task_id=f"of_a_date_{i}")
        def of_a_date(x=moment):
            return x.day

        of_a_date()

        @task(task_id=f"late_{i}")
        def late():
            return i  # noqa: B023 - as people write it

        late()
    factory("u")()
    factory("v", size=3)()

    @task
    def of_two_closures():
        return [add_one(5), add_ten(5)]

    of_two_closures()

with DAG("mapped_over_functions", schedule=None):
    PythonOperator.partial(task_id="product").expand(python_callable=[add, take], op_args=[[1]])
    rows = [{"python_callable": add, "op_args": [1]}, {"python_callable": take, "op_args": ["{{ params }}"]}]
    PythonOperator.partial(task_id="dicts", retries=0).expand_kwargs(rows)
    BashOperator.partial(task_id="templates", env={"D": "{{ ds }}"}, append_env=True).expand(
        bash_command=["echo $D {{ ti.map_index }}", "echo {{ ds_nodash }}"]
    )
    BashOperator.partial(task_id="different").expand_kwargs(
        [{"bash_command": "echo $X", "env": {"X": "{{ ds }}"}}, {"bash_command": "echo plain"}]
    )

with DAG("mapped_with_conditions", schedule=None):

    @task.skip_if(lambda context: context["ti"].map_index == 1)
    @task
    def some(x):
        return x

    some.expand(x=[1, 2])
