"""Orders of a shop: extract, check, load in full or as a delta or not at all, and tell about it."""

from __future__ import annotations

import pendulum
from airflow.sdk import dag, task


@dag(schedule="0 3 * * *", start_date=pendulum.datetime(2026, 1, 1), catchup=False, tags=["example"], params={"minimum": 2})
def etl():
    @task
    def extract() -> list[dict]:
        orders = [("book", 2, 12.5), ("pen", 10, 1.2), ("ink", 0, 7.0), ("paper", 4, 3.5)]
        return [{"item": item, "count": count, "price": price} for item, count, price in orders]

    @task
    def check(orders: list[dict]) -> dict:
        good = [order for order in orders if order["count"] > 0]
        return {"good": good, "bad": len(orders) - len(good)}

    @task.branch
    def choose(checked: dict, params: dict | None = None) -> str:
        if len(checked["good"]) < params["minimum"]:
            return "skip_load"
        return "load_delta" if checked["bad"] else "load_full"

    @task
    def load_full(checked: dict) -> int:
        return len(checked["good"])

    @task
    def load_delta(checked: dict) -> int:
        print("left out:", checked["bad"])
        return len(checked["good"])

    @task.bash
    def skip_load() -> str:
        return "echo too few orders"

    @task(trigger_rule="none_failed_min_one_success")
    def report(full: int | None = None, delta: int | None = None) -> str:
        loaded = full if full is not None else delta
        print("loaded", loaded)
        return f"{loaded or 0} orders loaded"

    checked = check(extract())
    full, delta, skipped = load_full(checked), load_delta(checked), skip_load()
    choose(checked) >> [full, delta, skipped]
    skipped >> report(full, delta)


etl()
