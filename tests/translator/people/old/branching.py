import airflow
from airflow.models import DAG
from airflow.operators.dummy_operator import DummyOperator
from airflow.operators.python_operator import BranchPythonOperator

# ends: which=success a=success b=skipped join=success
dag = DAG(dag_id="branching", start_date=airflow.utils.dates.days_ago(1), schedule_interval="@once")

which = BranchPythonOperator(task_id="which", python_callable=lambda: "a", dag=dag)
join = DummyOperator(task_id="join", trigger_rule="none_failed_or_skipped", dag=dag)
for option in ["a", "b"]:
    branch = DummyOperator(task_id=option, dag=dag)
    which >> branch >> join
