"""Jinja and Argo in one text."""

import re
from collections import UserList
from datetime import timedelta

import jinja2
import pendulum
import pytest
from airflow.sdk import DAG

from airflow_argo.decorators.argo import ArgoDecoratedOperator
from airflow_argo.diagnostics import InputError
from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator
from airflow_argo.operators.attempts import TaskTry
from airflow_argo.operators.plain import plain
from airflow_argo.operators.templating import rendered
from airflow_argo.sensors.argo import ArgoWorkflowSensor

WORKFLOW = {"kind": "Workflow", "metadata": {"generateName": "w-"}, "spec": {"entrypoint": "main"}}


def render(text, **context):
    return rendered(
        text, lambda source: jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(source).render(context)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ ds }}", "D"),
        ("{{workflow.name}}-{{ ds }}", "{{workflow.name}}-D"),
        ("{{ inputs.parameters.x }}{{item}}{{item.a}}", "{{ inputs.parameters.x }}{{item}}{{item.a}}"),
        ("{{=asInt(inputs.parameters.n) + 1}}{{ds}}", "{{=asInt(inputs.parameters.n) + 1}}D"),
        ("{{= sprig.trim(\n'x') }}", "{{= sprig.trim(\n'x') }}"),
        ("{{tasks.a.outputs.result}} {{steps.b.id}} {{pod.name}} {{retries}}",) * 2,
        ("{{ task.task_id }}", "T"),  # Airflow's, not Argo's `tasks`
        ("{% for item in [1, 2] %}{{ item }}{% endfor %}", "12"),
        ("{% set node = ds %}{{ node }}", "D"),
        ("{{ workflow_id }}", "W"),
        ("nothing", "nothing"),
    ],
)
def test_rendered(text, expected):
    assert render(text, ds="D", task={"task_id": "T"}, workflow_id="W") == expected


def test_native_results_keep_the_tags_in_their_texts():
    assert rendered("{{item}} x", lambda text: {"a": [text], text: 1}) == {"a": ["{{item}} x"], "{{item}} x": 1}


def test_a_template_that_becomes_a_secret_is_rendered_without_it_and_refused():
    from airflow.sdk.log import mask_secret

    mask_secret("MARKED-SECRET-VALUE")
    task = ArgoSubmitWorkflowOperator(task_id="t", manifest={"env": [{"value": "{{ x }}"}]}, parameters={"word": "{{ y }}"})
    task.render_template_fields({"x": "MARKED-SECRET-VALUE", "y": "plain"})
    assert task.manifest == {"env": [{"value": "***"}]}
    assert task.parameters == {"word": "plain"}
    with pytest.raises(InputError, match=r"task 't' has a template that becomes a secret of Airflow's: '\{\{ x \}\}'"):
        task._submission(None, {})


def test_only_the_manifest_can_be_the_name_of_a_file(tmp_path):
    (tmp_path / "beside.yaml").write_text("of: {{ x }}")
    (tmp_path / "more.yml").write_text("{{workflow.name}}")
    path = {"outputs": [{"path": "/tmp/{{ x }}.json"}]}
    with DAG("d", template_searchpath=str(tmp_path)):
        given = {"a": "s3://bucket/config.json", "b": "beside.yaml"}
        inside = ArgoSubmitWorkflowOperator(task_id="inside", manifest=path, parameters=given)
        beside = ArgoSubmitWorkflowOperator(task_id="beside", manifest="beside.yaml", parameters=given)
        both = ArgoSubmitWorkflowOperator(task_id="both", manifest=["more.yml", "beside.yaml"])
        function = ArgoDecoratedOperator(task_id="function", python_callable=print, op_args=("x.json", "{{ x }}.yaml"))
    for one in (inside, beside, both, function):
        one.render_template_fields({"x": "X"})
    assert inside.manifest == {"outputs": [{"path": "/tmp/X.json"}]}
    assert inside.parameters == beside.parameters == given
    assert beside.manifest == "of: X"
    assert both.manifest == ["{{workflow.name}}", "of: X"]
    assert function.op_args == ("x.json", "X.yaml")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"manifest": 5}, "the manifest is of type int"),
        ({"manifest": [WORKFLOW, {"a"}]}, "the manifest is of type set"),
        ({"manifest": {**WORKFLOW, "spec": {"x": {"a"}}}}, "manifest.spec.x is of type set"),
        ({"parameters": "a=b"}, "parameters is of type str, not a dict; give a dict; a template gives one if"),
        ({"parameters": {"a": [b"x"]}}, "parameters.a[0] is of type bytes"),
        ({"labels": ["a"]}, "labels is of type list, not a dict"),
    ],
)
def test_what_no_manifest_is_made_of_is_said(arguments, said):
    task = ArgoSubmitWorkflowOperator(task_id="t", **{"manifest": WORKFLOW, **arguments})
    with pytest.raises(InputError, match=re.escape(said)):
        task._submission(TaskTry("d", "t", "r", -1, 1), {})


def test_dates_and_sequences_of_all_kinds_are_json():
    day = pendulum.datetime(2026, 1, 2)
    assert plain({"a": day, 1: (day.date(), None), "c": UserList([1.5])}, "x") == {
        "a": "2026-01-02T00:00:00+00:00",
        "1": ["2026-01-02", None],
        "c": [1.5],
    }


def test_a_secret_that_the_author_wrote_himself_is_his():
    task = ArgoSubmitWorkflowOperator(task_id="t", manifest={"a": "of {{ y }}"})
    task.render_template_fields({"y": "plain"})
    assert task._secret == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"logs": "al"}, "task 't' has logs='al'; did you mean 'all'?"),
        ({"on_kill_action": "Stop"}, "did you mean 'stop'?"),
        ({"retry_strategy": "again"}, "use one of: 'resubmit', 'retry'"),
    ],
)
def test_a_word_that_doesnt_exist_is_said_when_the_file_is_read(arguments, said):
    with pytest.raises(InputError) as raised:
        ArgoSubmitWorkflowOperator(task_id="t", manifest={}, **arguments)
    assert said in str(raised.value)


def test_times_are_seconds_or_timedeltas():
    task = ArgoSubmitWorkflowOperator(task_id="t", manifest={}, poll_interval=timedelta(seconds=3), timeout=timedelta(hours=1))
    assert (task.poll_interval, task._seconds()) == (3.0, 3600.0)
    for wrong in (0, "5", timedelta(0), True):
        with pytest.raises(InputError, match="poll_interval"):
            ArgoSubmitWorkflowOperator(task_id="t", manifest={}, poll_interval=wrong)


def test_a_sensor_knows_the_phases():
    with pytest.raises(InputError, match="did you mean 'Succeeded'"):
        ArgoWorkflowSensor(task_id="s", workflow_name="x", success_phases=["succeeded"])
    with pytest.raises(InputError, match="missing='ignore'"):
        ArgoWorkflowSensor(task_id="s", workflow_name="x", missing="ignore")
