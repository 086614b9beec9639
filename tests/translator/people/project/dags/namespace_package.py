from datetime import datetime
from airflow.sdk import DAG, task
from spaces.inner.tools import tool

# ends: use=success
with DAG("namespace_package", start_date=datetime(2024, 1, 1), schedule=None):

    @task
    def use():
        return tool()

    use()
