"""Arguments, lists and dicts by themselves, that another task returns or that a template makes."""

from __future__ import annotations

from datetime import datetime, timezone

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, task

START = datetime(2024, 1, 1, tzinfo=timezone.utc)


def told(*args, day=None, word="none"):
    return [*args, day, word]


with DAG("known_late", schedule=None, start_date=START, params={"env": {"A": "of params"}}, render_template_as_native_obj=True):

    @task
    def given(what):
        return what

    env = given.override(task_id="env")({"A": "of a task"})
    arguments = given.override(task_id="arguments")(["one", 2])
    given.override(task_id="mapped").expand(what=["{{ params.env }}", ["{{ ti.map_index }}"]])
    BashOperator(task_id="env_of_task", bash_command="echo $A ${HOME-none}", env=env)
    BashOperator(task_id="env_of_template", bash_command="echo $A", env="{{ params.env }}")
    PythonOperator(task_id="arguments_of_task", python_callable=told, op_args=arguments)
    PythonOperator(task_id="named_by_template", python_callable=told, op_kwargs="{{ {'word': ds} }}")
    PythonOperator(task_id="as_text", python_callable=told, op_args=["{{ ds }}"], render_template_as_native_obj=False)
    PythonOperator(task_id="no_text", python_callable=told, op_args=["{{ params.env }}"], render_template_as_native_obj=False)
