"""A DAG as it was, and one line after it: its tasks run as one workflow, in the same schedule and grid."""

from __future__ import annotations

from datetime import datetime, timezone

from airflow.sdk import DAG, TaskGroup, task

from airflow_argo.offload import offload

with DAG("offloaded_sales", schedule="@once", start_date=datetime(2026, 1, 1, tzinfo=timezone.utc)) as dag:

    @task
    def regions():
        return ["north", "south", "west"]

    @task
    def load(region):
        return {"region": region, "rows": 100 * len(region)}

    @task.branch
    def worth_a_report(loaded):
        total = sum(one["rows"] for one in loaded)
        print("rows in all:", total)
        return "report.write" if total > 1000 else "nothing_to_say"

    @task
    def nothing_to_say():
        print("few rows today")

    with TaskGroup("report"):

        @task
        def write():
            return "report.html"

        @task
        def send(file):
            print("sending", file)

        written = write()
        send(written)

    worth_a_report(load.expand(region=regions())) >> [written, nothing_to_say()]

offload(dag, deferrable=True)
