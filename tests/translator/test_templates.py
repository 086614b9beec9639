"""Templates rendered by Airflow, and as values of the model put together in a pod, are the same to the byte."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from airflow_argo.argo.expr import evaluate
from airflow_argo.compiler.calls import Leaves, node_of
from airflow_argo.compiler.expressions import text_of
from airflow_argo.compiler.scope import Scope
from airflow_argo.model.values import Output
from airflow_argo.pod.nodes import Nodes
from airflow_argo.pod.run import Run
from airflow_argo.pod.values import encoded
from airflow_argo.translator.context import DagContext, TaskContext
from airflow_argo.translator.known_templates import is_itself
from airflow_argo.translator.loading import load_dags, prepare_environment
from airflow_argo.translator.outside import Outside
from airflow_argo.translator.params import params_of
from airflow_argo.translator.templates import DATES as NAMES_OF_DATES
from airflow_argo.translator.templates import NotConvertible

prepare_environment()

DAG_FILE = """
from datetime import datetime
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator

with DAG(
    "templates",
    start_date=datetime(2024, 1, 1),
    schedule=None,
    params={"word": "ab", "number": 3, "real": 2.0, "yes": True, "items": [1, "b"], "map": {"k": "v"}, "nothing": None},
    user_defined_macros={"own": "macro", "twice": lambda x: x * 2},
    user_defined_filters={"shout": str.upper, "ts_nodash": str},
):
    BashOperator(task_id="one", bash_command="echo") >> BashOperator(task_id="other-one", bash_command="echo") >> BashOperator(
        task_id="reads", bash_command="echo"
    )
