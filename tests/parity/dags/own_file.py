"""A DAG file that reads a file beside it, and its own path."""

from importlib import resources
from pathlib import Path

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, task

HERE = Path(__file__).parent
DATA = (HERE / "own_file.data").read_bytes()

with DAG("own_file", schedule=None):

    @task
    def own_name():
        return [Path(__file__).name, (HERE / "own_file.data").read_bytes().hex(), len(DATA)]

    @task
    def read_as_it_runs(name):
        return (HERE / "templates_sql" / f"{name}.sql").read_text()

    @task
    def data(ti=None, conn=None):
        return DATA.hex()

    @task
    def of_a_package():
        return resources.files("templates_sql").joinpath("part.sql").read_text()

    of_a_package()
    own_name() >> data() >> BashOperator(task_id="echo", bash_command=f"echo {DATA.hex()}")
    read_as_it_runs("part")
    BashOperator(task_id="of_path", bash_command=f"wc -c < {HERE}/templates_sql/query.sql")
