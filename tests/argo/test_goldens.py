"""What a controller made of the texts in the golden manifests: of `depends`, `when` and arguments of an entrypoint's DAG tasks.

The other tasks' variables are taken from the trace, so that each text is judged alone. Tasks whose texts need more than that
(the workflow's own variables, a loop's items) are left to the engine's tests.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from airflow_argo.argo import gojson
from airflow_argo.argo.depends import ContinueOn, TaskResults, evaluate_depends, expanded, from_dependencies, named_tasks
from airflow_argo.argo.govaluate import GovaluateError, should_execute
from airflow_argo.argo.references import references
from airflow_argo.argo.scope import ABSENT, Scope
from airflow_argo.argo.tags import MissingVariable, TemplateError, is_absent_reference, replace_strict

GOLDEN = Path(__file__).parents[1] / "golden"
TOPICS = ("absent", "branch", "leaf", "limits", "loops", "nopod", "rules", "values", "when")
LOOPS = ("withItems", "withParam", "withSequence")
FULFILLED = {"Succeeded", "Failed", "Error", "Skipped", "Omitted"}


class Golden:
    """A manifest with an entrypoint that is a DAG, and its trace."""

    def __init__(self, path: Path) -> None:
        documents = list(yaml.safe_load_all(path.read_text()))
        self.spec: dict[str, Any] = next(each["spec"] for each in documents if each.get("kind") == "Workflow")
        self.nodes: dict[str, Any] = json.loads(path.with_suffix("").with_suffix(".trace.json").read_text()).get("nodes", {})
        self.templates = {template["name"]: template for template in self.spec.get("templates", ())}
        dag = self.templates.get(self.spec.get("entrypoint", ""), {}).get("dag", {})
        self.tasks = {task["name"]: task for task in dag.get("tasks", ())}

    def node(self, task: str) -> dict[str, Any] | None:
        return self.nodes.get(f"@.{task}")

    def is_judged(self, task: dict[str, Any]) -> bool:
        node = self.node(task["name"])
        return node is not None and node["phase"] in FULFILLED and not any(loop in task for loop in LOOPS)

    def scope(self) -> Scope:
        scope = Scope()
        for name, task in self.tasks.items():
            node = self.node(name)
            if node is None or any(loop in task for loop in LOOPS):
                continue
            scope.set(f"tasks.{name}.status", node["phase"])
            for key in ("result", "exitCode"):
                if key in node:
                    scope.set(f"tasks.{name}.{'outputs.' if key == 'result' else ''}{key}", node[key])
            outputs = node.get("outputs") or self.absent_outputs(task, node["phase"])
            for parameter, value in outputs.items():
                scope.set(f"tasks.{name}.outputs.parameters.{parameter}", value)
        if any("characters, sha256" in str(value) for value in scope.values()):
            return Scope()  # the trace has no more of a long text than its hash
        return scope

    def absent_outputs(self, task: dict[str, Any], phase: str) -> dict[str, Any]:
        """A skipped or omitted task has the defaults of its outputs, and absent ones."""
        if phase not in ("Skipped", "Omitted"):
            return {}
        declared = self.templates.get(task.get("template", ""), {}).get("outputs", {}).get("parameters", ())
        return {output["name"]: output.get("valueFrom", {}).get("default", ABSENT) for output in declared}

    def results(self, task: str) -> TaskResults:
        node = self.node(task)
        assert node is not None
        phase = node["phase"]
        return TaskResults(
            succeeded=phase == "Succeeded",
            failed=phase == "Failed",
            errored=phase == "Error",
            skipped=phase == "Skipped",
            omitted=phase == "Omitted",
        )

    def depends(self, task: dict[str, Any]) -> str:
        def continue_on(name: str) -> ContinueOn:
            return ContinueOn(**self.tasks[name].get("continueOn", {}))

        if "depends" in task:
            return expanded(task["depends"], continue_on)
        return from_dependencies(task.get("dependencies", ()), continue_on)


def substituted(text: str, scope: Scope) -> str | None:
    """The text with its tags replaced; None if it needs variables that the trace doesn't have."""
    for mention in references(gojson.marshal(text)):
        if mention.path[0] != "tasks" or f"tasks.{mention.node}.status" not in scope:
            return None
    try:
        result: str = json.loads(replace_strict(gojson.marshal(text), scope, ["tasks", "steps"]))
    except MissingVariable:
        return None
    return None if "{{" in result else result  # tags in values are replaced again, where there is more in scope


def goldens() -> list[Path]:
    return [path for topic in TOPICS for path in sorted((GOLDEN / topic).glob("*.yaml"))]


judged: Counter[str] = Counter()


@pytest.mark.parametrize("path", goldens(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_texts_mean_what_they_mean_to_a_controller(path: Path):
    golden = Golden(path)
    scope = golden.scope()
    for task in golden.tasks.values():
        if golden.is_judged(task):
            check(golden, task, scope)


def check(golden: Golden, task: dict[str, Any], scope: Scope) -> None:
    node = golden.node(task["name"])
    assert node is not None
    if not depends_holds(golden, task, node):
        return
    if node["phase"] == "Error" and not node.get("inputs") and "message" in node and node["type"] == "Skipped":
        check_error(task, node["message"], scope)
    elif "when" in task and (when := substituted(task["when"], scope)) is not None:
        judged["when"] += 1
        assert should_execute(when) is (node["phase"] != "Skipped")
        if node["phase"] == "Skipped":
            assert node["message"] == f"when '{when}' evaluated false"
    if node["phase"] != "Skipped":
        check_arguments(task, node, scope)


def depends_holds(golden: Golden, task: dict[str, Any], node: dict[str, Any]) -> bool:
    depends = golden.depends(task)
    names = named_tasks(depends)
    if not names or any(not golden.is_judged(golden.tasks[name]) for name in names if name in golden.tasks):
        return node["phase"] != "Omitted"
    if node["phase"] == "Error" and "unable to evaluate expression" in node.get("message", ""):
        return False
    judged["depends"] += 1
    holds = evaluate_depends(depends, golden.results)
    assert holds is (node["phase"] != "Omitted")
    return holds


def check_error(task: dict[str, Any], message: str, scope: Scope) -> None:
    """A task that became an Error before it had a template: by its `when`, or by an argument."""
    refused = refusal(task, scope)
    if refused is not None:
        judged["error"] += 1
        assert refused == message


def refusal(task: dict[str, Any], scope: Scope) -> str | None:
    texts = [task.get("when", ""), *(str(param.get("value", "")) for param in task.get("arguments", {}).get("parameters", ()))]
    try:
        replaced = [substituted(text, scope) for text in texts if not is_absent_reference(text, scope)]
        if replaced[0] is not None:
            should_execute(replaced[0])
    except (TemplateError, GovaluateError) as error:
        return str(error)
    return None


def check_arguments(task: dict[str, Any], node: dict[str, Any], scope: Scope) -> None:
    for param in task.get("arguments", {}).get("parameters", ()):
        value = param.get("value")
        if not isinstance(value, str) or "{{" not in value or is_absent_reference(value, scope):
            continue
        arrived = node.get("inputs", {}).get(param["name"])
        if not isinstance(arrived, str) or (text := substituted(value, scope)) is None:
            continue
        judged["argument"] += 1
        assert text == arrived, value


def test_much_was_judged():
    judged.clear()
    for path in goldens():
        test_texts_mean_what_they_mean_to_a_controller(path)
    least = {"depends": 500, "when": 240, "argument": 60, "error": 15}
    assert all(judged[what] >= count for what, count in least.items()), judged
