from datetime import datetime
from airflow.sdk import DAG, setup, task, teardown

# ends: up=success work=failed down=success
# state: failed
with DAG("setup_teardown", start_date=datetime(2024, 1, 1), schedule=None):

    @setup
    def up():
        return 1

    @task
    def work():
        raise ValueError("broken")

    @teardown
    def down():
        return 2

    first = up()
    first >> work() >> down().as_teardown(setups=first)
