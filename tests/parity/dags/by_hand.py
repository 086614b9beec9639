"""What authors do by hand that Airflow's operators do for them: skip others, read an XCom."""

from __future__ import annotations

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, BaseOperator, task
from airflow.sdk.exceptions import DownstreamTasksSkipped


def empty(task_id, rule="all_success"):
    return EmptyOperator(task_id=task_id, trigger_rule=rule)


class Reads(BaseOperator):
    """Reads XComs that aren't in its template fields, so that Airflow neither resolves them nor draws edges."""

    def __init__(self, rows, more, **kwargs):
        super().__init__(**kwargs)
        self.rows, self.more = rows, more

    def execute(self, context):
        return [self.rows.resolve(context), self.more["part"].resolve(context)]


with DAG("skips_by_hand", schedule=None):

    @task
    def skips(ids):
        raise DownstreamTasksSkipped(tasks=ids)

    @task
    def goes_on():
        return 1

    one = skips(["one_a", "one_c"])
    one >> [empty("one_a"), empty("one_b") >> empty("one_c"), empty("one_d", "all_done")]
    skips.override(task_id="word")("word_a") >> [empty("word_a"), empty("word_b")]
    goes_on() >> empty("after")

with DAG("reads_by_hand", schedule=None):

    @task
    def rows():
        return [1, 2]

    @task(multiple_outputs=True)
    def parts():
        return {"first": "a", "second": "b"}

    given, named = rows(), parts()
    [given, named] >> Reads(task_id="reads", rows=given, more={"part": named["second"]})
