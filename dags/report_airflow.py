"""A report on cities, as an Airflow DAG; report_dsl.py is the same in the DSL."""

from __future__ import annotations

import pendulum
from airflow.sdk import dag, task


@dag(schedule="0 6 * * *", start_date=pendulum.datetime(2026, 1, 1), catchup=False, tags=["example"])
def report_airflow():
    @task
    def cities() -> list[str]:
        return ["oslo", "rome", "lima"]

    @task
    def measure(city: str) -> int:
        return len(city) * 5

    @task
    def summarize(degrees: list[int]) -> int:
        return max(degrees)

    @task.branch
    def choose(warmest: int) -> str:
        return "warn" if warmest > 15 else "all_well"

    @task
    def warn(warmest: int) -> str:
        return f"heat: {warmest}"

    @task
    def all_well() -> str:
        return "all is well"

    @task(trigger_rule="none_failed_min_one_success")
    def publish(warning: str | None = None, good: str | None = None) -> str:
        print(warning or good)
        return warning or good

    warmest = summarize(measure.expand(city=cities()))
    warning, good = warn(warmest), all_well()
    choose(warmest) >> [warning, good]
    publish(warning, good)


report_airflow()
