"""Jinja and Argo in one text."""

import jinja2
import pytest

from airflow_argo.operators.templating import rendered


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
