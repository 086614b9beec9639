import os
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.utils.dates import days_ago

# ends: query=success script=success
here = os.path.dirname(os.path.abspath(__file__))
with DAG(
    "templates_and_files",
    start_date=days_ago(1),
    schedule_interval=None,
    template_searchpath=[here + "/sql"],
    user_defined_macros={"table": "orders"},
) as dag:
    BashOperator(task_id="query", bash_command="query.sh", params={"n": 3})
    BashOperator(task_id="script", bash_command="echo {{ table }} {{ params.n }} {{ macros.ds_add(ds, 1) }}", params={"n": 4})
