"""A DAG in a sub-folder that imports a package of the DAGs folder, and a module beside itself."""
from datetime import datetime

from airflow.sdk import DAG, task
from common import names
from common.names import named
from local_helper import ANSWER

# ends: p_one=success two=success
with DAG("uses_common", start_date=datetime(2024, 1, 1), schedule=None):

    @task(task_id=named("one"))
    def one():
        return named("x"), ANSWER

    @task
    def two():
        import common.prefixes

        return names.named("y") + common.prefixes.PREFIX

    one() >> two()
