"""What there is to run among documents, and how it begins."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.diagnostics import InputError
from airflow_argo.local import Engine, InvalidManifest, JumpingClock, load
from airflow_argo.local.folder import default_folder

from .manifests import NAME, NOOP, Result, call, dag, execute_at_once, workflow


def value(name: str, expression: str) -> dict[str, Any]:
    """A template without a pod that puts out the value of an expression."""
    return {
        "name": name,
        "steps": [[{"name": "x", "template": "noop", "when": "false"}]],
        "outputs": {"parameters": [{"name": "r", "valueFrom": {"expression": expression}}]},
    }


def show(*parameters: str) -> dict[str, Any]:
    """A template that puts out its inputs, which are variables of the workflow."""
    return {
        **value("show", "toJson(inputs.parameters)"),
        "inputs": {"parameters": [{"name": f"p{index}", "value": text} for index, text in enumerate(parameters)]},
    }


def inputs(result: Result, node: str) -> list[str]:
    return [parameter["value"] for parameter in result.node(node)["inputs"]["parameters"]]


def named(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {**document, "metadata": {**document["metadata"], "name": name}}


def test_parameters_hide_the_workflows_own(tmp_path: Path) -> None:
    manifest = workflow(NOOP, show("{{workflow.parameters.a}}", "{{workflow.parameters.b}}"), dag(call("s", "show")))
    manifest["spec"]["arguments"] = {"parameters": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]}
    assert inputs(execute_at_once(tmp_path, manifest, parameters={"b": "x"}), "s") == ["1", "x"]


def test_a_parameter_without_a_value_is_asked_for_at_the_start(tmp_path: Path) -> None:
    manifest = workflow(
        NOOP, show("{{workflow.parameters.a}}"), dag(call("s", "show")), arguments={"parameters": [{"name": "a"}]}
    )
    program = load([manifest])
    with pytest.raises(InvalidManifest) as caught:
        Engine(program, folder=tmp_path / "run")
    assert caught.value.message == "invalid spec: spec.arguments.a.value or spec.arguments.a.valueFrom is required"
    assert not (tmp_path / "run").exists()
    engine = Engine(program, name=NAME, folder=tmp_path / "run", parameters={"a": "1"}, clock=JumpingClock())
    assert inputs(Result(engine.run(), tmp_path), "s") == ["1"]


@pytest.mark.parametrize("arguments", [{"parameters": [{"name": "a"}]}, {}])
@pytest.mark.parametrize("field", ["entrypoint", "onExit"])
def test_an_input_of_the_entrypoint_may_get_its_value_at_the_start(tmp_path: Path, arguments: dict, field: str) -> None:
    taking = {**show("{{inputs.parameters.a}}"), "name": "taking", "inputs": {"parameters": [{"name": "a"}]}}
    manifest = workflow(NOOP, taking, dag(call("s", "noop")), arguments=arguments)
    manifest["spec"][field] = "taking"
    program = load([manifest])
    with pytest.raises(InvalidManifest):
        Engine(program, folder=tmp_path / "run")
    engine = Engine(program, name=NAME, folder=tmp_path / "run", parameters={"a": "1"}, clock=JumpingClock())
    assert engine.run()["phase"] == "Succeeded"


def test_parameters_from_config_maps(tmp_path: Path) -> None:
    config = {
        "kind": "ConfigMap",
        "metadata": {"name": "c", "labels": {"workflows.argoproj.io/configmap-type": "Parameter"}},
        "data": {"k": "v"},
    }
    source = {"configMapKeyRef": {"name": "c", "key": "k"}}
    missing = {"configMapKeyRef": {"name": "c", "key": "none"}, "default": "d"}
    manifest = workflow(NOOP, show("{{workflow.parameters.a}}", "{{workflow.parameters.b}}"), dag(call("s", "show")))
    manifest["spec"]["arguments"] = {"parameters": [{"name": "a", "valueFrom": source}, {"name": "b", "valueFrom": missing}]}
    assert inputs(execute_at_once(tmp_path, manifest, config), "s") == ["v", "d"]


def test_a_missing_config_map_fails_the_workflow(tmp_path: Path) -> None:
    manifest = workflow(NOOP, dag(call("a", "noop")))
    manifest["spec"]["arguments"] = {"parameters": [{"name": "a", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}]}
    result = execute_at_once(tmp_path, manifest)
    assert result.phase == "Failed"
    assert result.message.startswith(
        "failed to set global parameters: failed to set global parameter a from configmap with name c and key k"
    )
    assert result.status["nodes"] == {}


def test_variables_of_the_workflow(tmp_path: Path) -> None:
    tags = (
        "name",
        "namespace",
        "mainEntrypoint",
        "creationTimestamp.Y",
        "priority",
        "labels.l",
        "labels.team",
        "annotations.a",
    )
    manifest = workflow(NOOP, show(*(f"{{{{workflow.{tag}}}}}" for tag in tags)), dag(call("s", "show")), priority=7)
    manifest["metadata"] |= {"labels": {"l": "1"}, "annotations": {"a": "2"}, "namespace": "prod"}
    manifest["spec"]["workflowMetadata"] = {"labelsFrom": {"team": {"expression": "'t-' + workflow.name"}}}
    assert inputs(execute_at_once(tmp_path, manifest), "s") == [NAME, "prod", "main", "2023", "7", "1", "t-wf", "2"]


def test_a_workflow_that_refers_to_a_template(tmp_path: Path) -> None:
    parts = [NOOP, show("{{workflow.parameters.a}}", "{{workflow.parameters.b}}"), dag(call("s", "show"))]
    template = named(
        workflow(*parts, arguments={"parameters": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]}), "lib"
    )
    template["kind"] = "WorkflowTemplate"
    refers = {"kind": "Workflow", "metadata": {"name": "x"}, "spec": {"workflowTemplateRef": {"name": "lib"}}}
    refers["spec"]["arguments"] = {"parameters": [{"name": "b", "value": "own"}]}
    result = execute_at_once(tmp_path, template, refers)
    assert sorted(inputs(result, "s")) == ["1", "own"]
    assert result.node("s")["templateScope"] == "local/"


def test_a_workflow_template_alone(tmp_path: Path) -> None:
    template = named(
        workflow(NOOP, show("{{workflow.labels.workflows.argoproj.io/workflow-template}}"), dag(call("s", "show"))), "lib"
    )
    template["kind"] = "WorkflowTemplate"
    program = load([template])
    assert program.new_name().startswith("lib-")
    assert len(program.new_name()) == len("lib-") + 5
    assert inputs(execute_at_once(tmp_path, template), "s") == ["lib"]


def test_a_cron_workflow_with_its_time(tmp_path: Path) -> None:
    spec = workflow(
        NOOP,
        show("{{workflow.scheduledTime}}", "{{workflow.labels.workflows.argoproj.io/cron-workflow}}"),
        dag(call("s", "show")),
    )["spec"]
    cron = {"kind": "CronWorkflow", "metadata": {"name": "nightly"}, "spec": {"schedules": ["0 3 * * *"], "workflowSpec": spec}}
    program = load([cron], scheduled=datetime(2026, 1, 2, 3, tzinfo=timezone.utc))
    assert program.new_name() == "nightly-1767322800"
    engine = Engine(program, name=NAME, folder=tmp_path / "run", clock=JumpingClock())
    assert inputs(Result(engine.run(), tmp_path), "s") == ["2026-01-02T03:00:00Z", "nightly"]


def test_the_one_to_run_is_named_where_there_are_several() -> None:
    one, two = named(workflow(NOOP), "one"), named(workflow(NOOP), "two")
    with pytest.raises(InputError, match="there is more than one Workflow: one, two; say which one to run"):
        load([one, two])
    assert load([one, two], name="two").base_name == "two"
    with pytest.raises(InputError, match="called 'three'"):
        load([one, two], name="three")


def test_of_several_templates_the_one_with_an_entrypoint(tmp_path: Path) -> None:
    lib = {"kind": "WorkflowTemplate", "metadata": {"name": "lib"}, "spec": {"templates": [NOOP]}}
    main = {"name": "main", "dag": {"tasks": [{"name": "a", "templateRef": {"name": "lib", "template": "noop"}}]}}
    pipeline = named(workflow(main), "pipeline")
    pipeline["kind"] = "WorkflowTemplate"
    result = execute_at_once(tmp_path, lib, pipeline)
    assert result.phase == "Succeeded"
    assert result.node("a")["templateRef"] == {"name": "lib", "template": "noop"}


@pytest.mark.parametrize("documents", [[], [{"kind": "ConfigMap", "metadata": {"name": "x"}}]])
def test_nothing_to_run(documents: list[dict[str, Any]]) -> None:
    with pytest.raises(InputError, match="there is no Workflow, CronWorkflow or WorkflowTemplate among the documents"):
        load(documents)


def test_what_is_no_object() -> None:
    with pytest.raises(InputError, match="a document is no Kubernetes object"):
        load([{"spec": {}}])


@pytest.mark.parametrize("name", ["Upper", "a_b", "", "x" * 64])
def test_names_that_are_none(name: str) -> None:
    manifest = workflow(NOOP)
    with pytest.raises((InputError, InvalidManifest)):
        load([manifest]).submitted(name, {})


@pytest.mark.parametrize(("items", "kind"), [("x", "string"), ({"a": 1}, "object"), (5, "number"), (True, "bool")])
def test_items_of_which_the_controller_would_crash(items: object, kind: str) -> None:
    with pytest.raises(InvalidManifest) as caught:
        load([workflow(NOOP, dag({"name": "noop", "withItems": items}))])
    assert f"cannot unmarshal {kind} into Go struct field withItems" in str(caught.value)


def test_counts_can_be_left_unchecked(tmp_path: Path) -> None:
    tasks = [call(f"t{number}", "noop") for number in range(250)]
    manifest = workflow(NOOP, dag(*tasks))
    with pytest.raises(InvalidManifest) as caught:
        load([manifest])
    assert caught.value.rejected
    assert caught.value.diagnostics[0].path == "spec.templates[1].dag.tasks"
    engine = Engine(load([manifest], limits=False), folder=tmp_path / "run", clock=JumpingClock())
    assert engine.run()["phase"] == "Succeeded"


def test_the_default_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_folder("wf") == tmp_path / "airflow-argo" / "runs" / "wf"
    monkeypatch.delenv("XDG_STATE_HOME")
    assert default_folder("wf") == Path.home() / ".local" / "state" / "airflow-argo" / "runs" / "wf"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    engine = Engine(load([workflow(NOOP)]), clock=JumpingClock())
    engine.run()
    assert (tmp_path / "airflow-argo" / "runs" / NAME / "status.json").exists()


def test_a_spec_that_is_too_large_for_argo(tmp_path: Path) -> None:
    templates = [
        {**NOOP, "name": f"t{number}", "metadata": {"annotations": {"x": f"{number}" * 6000}}} for number in range(100, 190)
    ]
    result = execute_at_once(tmp_path, workflow(*templates, NOOP))
    assert result.phase == "Error"
    assert "Argo stores no more than 1,048,576 bytes of a workflow" in result.message


def test_a_workflow_that_begins_suspended_or_stopped(tmp_path: Path) -> None:
    result = execute_at_once(tmp_path, workflow(NOOP, dag(call("a", "noop")), shutdown="Terminate"))
    assert result.phase == "Failed"
