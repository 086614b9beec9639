"""DAG files of Airflow 1.10 and 2 are read by Airflow 3 once they are ported, and do the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from airflow_argo.diagnostics import InputError
from airflow_argo.translator.loading import load_dags, prepare_environment

prepare_environment()

OLD = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash_operator import BashOperator
from airflow.operators.dummy_operator import DummyOperator
from airflow.operators.python_operator import PythonOperator
from airflow.utils.dates import days_ago
from airflow.utils.decorators import apply_defaults
from airflow.sensors.base_sensor_operator import BaseSensorOperator
from airflow.models.baseoperator import BaseOperator


class Own(BaseOperator):
    template_fields = ("text",)

    @apply_defaults
    def __init__(self, text, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.text = text

    def execute(self, context):
        return self.text


def say(**context):
    return context["ds"]


with DAG("old", schedule_interval="@daily", start_date=days_ago(2), concurrency=3, catchup=False, default_view="graph") as dag:
    a = DummyOperator(task_id="a")
    b = BashOperator(task_id="b", bash_command="echo {{ execution_date }} {{ yesterday_ds }} {{ ds }}")
    c = PythonOperator(task_id="c", python_callable=say, provide_context=True)
    a >> b >> c >> Own(task_id="d", text="{{ next_ds }}")
"""


def test_old_dag_is_read_by_airflow_3(port: Any, tmp_path: Path) -> None:
    file = tmp_path / "new.py"
    file.write_text(port(OLD).text)
    (dag,) = load_dags(file)
    assert [task.task_type for task in dag.tasks] == ["EmptyOperator", "BashOperator", "PythonOperator", "Own"]
    assert dag.max_active_tasks == 3
    assert dag.task_dict["b"].bash_command == "echo {{ logical_date }} {{ macros.ds_add(ds, -1) }} {{ ds }}"
    assert dag.task_dict["d"].text == "{{ data_interval_end | ds }}"


