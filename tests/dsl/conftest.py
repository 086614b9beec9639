"""Runs workflows of the DSL on the embedded engine, and shows them to an API server where there is one."""

from __future__ import annotations

import json
import os

import pytest
from accepted import accept

from airflow_argo import Workflow
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.runners.local import LocalRunner


class Ran:
    """A run that has ended, in words for assertions."""

    def __init__(self, run):
        self.run, self.phase, self.message, self.outputs = run, run.status, run.message, run.outputs
        self.manifest = run.manifest

    @property
    def states(self):
        """Path of a step, parts joined by a slash → how it ended."""
        return dict(self._states(self.run.tree, ""))

    def lines(self, step):
        """What a step wrote, by its name or its path."""
        return [line.text for line in self.run.logs() if step in (line.step, line.step.rpartition(" / ")[2])]

    def said(self, step):
        """The JSON that a step printed."""
        (line,) = self.lines(step)
        return json.loads(line)

    def order(self):
        """The names of all steps that were pods, in the order in which they began."""
        places = {node: place for place, node in enumerate(self.run.raw_status()["nodes"])}
        pods = [step for top in self.run.tree for step in top.walk() if step.is_pod]
        return [step.node["displayName"] for step in sorted(pods, key=lambda step: places[step.node["id"]])]

    def _states(self, tree, path):
        for step in tree:
            here = f"{path}/{step.id}" if path else step.id
            yield here, step.state
            yield from self._states(step.children, here)


@pytest.fixture(scope="session")
def kubeconfig():
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no API server with Argo's CRDs")
    return os.environ["KUBECONFIG"]


@pytest.fixture
def go(tmp_path):
    """Runs a workflow, or some steps as one, and gives how it ended."""

    def run(*steps, parameters=None, **options):
        workflow = steps[0] if isinstance(steps[0], Workflow) else Workflow("test", list(steps), **options)
        manifest = accept(compile_workflow(workflow.to_model()).manifest())
        return Ran(LocalRunner(folder=tmp_path).run(manifest, parameters=parameters, on_progress=lambda _: None))

    return run
