from datetime import datetime
from functools import partial
import json
import math as m
from airflow.sdk import DAG, task

# ends: area=success
PI = m.pi
SCALE: dict = {"cm": 100}
SCALE["mm"] = 1000


def round_to(digits, value):
    return round(value, digits)


two = partial(round, ndigits=2)


with DAG("deep_helpers", start_date=datetime(2024, 1, 1), schedule=None):

    @task
    def area(r: float = 2.0) -> str:
        return json.dumps({"area": round_to(1, PI * r**2), "mm": SCALE["mm"]})

    area()
