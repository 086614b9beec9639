from airflow import DAG
from airflow.operators import BashOperator, PythonOperator, DummyOperator
from datetime import datetime, timedelta

# ends: first=success second=success third=success
default_args = {"owner": "root", "start_date": datetime(2018, 3, 1)}
dag = DAG("of_1_10", default_args=default_args, schedule_interval=timedelta(hours=6))


def show(day):
    print(day)


t1 = BashOperator(task_id="first", bash_command="echo done", xcom_push=True, dag=dag)
t2 = PythonOperator(task_id="second", python_callable=show, op_args=["{{ execution_date }}"], dag=dag)
t3 = DummyOperator(task_id="third", trigger_rule="dummy", dag=dag)
t1 >> t2 >> t3