def test_what_airflow_3_reads_is_left_alone(port: Any) -> None:
    new = port(OLD).text
    assert port(new).text == new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("f(a, provide_context=True)\n", "f(a)\n"),
        ("f(provide_context=True, a=1)\n", "f(a=1)\n"),
        ("f(provide_context=True)\n", "f()\n"),
        ("f(\n    a,\n    provide_context=True,\n)\n", "f(\n    a,\n    )\n"),
        ("DAG(\n    sla=1,\n    sla_miss_callback=g,\n    a=1, orientation='LR', default_view='graph')\n", "DAG(\n    a=1)\n"),
        ("DAG('d', concurrency=3,\n    max_active_tasks=5)\n", "DAG('d', max_active_tasks=3)\n"),
        (
            "from airflow.utils.weekday import WeekDay\nWeekDay.MONDAY\n",
            "from airflow.providers.standard.utils.weekday import WeekDay\nWeekDay.MONDAY\n",
        ),
        (
            "from airflow.models.taskinstance import Context, TaskInstance\nf(Context, TaskInstance)\n",
            "from airflow.sdk import Context; from airflow.models.taskinstance import TaskInstance\nf(Context, TaskInstance)\n",
        ),
        ("x = 'no {{ params.execution_date }} {{ \"execution_date\" }} execution_date'\n", None),
        ("x = '{{ tomorrow_ds_nodash }}'\n", "x = '{{ logical_date.add(days=1) | ds_nodash }}'\n"),
        ("x = '{{ dag_run.external_trigger }}'\n", "x = '{{ (dag_run.run_type == \"manual\") }}'\n"),
        ('x = """{{ dag_run.external_trigger }}"""\n', 'x = """{{ (dag_run.run_type == \'manual\') }}"""\n'),
        (
            "def f(**kw): return not kw['dag_run'].external_trigger\nOp(python_callable=f)\n",
            "def f(**kw): return not (kw['dag_run'].run_type == \"manual\")\nOp(python_callable=f)\n",
        ),
        ("Op(task_id='a', use_task_execution_date=True)\n", "Op(task_id='a', use_task_logical_date=True)\n"),
        ("Op(task_id='a', use_task_execution_day=x)\n", "Op(task_id='a', use_task_logical_date=x)\n"),
        ("Op(trigger_dag_id='a', execution_date=x)\n", "Op(trigger_dag_id='a', logical_date=x)\n"),
        ("Op(task_id='a', use_dill=True)\n", "Op(task_id='a', serializer=\"dill\")\n"),
        ("Op(task_id='a', use_dill=x)\n", 'Op(task_id=\'a\', serializer="dill" if x else "pickle")\n'),
        (
            "from airflow import Dataset\nfrom airflow.datasets import Dataset as Other\nf(Dataset('a'), Other('b'))\n",
            "from airflow.sdk import Asset as Dataset\nfrom airflow.sdk import Asset as Other\nf(Dataset('a'), Other('b'))\n",
        ),
        (
            "def f(**kw): return f\"{kw['execution_date']:%Y} {kw['ti'].execution_date}\"\nOp(python_callable=f)\n",
            "def f(**kw): return f\"{kw['logical_date']:%Y} {kw['logical_date']}\"\nOp(python_callable=f)\n",
        ),
        (
            "def f(ti, **kw): return f'{ti.execution_date} ' f'{kw[\"next_ds\"]}'\nOp(python_callable=f)\n",
            (
                "def f(ti, **kw): return f'{ti.get_template_context()[\"logical_date\"]} '"
                ' f\'{kw["data_interval_end"].strftime("%Y-%m-%d")}\'\nOp(python_callable=f)\n'
            ),
        ),
        (
            "def f(ti, **kw):\n    kw['ti'].log.info(ti.log)\nOp(python_callable=f)\n",
            "def f(ti, **kw):\n    kw['ti'].task.log.info(ti.task.log)\nOp(python_callable=f)\n",
        ),
        (
            "Variable.set('n', n + 1)\nVariable.set(key='n', value=x)\n",
            "Variable.set('n', str(n + 1))\nVariable.set(key='n', value=str(x))\n",
        ),
        ("Variable.set('n', 'a')\nVariable.set('n', x, serialize_json=True)\nVariable.set('n', str(1))\n", None),
        ("Op(trigger_rule='dummy' if x else 'all_done')\n", "Op(trigger_rule=\"always\" if x else 'all_done')\n"),
        (
            "from airflow.sdk import task as t\n@t\ndef f(execution_date):\n    g()\n",
            "from airflow.sdk import task as t\n@t\ndef f(logical_date):\n    execution_date = logical_date\n    g()\n",
        ),
        (
            "def f():\n    c = get_current_context()\n    return c['execution_date'], c['ti'].execution_date\n",
            'def f():\n    c = get_current_context()\n    return c["logical_date"], c["logical_date"]\n',
        ),
        ("@task.branch(task_concurrency=1)\ndef f(): ...\n", "@task.branch(max_active_tis_per_dag=1)\ndef f(): ...\n"),
        (
            "from airflow.sdk import task as t\n@t(task_concurrency=1)\ndef f(): ...\n",
            "from airflow.sdk import task as t\n@t(max_active_tis_per_dag=1)\ndef f(): ...\n",
        ),
        ("x = {'owner': 'a', 'task_concurrency': 1}\n", "x = {'owner': 'a', \"max_active_tis_per_dag\": 1}\n"),
        ("f(task_concurrency=1)\nx = {'task_concurrency': 1}\n", None),
        (
            "Op(trigger_rule=TriggerRule.NONE_FAILED_OR_SKIPPED)\nx = {'trigger_rule': rules.TriggerRule.DUMMY}\n",
            "Op(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)\nx = {'trigger_rule': rules.TriggerRule.ALWAYS}\n",
        ),
        ("args = {'trigger_rule': 'none_failed_or_skipped'}\n", "args = {'trigger_rule': \"none_failed_min_one_success\"}\n"),
        ("x = '{% if execution_date %}é{% endif %}'\n", "x = '{% if logical_date %}é{% endif %}'\n"),
        (
            (
                "from airflow.operators import bash, python_operator\nfrom airflow.contrib.kubernetes import secret\n"
                "from airflow.utils import helpers\ndef BashOperator(): ...\n"
                "f(bash.BashOperator, python_operator.PythonOperator, secret.Secret, helpers.chain)\n"
            ),
            (
                "from airflow.providers.standard.operators.bash import BashOperator as bash_BashOperator\n"
                "from airflow.providers.cncf.kubernetes.secret import Secret\n"
                "from airflow.providers.standard.operators.python import PythonOperator\n"
                "from airflow.sdk import chain\n"
                "def BashOperator(): ...\nf(bash_BashOperator, PythonOperator, Secret, chain)\n"
            ),
        ),
        (
            "import airflow\nf(airflow.operators.PythonOperator, airflow.sensors.time_delta_sensor.TimeDeltaSensor)\n",
            (
                "from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor\n"
                "from airflow.providers.standard.operators.python import PythonOperator\n"
                "f(PythonOperator, TimeDeltaSensor)\n"
            ),
        ),
        (
            "import datetime\nfrom airflow.utils import timezone\nx = timezone.datetime(2024, 1, 1), datetime.timedelta(1)\n",
            (
                "import datetime\nfrom airflow.sdk.timezone import datetime as timezone_datetime\n"
                "x = timezone_datetime(2024, 1, 1), datetime.timedelta(1)\n"
            ),
        ),
        (
            "from airflow.utils import timezone\nx = timezone.datetime(2024, 1, 1)\n",
            "from airflow.sdk.timezone import datetime\nx = datetime(2024, 1, 1)\n",
        ),
        (
            "from airflow.utils import timezone\nx = timezone.is_localized(timezone.utc)\n",
            (
                "from airflow._shared.timezones.timezone import is_localized\nfrom airflow.sdk.timezone import utc\n"
                "x = is_localized(utc)\n"
            ),
        ),
        (
            "from airflow import configuration as c\nx = c.get('a', 'b'), c.conf.getint('a', 'b'), c.AIRFLOW_HOME\n",
            "from airflow import configuration as c\nx = c.conf.get('a', 'b'), c.conf.getint('a', 'b'), c.AIRFLOW_HOME\n",
        ),
        (
            "from airflow.configuration import AIRFLOW_HOME, get, has_option as has\nx = get('a', 'b'), has, AIRFLOW_HOME\n",
            (
                "from airflow.configuration import AIRFLOW_HOME, conf; get = conf.get; has = conf.has_option\n"
                "x = get('a', 'b'), has, AIRFLOW_HOME\n"
            ),
        ),
    ],
)
def test_edits(old: str, new: str | None, port: Any) -> None:
    assert port(old).text == (old if new is None else new)


