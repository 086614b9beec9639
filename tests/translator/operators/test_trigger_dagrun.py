"""TriggerDagRunOperator: the manifest, and runs of both DAGs on the embedded engine."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.comparison.ends import differences
from airflow_argo.comparison.on_argo import ended_of
from airflow_argo.compiler.objects import Compiled, compile_workflow
from airflow_argo.lint import lint
from airflow_argo.runners.local import LocalRunner
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from airflow_argo.translator.translation import Translation
from tests.accepted import accept

prepare_environment()

HEAD = """
from datetime import datetime, timedelta, timezone
from airflow.sdk import DAG, Param, task
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator as Trigger

with DAG("the.child", schedule=None, params={"n": 1, "s": "x", "any": Param(None, type=["null", "string"])}):
    @task
    def show(params, dag_run, ds):
        if params["s"] == "bad":
            raise ValueError
        return {"params": dict(params), "conf": dag_run.conf, "run_id": dag_run.run_id, "ds": ds}
    show()

with DAG("parent", schedule=None):
"""
DATE = "2024-05-06T03:00:00+00:00"
NAME = "the-child"


@pytest.fixture
def translated(tmp_path: Path) -> Any:
    def made(body: str, params: str = "") -> dict[str, Translation]:
        file = tmp_path / "dag.py"
        file.write_text(
            HEAD.replace("params={", "params={" + params)
            + "\n".join("    " + line for line in body.strip().splitlines())
            + "\n"
        )
        return {dag.dag_id: translate(dag) for dag in load_dags(file)}

    return made


def compiled(translations: dict[str, Translation]) -> tuple[Compiled, Compiled]:
    parent, child = (compile_workflow(translations[name].required()) for name in ("parent", "the.child"))
    for manifest in (accept(parent.manifest()), accept(child.template())):
        assert lint(manifest) == []
    return parent, child


def run(translations: dict[str, Translation], tmp_path: Path) -> Any:
    parent, child = compiled(translations)
    runner = LocalRunner(folder=tmp_path / "runs")
    return runner.run([parent.manifest(), child.template()], parameters={"logical_date": DATE}, on_progress=lambda _: None)


def codes(translation: Translation) -> list[str]:
    return [finding.code for finding in translation.diagnostics]


def template(parent: Compiled, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in parent.spec["templates"] if one["name"] == name)
    return found


def told(run: Any) -> list[dict[str, Any]]:
    """What the tasks of the created runs returned."""
    statuses = [json.loads(path.read_text()) for path in Path(run.folder).glob("workflows/*/status.json")]
    from airflow_argo.pod.values import decoded

    found = []
    for status in statuses:
        for node in status["nodes"].values():
            for parameter in (node.get("outputs") or {}).get("parameters") or []:
                outcome = json.loads(parameter["value"]) if parameter["name"] == "outcome" else {}
                found += [decoded(outcome["value"])] if "value" in outcome else []
    return found


def test_it_creates_a_workflow_of_the_others_template(translated: Any) -> None:
    translations = translated(
        'Trigger(task_id="go", trigger_dag_id="the.child", trigger_run_id="mine", conf={"n": 2}, note="why {{")'
    )
    parent, child = compiled(translations)
    assert child.template()["metadata"]["name"] == NAME
    resource = template(parent, "go")["resource"]
    assert resource["action"] == "create"
    assert "successCondition" not in resource
    manifest = json.loads(resource["manifest"].replace("{{= inputs.parameters['value'] }}", "DIGEST"))
    assert manifest["metadata"]["labels"]["airflow-argo.io/dag-id"] == "the.child"
    assert manifest["metadata"]["name"] == f"{NAME}-DIGEST"
    assert manifest["metadata"]["annotations"]["workflows.argoproj.io/description"] == "why {{"
    assert manifest["spec"]["workflowTemplateRef"] == {"name": NAME}
    assert codes(translations["parent"]) == ["AA236"]


def test_a_run_is_named_by_its_id(translated: Any, tmp_path: Path) -> None:
    body = 'Trigger(task_id="go", trigger_dag_id="the.child", trigger_run_id="mine {{ ds }}", wait_for_completion=True)'
    made = run(translated(body), tmp_path)
    assert made.succeeded, made.message
    digest = hashlib.sha256(b"mine 2024-05-06").hexdigest()[:10]
    assert list(made.raw_status()["engine"]["workflows"]) == [f"{NAME}-{digest}"]


def test_what_the_run_is_given(translated: Any, tmp_path: Path) -> None:
    body = """
