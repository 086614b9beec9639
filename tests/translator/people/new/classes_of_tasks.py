"""Tasks made by methods of a class."""
from datetime import datetime
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator

# ends: load_orders=success load_users=success check=success


class Loads:
    def __init__(self, names):
        self.names = names

    def tasks(self):
        return [BashOperator(task_id=f"load_{name}", bash_command=f"echo {name}") for name in self.names]


with DAG("classes_of_tasks", start_date=datetime(2024, 1, 1), schedule=None):
    Loads(["orders", "users"]).tasks() >> BashOperator(task_id="check", bash_command="echo ok")
