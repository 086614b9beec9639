from airflow import DAG
from airflow.operators.subdag_operator import SubDagOperator
from airflow.operators.dummy_operator import DummyOperator
from airflow.utils.dates import days_ago

# refused: AA102 SubDagOperator


def section(parent, child, args):
    sub = DAG(dag_id="%s.%s" % (parent, child), default_args=args, schedule_interval="@daily")
    DummyOperator(task_id="task", dag=sub)
    return sub


args = {"start_date": days_ago(2)}
dag = DAG("subdags", default_args=args, schedule_interval="@once")
SubDagOperator(task_id="section", subdag=section("subdags", "section", args), dag=dag)
