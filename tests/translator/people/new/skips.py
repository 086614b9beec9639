from datetime import datetime
from airflow.sdk import DAG, task
from airflow.providers.standard.operators.bash import BashOperator

# ends: code=skipped after=skipped always=success
with DAG("skips", start_date=datetime(2024, 1, 1), schedule=None):
    code = BashOperator(task_id="code", bash_command="exit 99")
    code >> BashOperator(task_id="after", bash_command="echo")
    code >> BashOperator(task_id="always", bash_command="echo", trigger_rule="all_done")
