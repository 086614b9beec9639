"""No manifest without an error hangs: the embedded engine, which does what a controller does, is the judge."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from airflow_argo.diagnostics import Severity
from airflow_argo.lint import lint
from airflow_argo.local import Engine, InvalidManifest, JumpingClock, load

Manifest = dict[str, Any]
HANG_CODES = {"AA301", "AA303", "AA304", "AA309", "AA310", "AA311"}
BY_VALUES = {"AA305"}
"""Warnings of hangs that take a value which can't be used."""

NEVER = {"name": "x", "template": "noop", "when": "false"}
OUTPUT = {"parameters": [{"name": "r", "valueFrom": {"expression": "inputs.parameters.v"}}]}
DEFAULT = {"parameters": [{"name": "r", "valueFrom": {"expression": "inputs.parameters.v", "default": "d"}}]}
INPUT = {"parameters": [{"name": "v", "default": "d"}]}
TEMPLATES: list[Manifest] = [
    {"name": "noop", "inputs": INPUT, "suspend": {"duration": "0"}},
    {"name": "error", "inputs": INPUT, "suspend": {"duration": "bad"}},
    {"name": "value", "inputs": INPUT, "steps": [[NEVER]], "outputs": OUTPUT},
    {"name": "default", "inputs": INPUT, "dag": {"tasks": [NEVER]}, "outputs": DEFAULT},
    {"name": "failed", "inputs": INPUT, "steps": [[{"name": "x", "template": "error"}]], "outputs": OUTPUT},
    {"name": "empty", "inputs": INPUT, "steps": [[]], "outputs": OUTPUT},
    {"name": "empty-last", "inputs": INPUT, "steps": [[{"name": "x", "template": "noop"}], []]},
    {"name": "no-node", "inputs": INPUT, "steps": [[{"name": "x", "template": "noop", "when": "0"}]], "outputs": OUTPUT},
    {"name": "inner", "inputs": INPUT, "dag": {"tasks": [{"name": "x", "template": "empty"}]}},
    {"name": "cured", "inputs": INPUT, "retryStrategy": {"limit": "0"}, "steps": [[]], "outputs": OUTPUT},
    {
        "name": "chosen",
        "inputs": INPUT,
        "steps": [[{"name": "x", "template": "noop", "when": "{{inputs.parameters.v}} == d"}]],
        "outputs": OUTPUT,
    },
]
NAMES = [template["name"] for template in TEMPLATES] + ["value", "value", "failed", "chosen", "default"]
REFERENCES = [
    "d",
    "{{tasks.%s.outputs.parameters.r}}",
    "a {{tasks.%s.outputs.parameters.r}}",
    "{{= tasks.%s.outputs.parameters.r }}",
    "{{= tasks['%s'].outputs?.parameters?.r ?? 'd' }}",
    "{{= tasks.%s.status == 'Succeeded' ? tasks.%s.outputs.parameters.r : 'd' }}",
    "{{tasks.%s.status}}",
]
CONDITIONS = [
    "",
    "true",
    "false",
    "0",
    "{{tasks.%s.status}} == Succeeded",
    "{{tasks.%s.status}} != Skipped",
    "{{tasks.%s.outputs.parameters.r}} == d",
]
RESULTS = ["Succeeded", "Failed", "Errored", "Skipped", "Omitted"]


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    """A DAG of tasks without pods that depend on one another in all ways, and read what they perhaps can't."""
    tasks: list[Manifest] = []
    for number in range(draw(st.integers(2, 5))):
        task: Manifest = {"name": f"t{number}", "template": draw(st.sampled_from(NAMES))}
        upstream = draw(st.lists(st.integers(0, number - 1), unique=True, max_size=2)) if number else []
        if upstream:
            task["depends"] = draw(st.sampled_from([" && ", " || "])).join(draw(terms(one)) for one in upstream)
        if number:
            others = st.sampled_from(upstream) if upstream and draw(st.integers(0, 9)) else st.integers(0, number - 1)
            read = f"t{draw(others)}"
            value, when = draw(st.sampled_from(REFERENCES)), draw(st.sampled_from(CONDITIONS))
            task["arguments"] = {"parameters": [{"name": "v", "value": value.replace("%s", read)}]}
            if when:
                task["when"] = when.replace("%s", read)
        loop = draw(st.sampled_from(["", "", "", '["d", "e"]', "[]"]))
        if loop:
            task["withParam"] = loop
        tasks.append(task)
    return dag_of(*tasks)


def used(names: set[str]) -> list[Manifest]:
    """The templates that are called: what is wrong with others is no news."""
    names = names | {"noop"} | {"error" for name in names if name == "failed"} | {"empty" for name in names if name == "inner"}
    return [template for template in TEMPLATES if template["name"] in names]


@st.composite
def terms(draw: st.DrawFn, number: int) -> str:
    results = draw(st.lists(st.sampled_from(RESULTS), unique=True, max_size=4))
    if not results:
        return f"t{number}"
    return f"({' || '.join(f't{number}.{result}' for result in results)})"


def hangs(manifest: Manifest) -> list[str] | None:
    """What waits for ever in a run; None if the manifest is refused."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            engine = Engine(load([manifest]), name="g", folder=Path(folder) / "run", clock=JumpingClock(time.time()))
        except InvalidManifest:
            return None
        found: list[str] = engine.run(lambda _: None).get("engine", {}).get("hangs", [])
        return found


def dag_of(*tasks: Manifest) -> Manifest:
    spec = {
        "entrypoint": "main",
        "templates": [
            {"name": "main", "dag": {"failFast": False, "tasks": list(tasks)}},
            *used({one["template"] for one in tasks}),
        ],
    }
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"generateName": "g-"}, "spec": spec}


ARGUMENTS_OF_LOOP_BEFORE_WHEN = dag_of(
    {"name": "t0", "template": "failed"},
    {"name": "t1", "template": "noop"},
    {
        "name": "t2",
        "template": "noop",
        "depends": "t0 || t1",
        "arguments": {"parameters": [{"name": "v", "value": "{{tasks.t0.outputs.parameters.r}}"}]},
        "when": "0",
        "withParam": '["d", "e"]',
    },
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(manifests())
@example(ARGUMENTS_OF_LOOP_BEFORE_WHEN)
def test_what_hangs_or_is_refused_has_an_error(manifest: Manifest) -> None:
    waits = hangs(manifest)
    note(f"{waits} {manifest['spec']['templates'][0]}")
    found = lint(manifest, schema=None)
    note("\n".join(map(str, found)))
    errors = {one.code for one in found if one.severity is Severity.ERROR}
    if waits is None:
        assert errors
    elif waits:
        assert errors & HANG_CODES or any(one.code in BY_VALUES for one in found)