conf = {"n": 2, "s": "it's {{ ds }}", "any": "text", "more": ["{{ run_id }}", {"deep": True}]}
Trigger(task_id="go", trigger_dag_id="the.child", logical_date="{{ logical_date }}", conf=conf, wait_for_completion=True)
"""
    made = run(translated(body), tmp_path)
    assert made.succeeded, made.message
    conf = {"n": 2, "s": "it's 2024-05-06", "any": "text", "more": [f"manual__{DATE}", {"deep": True}]}
    expected = {"params": conf, "conf": conf, "run_id": f"manual__{DATE}"}  # in Airflow too, what only conf has is a param
    assert told(made) == [{**expected, "ds": "2024-05-06"}]


def test_params_without_a_value_are_those_of_the_configuration(translated: Any, tmp_path: Path) -> None:
    params = '"day": Param(type=["string", "null"]), "bare": Param(), "text": Param(type="string"), '
    conf = {"day": "5", "bare": "plain", "text": "7"}
    body = f'Trigger(task_id="go", trigger_dag_id="the.child", conf={conf}, wait_for_completion=True)'
    made = run(translated(body, params), tmp_path)
    assert made.succeeded, made.message
    assert told(made)[0]["params"] == {**conf, "n": 1, "s": "x", "any": None}


def test_its_id_is_an_xcom(translated: Any, tmp_path: Path) -> None:
    body = """
go = Trigger(task_id="go", trigger_dag_id="the.child", wait_for_completion=True)
@task
def show_id(ti):
    return ti.xcom_pull(task_ids="go", key="trigger_run_id")
go >> show_id()
"""
    made = run(translated(body), tmp_path)
    assert made.succeeded, made.message
    value = next(step.value for step in made.tree if step.id == "show_id")
    assert value == told(made)[0]["run_id"]
    assert value.startswith("manual__20")


def test_compare_sees_its_id_and_knows_those_that_are_made_of_the_time(translated: Any, tmp_path: Path) -> None:
    body = """
Trigger(task_id="go", trigger_dag_id="the.child")
Trigger(task_id="named", trigger_dag_id="the.child", trigger_run_id="x")
"""
    ended = ended_of("success", run(translated(body), tmp_path).tree)
    assert ended.xcoms["named", -1, "trigger_run_id"] == "x"
    for run_id, differing in (("manual__2026-01-02T03:04:05.678901+00:00", []), ("manual__2026-01-02T00:00:00+00:00", ["go"])):
        airflow = replace(ended, xcoms={**ended.xcoms, ("go", -1, "trigger_run_id"): run_id})
        assert [one.task and one.task[0] for one in differences(airflow, ended)] == differing


@pytest.mark.parametrize(
    ("arguments", "state"),
    [
        ("", "failed"),
        (', allowed_states=["success", "failed"], failed_states=[]', "success"),
        (', allowed_states=["failed"], failed_states=["success"]', "success"),
        (', allowed_states=["running"], failed_states=[]', "success"),
    ],
)
def test_states_that_are_waited_for(translated: Any, tmp_path: Path, arguments: str, state: str) -> None:
    body = f'Trigger(task_id="go", trigger_dag_id="the.child", conf={{"s": "bad"}}, wait_for_completion=True{arguments})'
    made = run(translated(body), tmp_path)
    assert next(step.state for step in made.tree if step.id == "go") == state


def test_a_state_that_airflow_would_await_for_ever_is_told(translated: Any, tmp_path: Path) -> None:
    body = 'Trigger(task_id="go", trigger_dag_id="the.child", conf={"s": "bad"}, wait_for_completion=True, failed_states=[])'
    translations = translated(body)
    assert codes(translations["parent"]) == ["AA236", "AA235"]
    assert not run(translations, tmp_path).succeeded


def test_a_run_that_is_there_is_refused_or_reset(translated: Any, tmp_path: Path) -> None:
    body = """
