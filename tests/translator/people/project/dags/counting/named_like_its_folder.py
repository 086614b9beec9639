"""Its module has the name of the folder that both are in, which is a package without a file."""
from datetime import datetime

from airflow.sdk import DAG, get_current_context, task
from counting import counting

# ends: plain=success real=success
with DAG("named_like_its_folder", start_date=datetime(2024, 1, 1), schedule=None):

    @task
    def plain():
        return counting.up_to(2)

    @task
    def real(last):
        return counting.up_to(len(get_current_context()["dag"].task_ids)) + last

    real(plain())
