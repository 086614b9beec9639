"""Ids, names of pools, commands and values that are members of enums, as larger teams keep them."""

from __future__ import annotations

from datetime import datetime, timezone
from enum import Enum, IntEnum

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup, task

START = datetime(2024, 1, 1, tzinfo=timezone.utc)


class Said(str, Enum):
    """One whose `str()` is its name: what templates render of it is `Said.ECHO`."""

    NAMED = "enum_names"
    ECHO = "echo"


class Name(str, Enum):
    """One whose `str()` is its value."""

    NAMED = "enum_ids"
    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    POOL = "default_pool"
    GROUP = "group"
    ECHO = "echo {{ params.said }}"

    def __str__(self) -> str:
        return self.value


class Number(IntEnum):
    TWO = 2


with DAG(Said.NAMED, schedule=None, start_date=START):
    EmptyOperator(task_id=Said.NAMED) >> BashOperator(task_id=Said.ECHO, bash_command=Said.ECHO)
    BashOperator(task_id="value", bash_command="echo $A", env={"A": Said.ECHO})

with DAG(Name.NAMED, schedule=None, start_date=START, params={"said": Name.POOL}, default_args={"pool": Name.POOL}):
    first = EmptyOperator(task_id=Name.FIRST, retries=Number.TWO)
    second = BashOperator(task_id=Name.SECOND, bash_command=Name.ECHO)
    values = BashOperator(task_id="values", bash_command="echo $A $first", env={Name.FIRST: Name.SECOND, "A": Name.THIRD})
    third = BashOperator.partial(task_id=Name.THIRD).expand(bash_command=[Name.ECHO, "echo b"])
    with TaskGroup(Name.GROUP) as group:
        inner = EmptyOperator(task_id=Name.SECOND)
        inner >> BashOperator(
            task_id="in_it", bash_command="echo {{ task.task_id }} {{ ti.xcom_pull(task_ids='third') | list }}"
        )

    @task
    def gives(name, number, ti=None):
        return [name, number, ti.task_id, str(name), ti.xcom_pull(task_ids=Name.SECOND), ti.xcom_pull(task_ids="second")]

    @task
    def kinds(name, number, names):
        return [name, type(name).__name__, number * 2, type(number).__name__, names]

    kinds(Name.FIRST, Number.TWO, {"said": [Said.ECHO, (Name.ECHO,)]})

    @task.branch
    def decides():
        return Name.GROUP

    decision = decides()
    first >> [second, values, third] >> gives(Name.FIRST, Number.TWO) >> decision >> group
    decision >> EmptyOperator(task_id="other")
