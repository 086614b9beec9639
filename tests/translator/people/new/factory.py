"""One DAG a customer."""
from datetime import datetime
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator


def make(customer: str) -> DAG:
    with DAG(f"factory_{customer}", start_date=datetime(2024, 1, 1), schedule="@hourly", catchup=False) as made:
        BashOperator(task_id="sync", bash_command=f"echo {customer}")
    return made


# dags: factory_acme factory_globex factory_initech
for customer in ("acme", "globex", "initech"):
    globals()[f"dag_{customer}"] = make(customer)
