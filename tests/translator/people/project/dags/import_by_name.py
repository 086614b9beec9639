import importlib
from datetime import datetime
from airflow.sdk import DAG, task
from common.names import named

# ends: one=success run=success
with DAG("import_by_name", start_date=datetime(2024, 1, 1), schedule=None):

    @task
    def one():
        return named("x")

    @task
    def run(module="common.names"):
        return importlib.import_module(module).named("y")

    one() >> run()
