from datetime import datetime
from airflow.sdk import DAG
from operators.shout import Shout

# ends: shout=success
with DAG("uses_operator", start_date=datetime(2024, 1, 1), schedule=None):
    Shout(task_id="shout", text="hi")
