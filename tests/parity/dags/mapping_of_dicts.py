"""Mapping over dicts that are zipped or concatenated: Airflow gives pairs, keys, or what fills."""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, task


@task
def numbers():
    return {"p": 1, 7: [2], "{{ r }}": None}


@task
def letters():
    return ["a", "b"]


@task
def show(x):
    return [type(x).__name__, list(x) if isinstance(x, tuple) else x]


with DAG("mapped_over_dict", schedule=None):
    show.expand(x=numbers())
    show.override(task_id="literal").expand(x={"k": 1, 2: ["{{ ds }}"], "{{ ds_nodash }}": (None, "{{ params }}")})

with DAG("mapped_over_zipped_dict", schedule=None):
    show.expand(x=letters().zip(numbers(), fillvalue="?"))
    show.override(task_id="first").expand(x=numbers().zip(letters(), fillvalue=None))
    show.override(task_id="nested").expand(x=letters().zip(numbers().concat(letters()), fillvalue=0))

with DAG("mapped_over_concatenated_dict", schedule=None):
    show.expand(x=letters().concat(numbers()))


@task
def calls():
    return [
        {"bash_command": "echo $A", "env": {"A": "{{ ds }}"}},
        {"bash_command": "echo ${A-none} $PWD", "append_env": True, "cwd": "/"},
        {"bash_command": "exit 7", "skip_on_exit_code": 7},
    ]


with DAG("mapped_by_any_arguments", schedule=None):
    BashOperator.partial(task_id="of_xcom").expand_kwargs(calls())
    BashOperator.partial(task_id="differing").expand_kwargs(
        [{"bash_command": "echo a"}, {"bash_command": "echo $B", "env": {"B": "b"}}]
    )
