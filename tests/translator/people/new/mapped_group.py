from datetime import datetime
from airflow.sdk import DAG, task, task_group

# ends: g.one[0]=success g.one[1]=success g.two[0]=success g.two[1]=success
with DAG("mapped_group", start_date=datetime(2024, 1, 1), schedule=None):

    @task_group
    def g(x):
        @task
        def one(x):
            return x + 1

        @task
        def two(y):
            return y * 2

        two(one(x))

    g.expand(x=[1, 2])
