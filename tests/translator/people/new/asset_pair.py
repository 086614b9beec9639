from airflow.sdk import DAG, Asset, task
from datetime import datetime

# ends: make=success
table = Asset("warehouse.orders")
with DAG("asset_pair", start_date=datetime(2024, 1, 1), schedule=None):

    @task(outlets=[table])
    def make():
        return 1

    make()
