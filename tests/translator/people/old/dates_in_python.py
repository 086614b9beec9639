from airflow import DAG
from airflow.operators.python_operator import PythonOperator
from datetime import datetime

# ends: when=success


def when(ds, execution_date, next_ds, **context):
    """Tells when it is."""
    if execution_date is None:
        raise ValueError("no date")
    assert execution_date == context["dag_run"].execution_date
    assert context["ti"].execution_date.strftime("%Y-%m-%d") == ds
    assert context.get("yesterday_ds") < ds < context["tomorrow_ds"]
    assert next_ds >= ds


dag = DAG("dates_in_python", start_date=datetime(2021, 1, 1), schedule_interval="@daily", catchup=False)
PythonOperator(task_id="when", python_callable=when, provide_context=True, dag=dag)
