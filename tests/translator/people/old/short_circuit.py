from airflow import DAG
from airflow.operators.python_operator import ShortCircuitOperator
from airflow.operators.dummy_operator import DummyOperator
from airflow.utils.helpers import chain
from airflow.utils.dates import days_ago

# ends: goes_on=success stops=success true_1=success true_2=success false_1=skipped false_2=skipped
with DAG(dag_id="short_circuit", start_date=days_ago(2), schedule_interval=None, is_paused_upon_creation=False) as dag:
    goes_on = ShortCircuitOperator(task_id="goes_on", python_callable=lambda: True)
    stops = ShortCircuitOperator(task_id="stops", python_callable=lambda: False)
    chain(goes_on, *[DummyOperator(task_id="true_" + str(i)) for i in [1, 2]])
    chain(stops, *[DummyOperator(task_id="false_" + str(i)) for i in [1, 2]])
