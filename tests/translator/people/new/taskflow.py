import pendulum
from airflow.sdk import dag, task

# ends: numbers=success square[0]=success square[1]=success square[2]=success total=success


@dag(schedule="@daily", start_date=pendulum.datetime(2024, 1, 1, tz="Europe/Berlin"), catchup=False, tags=["new"])
def taskflow():
    @task
    def numbers() -> list[int]:
        return [1, 2, 3]

    @task
    def square(n: int) -> int:
        return n * n

    @task
    def total(found) -> int:
        return sum(found)

    total(square.expand(n=numbers()))


taskflow()
