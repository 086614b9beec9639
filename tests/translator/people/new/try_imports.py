from datetime import datetime

try:
    import ujson as json
except ImportError:
    import json

from airflow.sdk import DAG, task

# ends: dump=success
with DAG("try_imports", start_date=datetime(2024, 1, 1), schedule=None):

    @task(retries=1)
    def dump():
        return json.dumps([1])

    dump()