first = Trigger(task_id="first", trigger_dag_id="the.child", trigger_run_id="one", wait_for_completion=True)
again = Trigger(task_id="again", trigger_dag_id="the.child", trigger_run_id="one")
more = dict(trigger_rule="all_failed", wait_for_completion=True)
reset = Trigger(task_id="reset", trigger_dag_id="the.child", trigger_run_id="one", reset_dag_run=True, **more)
first >> again >> reset
"""
    made = run(translated(body), tmp_path)
    states = {step.id: step.state for step in made.tree}
    assert states == {"first": "success", "again": "failed", "reset": "success"}, [one.to_json() for one in made.tree]


def test_each_try_makes_a_run_of_its_own_unless_that_is_there(translated: Any, tmp_path: Path) -> None:
    body = """
again = dict(trigger_dag_id="the.child", conf={"s": "bad"}, wait_for_completion=True, retries=2, retry_delay=timedelta(0))
Trigger(task_id="new", **again)
Trigger(task_id="same", trigger_run_id="one", **again)
"""
    made = run(translated(body), tmp_path)
    tries = {step.id: len(step.children) for step in made.tree if step.id != "verdict"}
    assert tries == {"new": 3, "same": 2}
    assert len(made.raw_status()["engine"]["workflows"]) == 4


def test_a_run_that_each_try_resets_is_made_by_the_operator_itself(translated: Any) -> None:
    more = "reset_dag_run=True, wait_for_completion=True"
    found = translated(f'Trigger(task_id="go", trigger_dag_id="the.child", trigger_run_id="one", retries=1, {more})')
    assert codes(found["parent"]) == ["AA231", "AA240"]


def test_a_variable_in_its_configuration_is_read_by_the_operator_itself(translated: Any) -> None:
    found = translated('Trigger(task_id="go", trigger_dag_id="the.child", conf={"b": "{{ var.value.BUCKET }}"})')
    assert codes(found["parent"]) == ["AA231", "AA240"]
    assert "a Variable is in the object that it creates" in found["parent"].diagnostics[0].message


def test_a_run_that_is_to_begin_later_is_told(translated: Any) -> None:
    found = translated('Trigger(task_id="go", trigger_dag_id="the.child", run_after="2030-01-01T00:00:00Z")')
    assert codes(found["parent"]) == ["AA231", "AA240", "AA235"]


def test_it_can_be_mapped(translated: Any, tmp_path: Path) -> None:
    body = """
Trigger.partial(task_id="go", trigger_dag_id="the.child", wait_for_completion=True).expand(conf=[{"n": 5}, {"n": 6}])
"""
    translations = translated(body)
    assert codes(translations["parent"]) == ["AA236"]
    made = run(translations, tmp_path)
    assert made.succeeded, made.message
    assert sorted((one["conf"]["n"], one["params"]["n"]) for one in told(made)) == [(5, 5), (6, 6)]


def test_what_it_doesnt_push_is_none(translated: Any, tmp_path: Path) -> None:
    body = """
first = Trigger(task_id="first", trigger_dag_id="the.child")
@task
def seen(returned, other):
    return [returned, other]
seen(first.output, "{{ ti.xcom_pull('first', key='other') }}")
"""
    ran = run(translated(body), tmp_path)
    assert {step.id: step.value for step in ran.tree}["seen"] == [None, "None"]