"""
PUSHED = {
    ("one", "return_value"): {"text": "té\"'{{x}}", "list": [1, 2.0, None, True], "zero": 0, "n": {"m": "deep"}},
    ("one", "key"): "pushed",
    ("other-one", "return_value"): "plain text\nof two lines",
}
CONF = {"given": "conf", "n": 7, "o": {"p": [1, 2]}}

# fmt: off
PLAIN = ["", "no template", "a { b", "{% raw %}{{ ds }}{% endraw %}", "{# gone #}x", "trailing newline\n", "two\n\n",
         "{{ 1 + 1 }}", "{{ 'a' ~ 'b' }}", "{{ [1, 2] | length }}", "{{ own }}", "{{ twice('x') }}", "{{ 'x' | shout }}",
         "{{ dag.dag_id }}",
         "{{ task.task_id }}", "{{ dag.dag_id | upper }}", "{{ none }}", "{{ true }}", "a\tb", "é{{ 'ü' }}"]
NAMES = ["ds", "ds_nodash", "ts", "ts_nodash", "ts_nodash_with_tz", "logical_date", "data_interval_start", "data_interval_end",
         "run_id", "dag_run.run_id", "dag_run.logical_date", "dag_run.run_type", "dag_run.conf", "try_number", "ti.task_id",
         "task_instance.dag_id", "ti.try_number", "ti.run_id", "ti.map_index", "task_instance_key_str",
         "macros.random is defined",
         "params", "dag", "task", "test_mode", "inlets", "outlets", "dag_run.dag_id", "dag_run.queued_at", "prev_ds"]
STRFTIME = ("%Y", "%y/%m/%d", "%H:%M:%S", "%j", "%A %B", "%a %b", "%Y-W%V", "%%", "%s", "%-d", "%p %I", "%f", "%z", "%Z")
DATES = [
    *(f"logical_date | {spelling}" for spelling in ("ds", "ds_nodash", "ts", "ts_nodash")),
    *(f"data_interval_end | {spelling}" for spelling in ("ds", "ts")),
    "logical_date | ts_nodash_with_tz",
    *(f"{name}.isoformat()" for name in ("logical_date", "data_interval_start", "dag_run.logical_date")),
    "logical_date.to_date_string()",
    "logical_date.to_datetime_string()",
    "logical_date.to_iso8601_string()",
    *(f"logical_date.strftime('{form}')" for form in STRFTIME),
    *(f"logical_date.{part}" for part in ("year", "month", "day", "hour", "minute", "weekday()", "day_of_week", "timestamp()")),
    "logical_date.int_timestamp",
    "logical_date.add(days=1)",
    "logical_date.add(days=1, hours=2).strftime('%Y%m%d%H')",
    "logical_date.subtract(weeks=1) | ds",
    "logical_date.subtract(days=35) | ds_nodash",
    "logical_date.add(months=1) | ds",
    "logical_date.in_timezone('Europe/Berlin') | ts",
    "logical_date.start_of('month') | ds",
    "(logical_date - macros.timedelta(days=1)).strftime('%Y-%m-%d')",
    "(logical_date + macros.timedelta(hours=25)) | ts",
    "(logical_date - macros.timedelta(7)).isoformat()",
    "logical_date - macros.timedelta(days=1)",
    "(data_interval_end - data_interval_start).total_seconds()",
    *(f"macros.ds_add(ds, {days})" for days in (-400, -31, -1, 0, 1, 29, 366)),
    "macros.ds_format(ds, '%Y-%m-%d', '%d.%m.%y')",
    "macros.ds_format(macros.ds_add(ds, 5), '%Y-%m-%d', '%m')",
    "macros.datetime(2020, 1, 2)",
    "macros.dateutil.parser.parse(ds)",
    "macros.datetime_diff_for_humans(logical_date, logical_date)",
    "macros.uuid is defined",
    "ds | replace('-', '/')",
    "ds[:4]",
    "ds.split('-')[0]",
    "ds ~ '-' ~ ds_nodash",
    "ds == '2024-05-06'",
    "ds if true else ts",
    "ds | upper",
    "(ds | length) + 1",
]
PARAMS = [
    *(f"params.{name}" for name in ("word", "number", "real", "yes", "items", "map", "nothing")),
    *(f"params['{name}']" for name in ("word", "number", "items")),
    "params.items[1]", "params['items'][0]", "params.map.k", "params['map']['k']", "params.get('word')", "params.word | upper",
    "params.word ~ params.number", "params.number + 1", "params.number * params.real", "params.items | join(',')",
    "params.items | tojson", "params.map | tojson", "'x' if params.yes else 'y'", "params.word | default('d')",
    "dag_run.conf['given']", "dag_run.conf.given", "dag_run.conf.get('given')", "dag_run.conf.get('absent', 'd')",
    "dag_run.conf.get('absent')", "dag_run.conf['o']['p'][1]", "dag_run.conf.o.p", "dag_run.conf['n'] + 1",
    "dag_run.conf | length",
]
XCOMS = [
    "ti.xcom_pull('one')", "ti.xcom_pull(task_ids='one')", "task_instance.xcom_pull(task_ids='one', key='key')",
    "ti.xcom_pull('one', key='key')", "ti.xcom_pull(task_ids='one')['text']", "ti.xcom_pull(task_ids='one').text",
    "ti.xcom_pull(task_ids='one')['list']", "ti.xcom_pull(task_ids='one')['list'][1]", "ti.xcom_pull(task_ids='one')['n']['m']",
    "ti.xcom_pull('one')['zero']", "ti.xcom_pull(task_ids='other-one')", "ti.xcom_pull(task_ids=['one'])",
    "ti.xcom_pull(task_ids=['one', 'other-one'])", "ti.xcom_pull(task_ids='one') | tojson", "ti.xcom_pull('one').list | length",
    "ti.xcom_pull(task_ids='one', key='absent')", "ti.xcom_pull(task_ids='one', key='absent', default='d')",
    "ti.xcom_pull(task_ids='other-one') | upper", "ti.xcom_pull(task_ids='other-one').split()[0]",
    "ti.xcom_pull(dag_id='templates', task_ids='one', key='key')", "ti.xcom_pull(task_ids='one', key='return_value')['n']",
]
LONGER = [
    "echo {{ ds }} {{ params.word }} {{ ti.xcom_pull('one', key='key') }}",
    "{{ ds }}{{ ds }}", " {{ ds }} ", "{{ ds }}\n", "{{- ds -}}", "a {{- ds -}} b", "{{ ds }} {# note #} {{ ts }}",
    "{{ '{{' }}{{ ds }}",
    "s3://bucket/{{ logical_date.strftime('%Y/%m/%d') }}/{{ params.word }}.csv", "$HOME ${X} $(date) `x` {{ ds }} \\ \" '",
    "{% if params.yes %}{{ ds }}{% else %}no{% endif %}", "{% for i in range(3) %}{{ i }}-{{ ds }} {% endfor %}",
    "{% set x = ds %}{{ x }}", "{% for i in params.items %}{{ i }}{% endfor %}", "{{ ds }}{% raw %}{{ no }}{% endraw %}",
    "SELECT * FROM t WHERE d = '{{ ds }}' AND n > {{ params.number }}", "{{ dag.dag_id }}/{{ ds }}", "{{ own }}{{ ds }}",
    "{{ twice(ds) }}", "{{ ds | shout }}", "{{ macros.ds_add(ds, params.number) }}", "{{ var.value.get('absent', 'x') }}",
    "%Y {{ ds }} %%", "{{ ds }}é✓\u2028",
]
# fmt: on
EXPRESSIONS = [*NAMES, *DATES, *PARAMS, *XCOMS]
TEMPLATES = [
    *PLAIN,
    *LONGER,
    *("{{ " + text + " }}" for text in EXPRESSIONS),
    *("<{{ " + text + " }}>" for text in EXPRESSIONS[::4]),
]

MUST_BE_NATIVE = [
    f"{{{{ {name} }}}}" for name in ("ds", "ts", "run_id", "params.word", "macros.ds_add(ds, 1)", "logical_date | ds")
]
"""If these needed Airflow, most bash tasks would."""


@pytest.fixture(scope="module")
def dag(tmp_path_factory: pytest.TempPathFactory) -> Any:
    file = tmp_path_factory.mktemp("dags") / "templates.py"
    file.write_text(DAG_FILE)
    return load_dags(file)[0]


@pytest.fixture(scope="module")
def context(dag: Any) -> TaskContext:
    from airflow_argo.settings import load_settings
    from airflow_argo.translator.origins import origins_in

    path = Path(dag.fileloc)
    dag_context = DagContext(
        dag=dag,
        path=str(path),
        settings=load_settings(path),
        origins=origins_in(str(path), dag.dag_id, {}),
        params=params_of(dag),
        environment=dag.get_template_env(),
        ancestors={"reads": frozenset({"one", "other-one"})},
        pushes={"one": None, "other-one": None},
        outside=Outside(frozenset(dag.task_dict)),
    )
    return TaskContext(dag_context, dag.task_dict["reads"])


@pytest.fixture(scope="module", params=["2024-05-06T09:08:09+02:00", "2024-05-06T09:08:09.120+02:00"])
def run(context: TaskContext, request: pytest.FixtureRequest) -> Run:
    """The run of which a pod is told; one that somebody starts in Airflow has parts of a second."""
    inputs = [
        {"name": "logical_date", "value": request.param},
        {"name": "run_id", "value": ""},
        {"name": "conf", "value": json.dumps(CONF)},
    ]
    for spec in context.dag_context.params.inputs:
        assert spec.default is not None
        value = spec.default.value
        inputs.append(
            {"name": spec.name, "value": value if isinstance(value, str) and spec.type == "text" else json.dumps(value)}
        )
    facts = {"name": "wf", "created": "2024-05-06T07:08:09Z", "parameters": json.dumps(inputs)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_ARGO_RUN", base64.b64encode(json.dumps(facts).encode()).decode())
        return Run()


@pytest.fixture(scope="module")
def airflows(dag: Any, run: Run) -> Any:
    """Airflow's own rendering: its context, with the XComs as a supervisor would give them."""
    from airflow.sdk.execution_time import task_runner

    from airflow_argo.pod.airflow_task.supervisor import Supervisor
    from airflow_argo.pod.airflow_task.task import _instance, _server_context, use_plugins
    from airflow_argo.pod.xcoms import Xcoms

    use_plugins()
    xcoms: dict[str, dict[str, Any]] = {}
    for (task_id, key), value in PUSHED.items():
        xcoms.setdefault(task_id, {})[key] = value
    own = {"task_id": "reads", "dag_id": "templates", "run_id": run.id}
    supervisor = Supervisor(own, Xcoms({"xcoms": xcoms}, lambda value: value), {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task_runner, "SUPERVISOR_COMMS", supervisor, raising=False)
        task = dag.task_dict["reads"]
        found = _instance(task, run, supervisor, _server_context(task, run, {})).get_template_context()
        yield lambda text: task.render_template(text, found, dag.get_template_env())


def as_value(text: str, context: TaskContext) -> Any:
    return context._reader.read(text)


@pytest.mark.parametrize("text", dict.fromkeys(TEMPLATES))
def test_template_is_rendered_as_by_airflow_or_left_to_it(text: str, context: TaskContext, run: Run, airflows: Any) -> None:
    try:
        value = as_value(text, context)
    except NotConvertible:
        return
    leaves = Leaves()
    node = node_of(value, leaves)
    values = [encoded(PUSHED.get((leaf.step, leaf.name))) for leaf in leaves.values if isinstance(leaf, Output)]
    made = Nodes(run, values, "").value(node)
    assert str(made) == str(airflows(text))


SHIFTED = [
    f"(logical_date {by}) | ts" for by in ("+ macros.timedelta(milliseconds=500)", "- macros.timedelta(days=1, seconds=0.25)")
]


@pytest.mark.parametrize("name", [*NAMES_OF_DATES, "run_id", *SHIFTED])
def test_argo_writes_dates_as_airflow_does(name: str, context: TaskContext, run: Run, airflows: Any) -> None:
    text = f"{{{{ {name} }}}}"
    code = text_of(as_value(text, context), Scope({}, {}))
    known = {f"workflow.parameters.{parameter}": value for parameter, value in run.parameters.items()}
    assert evaluate(code, {**known, "workflow.creationTimestamp.RFC3339": run.created}) == airflows(text)


def test_common_templates_need_no_airflow(context: TaskContext) -> None:
    for text in MUST_BE_NATIVE:
        as_value(text, context)


def test_most_templates_need_no_airflow(context: TaskContext) -> None:
    def is_native(text: str) -> bool:
        try:
            as_value(text, context)
        except NotConvertible:
            return False
        return True

    assert len(set(TEMPLATES)) >= 150
    assert sum(map(is_native, set(TEMPLATES))) >= 100


OPTIONS: list[dict[str, Any]] = [
    {},
    {"variable_start_string": "$"},
    {"line_statement_prefix": "#"},
    {"comment_start_string": "-"},
]


@given(st.text(st.sampled_from("a{}%#\n\r -$<\u2028\v\f\u00e9"), max_size=8), st.sampled_from(OPTIONS))
def test_what_is_taken_for_text_is_text(text: str, options: dict[str, Any]) -> None:
    environment = Environment(**options)
    if is_itself(text, environment):
        assert environment.from_string(text).render() == text
