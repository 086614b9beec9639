from datetime import datetime
from airflow.sdk import DAG, BaseOperator

# ends: shout=success


class ShoutOperator(BaseOperator):
    template_fields = ("text",)

    def __init__(self, *, text: str, **kwargs) -> None:
        super().__init__(**kwargs)
        self.text = text

    def execute(self, context):
        return self.text.upper()


with DAG("own_class", start_date=datetime(2024, 1, 1), schedule=None):
    ShoutOperator(task_id="shout", text="{{ ds }} hi")
