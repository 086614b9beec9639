import pendulum
from airflow.decorators import dag, task
from airflow.operators.python import get_current_context

# ends: extract=success transform=success load=success


@dag(schedule_interval="@daily", start_date=pendulum.datetime(2022, 1, 1, tz="UTC"), catchup=False, default_view="graph")
def taskflow_2():
    @task()
    def extract():
        return {"a": 1, "b": 2}

    @task(multiple_outputs=True)
    def transform(orders: dict):
        return {"total": sum(orders.values()), "when": get_current_context()["execution_date"].isoformat()}

    @task()
    def load(total: int, when: str):
        print(total, when)

    summary = transform(extract())
    load(summary["total"], summary["when"])


taskflow_2_dag = taskflow_2()
