import pendulum
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator

# ends: x=success
with DAG("cron_zone", start_date=pendulum.datetime(2024, 1, 1, tz="America/New_York"), schedule="0 9 * * MON-FRI", catchup=False):
    EmptyOperator(task_id="x")