PODS = """
from datetime import datetime
from airflow import DAG
from airflow.contrib.operators.kubernetes_pod_operator import KubernetesPodOperator
from airflow.kubernetes.pod import Port, Resources
from airflow.contrib.kubernetes.pod_runtime_info_env import PodRuntimeInfoEnv
from airflow.kubernetes.volume import Volume
from airflow.contrib.kubernetes.volume_mount import VolumeMount

SIZE = {"request_memory": "1Gi", "limit_gpu": 1}


class Own(KubernetesPodOperator):
    def __init__(self, **kwargs):
        super().__init__(image="i", node_selectors={"a": "b"}, **kwargs)


with DAG("pods", start_date=datetime(2020, 1, 1), schedule_interval=None):
    KubernetesPodOperator(
        task_id="a",
        name="a",
        image="i",
        resources=SIZE,
        ports=[Port("http", container_port=80)],
        volumes=[Volume("v", configs={"persistentVolumeClaim": {"claimName": "c"}}), Volume(name="w", configs={})],
        volume_mounts=[VolumeMount("v", "/v", None, True)],
        pod_runtime_info_envs=[PodRuntimeInfoEnv("IP", "status.podIP")],
    )
    Own(task_id="b", name="b", resources=Resources(request_cpu=2))
"""


