"""Old style with a loop over a module constant and bitshift lists."""
from airflow import DAG
from airflow.operators.bash_operator import BashOperator
import datetime as dt

# ends: build_eu=success build_us=success test_eu=success test_us=success deploy=success
REGIONS = ("eu", "us")
dag = DAG("docker_like", start_date=dt.datetime(2020, 5, 1), schedule_interval="30 2 * * 1-5", max_active_runs=1, catchup=False)
deploy = BashOperator(task_id="deploy", bash_command="echo deploy", retries=2, retry_delay=dt.timedelta(seconds=1), dag=dag)
for region in REGIONS:
    build = BashOperator(task_id="build_{}".format(region), bash_command="echo build {}".format(region), dag=dag)
    test = BashOperator(task_id="test_{}".format(region), bash_command="echo test", env={"REGION": region}, dag=dag)
    build >> test >> deploy
