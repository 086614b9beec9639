"""DAGs of YAML files beside this one."""
from datetime import datetime
from pathlib import Path

import yaml
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator


# dags: yaml_one yaml_two


def tell(**context):
    from airflow.sdk import get_current_context

    return get_current_context()["dag"].dag_id


for file in sorted((Path(__file__).parent / "config").glob("*.yaml")):
    config = yaml.safe_load(file.read_text())
    with DAG(config["id"], start_date=datetime(2024, 1, 1), schedule=None) as dag:
        last = PythonOperator(task_id="tell", python_callable=tell)
        for step in config["steps"]:
            last >> BashOperator(task_id=step["name"], bash_command=step["run"])
    globals()[config["id"]] = dag
