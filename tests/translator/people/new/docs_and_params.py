from datetime import datetime
from airflow.sdk import DAG, Param
from airflow.providers.standard.operators.bash import BashOperator

# ends: show=success
with DAG(
    "docs_and_params",
    start_date=datetime(2024, 1, 1),
    schedule=None,
    doc_md=__doc__,
    params={"n": Param(3, type="integer", minimum=1), "name": Param("x", type="string"), "flags": Param(["a"], type="array")},
):
    BashOperator(task_id="show", bash_command="echo {{ params.n }} {{ params.name }} {{ params.flags | length }}")
