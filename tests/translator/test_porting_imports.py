"""Ported imports: what has moved or been renamed, under whatever name and wherever the file imports it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow_argo.translator.loading import load_dags, prepare_environment

prepare_environment()

RENAMED = """
from __future__ import print_function
from airflow.models import DAG, Variable as Var
from airflow.operators.bash_operator import BashOperator as Bash
from airflow.utils.task_group import TaskGroup as Group  # noqa
from airflow.decorators import (
    dag as as_dag,
    task,
)
try:
    from airflow.operators.empty import EmptyOperator
except ImportError:
    from airflow.operators.dummy import DummyOperator as EmptyOperator
try:
    from airflow.providers.standard.operators.python import PythonOperator
except ImportError:
    from airflow.operators.python_operator import PythonOperator


def own():
    return Var.get("v", default_var="w")


with DAG("renamed", schedule_interval=None) as dag:
    with Group("g"):
        a = EmptyOperator(task_id="a")
    b = Bash(task_id="b", bash_command="echo {{ execution_date }}")
    a >> b >> PythonOperator(task_id="c", python_callable=own)


@as_dag(schedule_interval="@daily")
def other():
    @task
    def one():
        return 1

    one()


other()
"""


def test_imports_under_other_names_and_in_a_try_are_moved(port: Any, tmp_path: Path) -> None:
    text = port(RENAMED).text
    file = tmp_path / "new.py"
    file.write_text(text)
    other, renamed = sorted(load_dags(file), key=lambda dag: dag.dag_id)
    assert [task.task_type for task in renamed.tasks] == ["EmptyOperator", "BashOperator", "PythonOperator"]
    assert renamed.task_dict["b"].bash_command == "echo {{ logical_date }}"
    assert list(other.task_dict) == ["one"]
    assert [line for line in text.splitlines() if line.count("import")] == [
        "from __future__ import print_function",
        "from airflow.sdk import DAG, Variable as Var",
        "from airflow.providers.standard.operators.bash import BashOperator as Bash",
        "from airflow.sdk import TaskGroup as Group  # noqa",
        "from airflow.sdk import dag as as_dag, task",
        "    from airflow.providers.standard.operators.empty import EmptyOperator",
        "    from airflow.providers.standard.operators.empty import EmptyOperator",
        "    from airflow.providers.standard.operators.python import PythonOperator",
        "    from airflow.providers.standard.operators.python import PythonOperator",
    ]


def test_imports_of_a_name_that_is_imported_again_are_moved_too(port: Any) -> None:
    text = port("""
from airflow import DAG
from airflow.operators.python_operator import PythonOperator
from airflow.operators.dummy_operator import DummyOperator
from airflow.operators.python import PythonOperator
from airflow.operators.dummy_operator import DummyOperator
from airflow.utils.dates import days_ago
from airflow.utils.dates import days_ago

with DAG("twice", schedule_interval=None, start_date=days_ago(1)):
    PythonOperator(task_id="a", python_callable=print) >> DummyOperator(task_id="b")
""").text
    assert sorted(line for line in text.splitlines() if "import" in line) == [
        "from airflow.providers.standard.operators.empty import EmptyOperator as DummyOperator",
        "from airflow.providers.standard.operators.empty import EmptyOperator as DummyOperator",
        "from airflow.providers.standard.operators.python import PythonOperator",
        "from airflow.providers.standard.operators.python import PythonOperator",
        "from airflow.sdk import DAG",
        "import pendulum",
    ]


CONTRIB = """
from airflow.contrib.hooks.fs_hook import FSHook
from airflow.contrib.operators.gcs_to_bq import GoogleCloudStorageToBigQueryOperator as Load
from airflow.contrib.operators.sagemaker_endpoint_config_operator import SageMakerEndpointConfigOperator
from airflow.contrib.operators.snowflake_operator import SnowflakeOperator
from airflow.providers.docker.operators.docker import DockerOperator
from airflow.utils.timezone import make_aware

f(FSHook, Load, SageMakerEndpointConfigOperator, SnowflakeOperator, make_aware)
DockerOperator(task_id="d", image="x", auto_remove=True)
"""


def test_contrib_is_where_the_providers_have_it(port: Any) -> None:
    assert port(CONTRIB).text.splitlines()[1:] == [
        "from airflow.providers.standard.hooks.filesystem import FSHook",
        "from airflow.providers.google.cloud.transfers.gcs_to_bigquery import GCSToBigQueryOperator as Load",
        "from airflow.providers.amazon.aws.operators.sagemaker import SageMakerEndpointConfigOperator",
        "from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator as SnowflakeOperator",
        "from airflow.providers.docker.operators.docker import DockerOperator",
        "from airflow._shared.timezones.timezone import make_aware",
        "",
        "f(FSHook, Load, SageMakerEndpointConfigOperator, SnowflakeOperator, make_aware)",
        'DockerOperator(task_id="d", image="x", auto_remove="success")',
    ]
