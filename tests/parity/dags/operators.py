"""Operators without a translation of their own: they run themselves."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.datetime import BranchDateTimeOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.latest_only import LatestOnlyOperator
from airflow.providers.standard.operators.python import PythonOperator, ShortCircuitOperator
from airflow.providers.standard.operators.weekday import BranchDayOfWeekOperator
from airflow.providers.standard.sensors.bash import BashSensor
from airflow.providers.standard.sensors.date_time import DateTimeSensor
from airflow.providers.standard.sensors.python import PythonSensor
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import DAG, BaseOperator, BaseSensorOperator, get_current_context, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

UTC = timezone.utc
START = datetime(2024, 1, 1, tzinfo=UTC)
NOW = timedelta(0)


class Shout(BaseOperator):
    template_fields = ("text", "more")

    def __init__(self, text, more=None, **kwargs):
        super().__init__(**kwargs)
        self.text, self.more = text, more

    def execute(self, context):
        context["ti"].xcom_push("when", context["data_interval_end"])
        context["ti"].xcom_push("facts", {"day": context["ds"], "pair": (1, {2})})
        return f"{self.text}!"


class Fails(BaseOperator):
    def __init__(self, kind, **kwargs):
        super().__init__(**kwargs)
        self.kind = kind

    def execute(self, context):
        if self.kind == "exit":
            raise SystemExit(3)
        if self.kind == "sleep":
            import time

            time.sleep(60)
        raise {"skip": AirflowSkipException, "final": AirflowFailException, "error": AirflowException}[self.kind](self.kind)


class Waits(BaseOperator):
    def execute(self, context):
        self.defer(trigger=DateTimeTrigger(moment=START), method_name="resumed")

    def resumed(self, context, event):
        return "resumed"


class Second(BaseSensorOperator):
    """True at its second poke."""

    pokes = 0

    def poke(self, context):
        Second.pokes += 1
        return Second.pokes > 1


def told(context):
    context["ti"].xcom_push("told", context["ti"].task_id)


with DAG("own_operators", start_date=START, schedule=None, params={"n": 2}, user_defined_macros={"twice": lambda x: x * 2}):
    first = Shout(task_id="first", text="{{ twice(ds) }} {{ params.n }}")
    second = Shout(task_id="second", text="{{ ti.xcom_pull('first') }}", more=first.output)
    third = Shout(
        task_id="third", text="{% for x in range(params.n) %}{{ ti.xcom_pull('first', key='facts').day }}{% endfor %}"
    )
    first >> second >> third
    Shout.partial(task_id="mapped").expand(text=["a", "b"]) >> EmptyOperator(task_id="after")
    Shout.partial(task_id="product", text="x").expand(more=[timedelta(1), {"set"}, [1]])
    Shout.partial(task_id="over").expand(text=task(lambda: ["p", "q", "r"], task_id="list")())

    @task
    def reads(values):
        return [*values]

    @task
    def makes_a_row():
        from airflow.models.connection import Connection

        return Connection(conn_id="made", uri="http://user@host:80/path").get_uri()

    makes_a_row()
    reads(Shout.partial(task_id="shouts").expand_kwargs([{"text": "1"}, {"text": "2", "more": 1}]).output)

with DAG("own_failures", start_date=START, schedule=None, default_args={"retry_delay": NOW}):
    for kind in ("skip", "final", "error", "exit"):
        Fails(task_id=kind, kind=kind, retries=1) >> EmptyOperator(task_id=f"after_{kind}", trigger_rule="all_done")
    Fails(task_id="sleep", kind="sleep", execution_timeout=timedelta(seconds=1)) >> EmptyOperator(task_id="after_sleep")

with DAG("deciders", start_date=START, schedule=None):
    latest = LatestOnlyOperator(task_id="latest") >> EmptyOperator(task_id="newest")
    for name, day in (("monday", "Monday"), ("tuesday", {"Tuesday", "Wednesday"})):
        chooses = BranchDayOfWeekOperator(
            task_id=name,
            week_day=day,
            use_task_logical_date=True,
            follow_task_ids_if_true=f"{name}_yes",
            follow_task_ids_if_false=f"{name}_no",
        )
        join = EmptyOperator(task_id=f"{name}_join", trigger_rule="none_failed_min_one_success")
        chooses >> [EmptyOperator(task_id=f"{name}_yes"), EmptyOperator(task_id=f"{name}_no")] >> join
    between = BranchDateTimeOperator(
        task_id="between",
        use_task_logical_date=True,
        target_lower=datetime(2024, 5, 1, tzinfo=UTC),
        target_upper=datetime(2024, 5, 7, tzinfo=UTC),
        follow_task_ids_if_true=["in"],
        follow_task_ids_if_false=["out"],
    )
    between >> [EmptyOperator(task_id="in"), EmptyOperator(task_id="out")]
    for name, answer in (("go", True), ("stop", False)):
        short = ShortCircuitOperator(
            task_id=name, python_callable=lambda answer: answer, op_args=[answer], on_success_callback=told
        )
        short >> EmptyOperator(task_id=f"{name}_next") >> EmptyOperator(task_id=f"{name}_end", trigger_rule="all_done")

with DAG("sensors", start_date=START, schedule=None, default_args={"retry_delay": NOW}):
    DateTimeSensor(task_id="past", target_time="{{ logical_date }}") >> EmptyOperator(task_id="later")
    PythonSensor(task_id="rescheduled", python_callable=lambda: True, mode="reschedule")
    Second(task_id="twice", poke_interval=0.1)
    Second(task_id="twice_rescheduled", poke_interval=0.1, mode="reschedule")
    never = {"python_callable": lambda: False, "poke_interval": 0.2, "timeout": 0.5}
    PythonSensor(task_id="never", retries=2, **never) >> EmptyOperator(task_id="after_never")
    PythonSensor(task_id="soft", soft_fail=True, **never) >> EmptyOperator(task_id="after_soft")
    PythonSensor(task_id="late", mode="reschedule", **never)
    BashSensor(task_id="bash", bash_command="exit 0")

    @task.sensor(poke_interval=0.1, timeout=5)
    def by_function():
        from airflow.sdk import PokeReturnValue

        return PokeReturnValue(is_done=True, xcom_value={"found": 1})

    @task
    def use(value):
        return value["found"]

    use(by_function())

with DAG("deferrables", start_date=START, schedule=None):
    Waits(task_id="waits") >> Shout(task_id="resumed", text="{{ ti.xcom_pull('waits') }}")

with DAG("external", start_date=START, schedule=None):

    @task.branch_external_python(python=sys.executable)
    def choose():
        return ["chosen"]

    choose() >> [EmptyOperator(task_id="chosen"), EmptyOperator(task_id="other")]

with DAG("hooks", start_date=START, schedule=None, default_args={"retry_delay": NOW}):
    BashOperator(task_id="happy", bash_command="echo yes", on_success_callback=told, on_execute_callback=told)
    BashOperator(task_id="sad", bash_command="exit 1", retries=1, on_failure_callback=told, on_retry_callback=told)
    BashOperator(task_id="skips", bash_command="exit 99", on_skipped_callback=told)
    EmptyOperator(task_id="empty", on_success_callback=told)

    @task.run_if(lambda context: False)
    @task
    def not_run():
        return 1

    @task.skip_if(lambda context: False)
    @task
    def run():
        return 2

    not_run() >> EmptyOperator(task_id="after_not_run")
    run() >> EmptyOperator(task_id="after_run")

with DAG("contexts", start_date=START, schedule=None):

    @task
    def current():
        return str(get_current_context()["logical_date"])

    @task
    def dates(logical_date=None, data_interval_start=None, dag=None):
        return [logical_date.to_date_string(), data_interval_start.isoformat(), dag.dag_id]

    @task(templates_dict={"day": "{{ ds_nodash }}"})
    def texts(templates_dict=None):
        return [templates_dict["day"]]

    current() >> dates() >> texts()
    PythonOperator(task_id="unusual", python_callable=lambda x: [x], op_args=["{{ params.get('x', [1]) }}"])
