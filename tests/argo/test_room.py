"""How much room a workflow takes once it runs, before it does: beside what the engine leaves of it."""

from __future__ import annotations

import base64
import gzip
import json
from random import Random

import pytest

from airflow_argo.argo.limits import MAX_WORKFLOW_BYTES
from airflow_argo.argo.room import bytes_of_nodes
from airflow_argo.lint import lint
from airflow_argo.local import Engine, load


def workflow(tasks: int, length: int, *, raw: bool) -> dict:
    inputs = {"parameters": [{"name": "text"}]}
    if raw:
        inputs["artifacts"] = [{"name": "text", "path": "/tmp/text", "raw": {"data": "{{inputs.parameters.text}}"}}]
    texts = [Random(number).randbytes(length // 2).hex() for number in range(tasks)]
    calls = [
        {"name": f"t{number}", "template": "takes", "arguments": {"parameters": [{"name": "text", "value": text}]}}
        for number, text in enumerate(texts)
    ]
    takes = {"name": "takes", "inputs": inputs, "script": {"image": "i", "command": ["sh"], "source": "true"}}
    spec = {"entrypoint": "main", "templates": [{"name": "main", "dag": {"tasks": calls}}, takes]}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "w"}, "spec": spec}


@pytest.mark.parametrize("raw", [False, True])
def test_it_is_what_argo_would_store(raw, tmp_path):
    manifest = workflow(20, 4000, raw=raw)
    status = Engine(load([manifest]), folder=tmp_path / "run").run()
    assert status["phase"] == "Succeeded"
    nodes = base64.b64encode(gzip.compress(json.dumps(status["nodes"]).encode()))
    assert bytes_of_nodes(manifest["spec"]) == pytest.approx(len(nodes), rel=0.1)


def test_lint_tells_before_it_is_submitted():
    grows, fits = workflow(150, 5_000, raw=True), workflow(150, 3_000, raw=True)
    size = len(json.dumps(grows))
    assert size < MAX_WORKFLOW_BYTES < size + bytes_of_nodes(grows["spec"])
    assert [(one.code, one.severity.value) for one in lint(grows)] == [("AA410", "warning")]
    assert lint(fits) == []


def test_what_is_given_to_nobody_takes_nothing():
    assert bytes_of_nodes({"templates": [{"name": "a", "suspend": {}}]}) < 50
