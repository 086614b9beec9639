from airflow.sdk import BaseOperator


class Greet(BaseOperator):
    template_fields = ("whom",)

    def __init__(self, whom, **kwargs):
        super().__init__(**kwargs)
        self.whom = whom

    def execute(self, context):
        assert self.whom == context["ds"]
        return f"hello {self.whom}"
