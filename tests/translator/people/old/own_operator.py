from airflow.models import BaseOperator
from airflow.utils.decorators import apply_defaults
from airflow import DAG
from airflow.utils.dates import days_ago

# ends: hello=success


class HelloOperator(BaseOperator):
    template_fields = ["name"]
    ui_color = "#fff"

    @apply_defaults
    def __init__(self, name, *args, **kwargs):
        super(HelloOperator, self).__init__(*args, **kwargs)
        self.name = name

    def execute(self, context):
        message = "Hello {} on {}".format(self.name, context["execution_date"].strftime("%Y"))
        self.log.info(message)
        return message


with DAG("own_operator", start_date=days_ago(1), schedule_interval=None) as dag:
    HelloOperator(task_id="hello", name="{{ dag.dag_id }} {{ next_ds }}")
