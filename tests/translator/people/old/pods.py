from airflow import DAG
from airflow.contrib.operators.kubernetes_pod_operator import KubernetesPodOperator
from airflow.utils.dates import days_ago

dag = DAG("pods", start_date=days_ago(1), schedule_interval="@daily", catchup=False)
KubernetesPodOperator(
    namespace="default",
    image="python:3.12-slim",
    cmds=["python", "-c"],
    arguments=["print('{{ execution_date }}')"],
    labels={"foo": "bar"},
    name="passing-test",
    task_id="passing-task",
    get_logs=True,
    dag=dag,
)
