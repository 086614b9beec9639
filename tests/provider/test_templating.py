"""Jinja and Argo in one text."""

import jinja2
import pytest

from airflow_argo.diagnostics import InputError
from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator
from airflow_argo.operators.templating import rendered
from airflow_argo.sensors.argo import ArgoWorkflowSensor


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


def test_a_sensor_knows_the_phases():
    with pytest.raises(InputError, match="did you mean 'Succeeded'"):
        ArgoWorkflowSensor(task_id="s", workflow_name="x", success_phases=["succeeded"])
    with pytest.raises(InputError, match="missing='ignore'"):
        ArgoWorkflowSensor(task_id="s", workflow_name="x", missing="ignore")
