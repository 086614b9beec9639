import os
import sys
from datetime import datetime

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib"))

from airflow.sdk import DAG, task
from mylib.shapes import area

# ends: compute=success
with DAG("path_trick", start_date=datetime(2024, 1, 1), schedule=None):

    @task
    def compute():
        return area(2)

    compute()
