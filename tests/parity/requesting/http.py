"""Tasks that ask an HTTP server, whose address and login are in the Connection `server`."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow.providers.http.operators.http import HttpOperator
from airflow.providers.http.sensors.http import HttpSensor
from airflow.sdk import DAG, task

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
ASKS = {"http_conn_id": "server", "retry_delay": timedelta(0)}

with DAG("http", schedule=None, start_date=START, default_args=ASKS) as dag:
    text = HttpOperator(task_id="text", method="GET", endpoint="text?day={{ ds }}")
    posted = HttpOperator(
        task_id="posted", endpoint="echo", data={"a": "{{ ds }}", "b": "ü &"}, headers={"X-Own": "{{ run_id }}"}
    )
    filtered = HttpOperator(
        task_id="filtered", method="PUT", endpoint="echo", data="[1, 2]", response_filter=lambda found: found.json()
    )
    redirected = HttpOperator(task_id="redirected", method="GET", endpoint="moved")
    HttpOperator(task_id="missing", method="GET", endpoint="missing", retries=1)
    HttpOperator(task_id="allowed", method="GET", endpoint="missing", extra_options={"check_response": False})
    HttpOperator(task_id="checked", method="GET", endpoint="text", response_check=lambda response: "nothing" in response.text)
    second = HttpOperator(task_id="second", method="GET", endpoint="second_time/operator", retries=1)
    pages = HttpOperator(
        task_id="pages",
        method="GET",
        endpoint="text?page=1",
        pagination_function=lambda response: {"endpoint": "text?page=2"} if response.url.endswith("=1") else None,
    )
    deferred = HttpOperator(task_id="deferred", method="GET", endpoint="text", deferrable=True)
    waits = HttpSensor(task_id="waits", endpoint="second_time/sensor", poke_interval=0.1)
    HttpSensor(task_id="gives_up", endpoint="missing", poke_interval=0.1, timeout=0.3, soft_fail=True)
    HttpSensor(task_id="breaks", endpoint="broken", poke_interval=0.1)

    @task
    def told(*found):
        return list(found)

    asked = [text, posted, filtered, redirected, second, pages, deferred]
    waits >> told(*[one.output for one in asked])
