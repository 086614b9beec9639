"""As many tasks as there are files, known only when the DAG runs; what they count comes together at the end."""

from __future__ import annotations

import pendulum
from airflow.sdk import dag, task


@dag(schedule="@daily", start_date=pendulum.datetime(2026, 1, 1), catchup=False, tags=["example"])
def mapped_files():
    @task
    def list_files(folder: str) -> list[str]:
        return [f"{folder}/part-{number}.csv" for number in range(3)]

    @task
    def count_rows(path: str, header: bool) -> int:
        lines = [f"{path},{number}" for number in range(len(path))]
        return len(lines) - header

    @task
    def total(counts: list[int]) -> int:
        counts = list(counts)
        print("rows:", counts)
        return sum(counts)

    total(count_rows.partial(header=True).expand(path=list_files("/data/{{ ds }}")))


mapped_files()