def test_pods_as_airflow_1_described_them_are_those_that_they_were(port: Any, tmp_path: Path) -> None:
    file = tmp_path / "new.py"
    file.write_text(port(PODS).text)
    (dag,) = load_dags(file)
    task, own = (dag.get_task(task_id) for task_id in "ab")
    assert task.container_resources == {"requests": {"memory": "1Gi"}, "limits": {"nvidia.com/gpu": 1}}
    assert own.node_selector == {"a": "b"}
    assert own.container_resources.requests == {"cpu": 2}
    as_json = client.ApiClient().sanitize_for_serialization
    assert as_json(task.volumes) == [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}, {"name": "w"}]
    assert as_json(task.volume_mounts) == [{"name": "v", "mountPath": "/v", "readOnly": True}]
    assert as_json(task.ports) == [{"name": "http", "containerPort": 80}]
    assert as_json(task.pod_runtime_info_envs) == [{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]


def test_what_is_left_is_told_by_lines_of_the_file_as_it_is(port: Any) -> None:
    imports = "from airflow.operators.python_operator import PythonOperator, BranchPythonOperator, ShortCircuitOperator\n"
    calls = (
        "a = PythonOperator(task_id='a', sla=x)\nb = f'{context[\"prev_ds\"]}', BranchPythonOperator, ShortCircuitOperator\n"
    )
    made = port(imports + "\n\n" + calls)
    assert [line for line, _ in made.left] == [4, 5]
    lines = made.text.splitlines()
    assert ["task_id='a'" in lines[made.new_line(4) - 1], "prev_ds" in lines[made.new_line(5) - 1]] == [True, True]


def test_defaults_that_changed_are_left_to_the_author(port: Any) -> None:
    left = port("from airflow import DAG\n\nwith DAG('d'):\n    pass\n").left
    assert {line for line, what in left if "say catchup" in what} == {3}
    assert {line for line, what in left if "say schedule" in what} == {3}


def test_defaults_of_a_file_for_airflow_3_are_those_of_airflow_3(port: Any) -> None:
    for keep in (True, False):
        made = port("from airflow.sdk import DAG\n\nwith DAG('d'):\n    pass\n", keep_defaults=keep)
        assert made.text == made.old
        assert made.left == ()


@pytest.mark.parametrize(
    ("dag", "said"),
    [
        ("DAG('d')", "DAG('d', catchup=False, schedule=None)"),
        ("DAG('d', default_args={'owner': 'o'})", "DAG('d', default_args={'owner': 'o'}, catchup=False, schedule=None)"),
        ("DAG('d', schedule=None, default_args=args)", "DAG('d', schedule=None, default_args=args, catchup=True)"),
        ("DAG('d', schedule=None, start_date=day)", "DAG('d', schedule=None, start_date=day, catchup=True)"),
    ],
)
def test_what_has_no_start_date_never_ran_by_itself(dag: str, said: str, port: Any) -> None:
    made = port(f"from airflow import DAG\n\nargs = {{'start_date': day}}\n{dag}\n", keep_defaults=True)
    assert made.text.splitlines()[-1] == said


def test_a_schedule_without_a_start_date_is_left_to_the_author(port: Any) -> None:
    made = port("from airflow import DAG\n\nDAG('d', schedule_interval='@daily')\n", keep_defaults=True)
    assert [line for line, what in made.left if "without a start_date by hand only" in what] == [3]


def test_a_moved_imports_line_is_that_of_the_file_as_it_is(port: Any) -> None:
    made = port("from airflow import DAG\nfrom airflow.contrib.hooks.ssh_hook import SSHHook\n\nDAG('d')\nSSHHook()\n")
    lines = made.text.splitlines()
    (new,) = [number for number, line in enumerate(lines, 1) if "import SSHHook" in line]
    assert new == 1
    assert made.old_line(new) == 2


DATABASES = """
from airflow.operators.mysql_operator import MySqlOperator as Query
from airflow.providers.postgres.operators.postgres import PostgresOperator
from airflow.providers.snowflake.operators.snowflake import SnowflakeOperator

PostgresOperator(task_id="a", postgres_conn_id="p", sql="select '{{ ds }}'")
PostgresOperator.partial(task_id="b").expand(sql=["select 1"])
Query(task_id="c", sql="select 1")
SnowflakeOperator(task_id="d", sql="select 1", snowflake_conn_id="s", warehouse="w", role="r")
"""


def test_operators_of_databases_become_the_one_of_sql(port: Any) -> None:
    text = port(DATABASES).text
    assert text.splitlines()[-4:] == [
        """PostgresOperator(task_id="a", conn_id="p", sql="select '{{ ds }}'")""",
        'PostgresOperator.partial(conn_id="postgres_default", task_id="b").expand(sql=["select 1"])',
        'Query(conn_id="mysql_default", task_id="c", sql="select 1")',
        'SnowflakeOperator(hook_params={"warehouse": "w", "role": "r"}, task_id="d", sql="select 1", conn_id="s")',
    ]
    exec(text, {"__name__": "ported"})  # Airflow takes all of it


def test_a_databases_connection_among_default_args_is_left_to_the_author(port: Any) -> None:
    old = "from airflow.operators.mysql_operator import MySqlOperator\nd = {\n    'mysql_conn_id': 'm'}\n"
    made = port(f"{old}MySqlOperator(sql='x')\n")
    assert "conn_id=" not in made.text
    assert (3, "SQLExecuteQueryOperator has no mysql_conn_id: give it conn_id") in made.left


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "Op(python_callable=lambda execution_date, **_: str(execution_date))",
            "Op(python_callable=lambda logical_date, **_: str(logical_date))",
        ),
        (
            "Op(python_callable=lambda next_ds: [next_ds])",
            'Op(python_callable=lambda data_interval_end: [data_interval_end.strftime("%Y-%m-%d")])',
        ),
        (
            "Op(on_failure_callback=lambda context: context['next_ds'])",
            'Op(on_failure_callback=lambda context: context["data_interval_end"].strftime("%Y-%m-%d"))',
        ),
        (
            "def f(execution_date, yesterday_ds, ds): return yesterday_ds\nOp(python_callable=f)",
            (
                "def f(logical_date, ds): execution_date = logical_date; "
                'yesterday_ds = logical_date.subtract(days=1).strftime("%Y-%m-%d"); return yesterday_ds\nOp(python_callable=f)'
            ),
        ),
        (
            "def f(ds, *, next_ds=None, data_interval_end, **k): return next_ds\nOp(python_callable=f)",
            (
                'def f(ds, *, data_interval_end, **k): next_ds = data_interval_end.strftime("%Y-%m-%d"); '
                "return next_ds\nOp(python_callable=f)"
            ),
        ),
        (
            "args = {'on_failure_callback': told}\ndef told(c, execution_date=None): pass",
            "args = {'on_failure_callback': told}\ndef told(c, logical_date=None): execution_date = logical_date; pass",
        ),
        ("def helper(context): return context['execution_date']", 'def helper(context): return context["logical_date"]'),
        ("def helper(**kwargs): return kwargs['execution_date']", 'def helper(**kwargs): return kwargs["logical_date"]'),
        ("def helper(execution_date, **kwargs): return execution_date\nhelper(day)", None),
        ("def f(execution_date): return execution_date\nf(1)", None),
    ],
)
def test_what_functions_get_of_the_context(old: str, new: str | None, port: Any) -> None:
    made = port(f"{old}\n").text
    assert made == (f"{old}\n" if new is None else f"{new}\n")


@pytest.mark.parametrize(
    ("text", "is_said"),
    [
        ("key = 'log/{execution_date.year}/x.json'", True),
        ("key = 'log/{prev_ds}'", True),
        ("key = 'log/{execution_date}'.format(execution_date=1)", False),
        ("key = 'log/{ds}/{{ execution_date }}'", False),
        ("key = f'log/{execution_date}'", False),
    ],
)
def test_fields_that_the_context_may_fill_are_left_to_the_author(text: str, is_said: bool, port: Any) -> None:
    said = [what for _, what in port(f"execution_date = 1\n{text}\n").left if "filled from the context" in what]
    assert len(said) == is_said


def test_files_that_silence_ruff_are_ported(port: Any) -> None:
    text = "# ruff: noqa\nfrom airflow.datasets import Dataset\n\nDataset('x')\n"
    assert "from airflow.sdk import Asset" in port(text).text


def test_no_python_is_an_error_with_its_line(port: Any) -> None:
    with pytest.raises(InputError, match=r"dag\.py:2.*Python can't read it"):
        port("x = 1\ny = (\n")
