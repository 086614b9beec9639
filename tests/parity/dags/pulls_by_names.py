"""Tasks named by texts that functions put together, as in DAGs that are made in loops."""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, TaskGroup


def count(table, ti):
    ti.xcom_push(key=f"of_{table}", value=len(ti.xcom_pull(task_ids=f"load_{table}.extract")))


def store(table, ti):
    return [
        ti.xcom_pull(task_ids="load_{}.count".format(table), key="of_" + table),  # noqa: UP032 - as people write it
        ti.xcom_pull(task_ids=[f"load_{table}.{name}" for name in ("extract", "nothing")]),
        ti.xcom_pull(task_ids="load_%s.nothing" % table, key="k"),  # noqa: UP031 - as above
    ]


with DAG("pulls_by_names", schedule=None) as dag:
    for name in ("a", "b"):
        with TaskGroup(f"load_{name}"):
            extract = BashOperator(task_id="extract", bash_command=f"echo rows of {name}")
            nothing = EmptyOperator(task_id="nothing")
            counted = PythonOperator(task_id="count", python_callable=count, op_args=[name])
            stored = PythonOperator(task_id="store", python_callable=store, op_kwargs={"table": name})
            extract >> nothing >> counted >> stored
