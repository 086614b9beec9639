from airflow.sdk import BaseOperator


class Shout(BaseOperator):
    def __init__(self, text, **kwargs):
        super().__init__(**kwargs)
        self.text = text

    def execute(self, context):
        return self.text.upper()
