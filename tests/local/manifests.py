"""Small manifests for the tests of the engine, and a way to run them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow_argo.local import Engine, JumpingClock, load

NAME = "wf"
NOOP = {"name": "noop", "suspend": {"duration": "0"}}


def sh(
    name: str, script: str, *, inputs: tuple[str, ...] = (), outputs: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """A container template that runs a shell script, with input parameters and output parameters by path or valueFrom."""
    template: dict[str, Any] = {"name": name, "container": {"image": "any", "command": ["sh", "-c", script]}, **more}
    return with_parameters(template, inputs, outputs)


def py(
    name: str, source: str, *, inputs: tuple[str, ...] = (), outputs: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """A script template in Python."""
    template: dict[str, Any] = {"name": name, "script": {"image": "any", "command": ["python3"], "source": source}, **more}
    return with_parameters(template, inputs, outputs)


def with_parameters(template: dict[str, Any], inputs: tuple[str, ...], outputs: dict[str, Any] | None) -> dict[str, Any]:
    if inputs:
        template["inputs"] = {"parameters": [{"name": one} for one in inputs]}
    if outputs:
        template["outputs"] = {
            "parameters": [
                {"name": one, "valueFrom": {"path": source} if isinstance(source, str) else source}
                for one, source in outputs.items()
            ]
        }
    return template


def workflow(*templates: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """A Workflow whose entrypoint is the last template."""
    body = {"entrypoint": templates[-1]["name"], "templates": list(templates), **spec}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": NAME}, "spec": body}


def dag(*tasks: dict[str, Any], name: str = "main", **more: Any) -> dict[str, Any]:
    """A DAG template; a task's template is the one of its name if nothing else is said."""
    return {"name": name, "dag": {"tasks": [{"template": task["name"], **task} for task in tasks]}, **more}


def call(name: str, template: str | None = None, /, depends: str = "", **arguments: str) -> dict[str, Any]:
    """A task with arguments."""
    task: dict[str, Any] = {"name": name, "template": template or name}
    if depends:
        task["depends"] = depends
    if arguments:
        task["arguments"] = {"parameters": [{"name": key, "value": value} for key, value in arguments.items()]}
    return task


class Result:
    """How a run ended."""

    def __init__(self, status: dict[str, Any], folder: Path) -> None:
        self.status, self.folder = status, folder
        self.phase, self.message = status["phase"], status.get("message", "")

    def node(self, name: str = "") -> dict[str, Any]:
        """A node by its name below the workflow's."""
        full = f"{NAME}.{name}" if name else NAME
        return next(node for node in self.status["nodes"].values() if node["name"] == full)

    def phase_of(self, name: str) -> str:
        return self.node(name)["phase"]

    def message_of(self, name: str) -> str:
        return self.node(name).get("message", "")

    def output(self, node: str, parameter: str) -> str:
        parameters = self.node(node)["outputs"]["parameters"]
        return next(one["value"] for one in parameters if one["name"] == parameter)

    def exit_code(self, node: str) -> str:
        return self.node(node)["outputs"]["exitCode"]

    def log(self, node: str, stream: str = "out", container: str = "main") -> bytes:
        return (self.folder / "logs" / f"{self.node(node)['id']}.{container}.{stream}").read_bytes()


def execute(folder: Path, *documents: dict[str, Any], on_event: Any = None, **options: Any) -> Result:
    """Load and run; the workflow is called `wf` and its folder is `run` inside `folder`."""
    engine = Engine(load(documents), name=NAME, folder=folder / "run", **options)
    return Result(engine.run(on_event), folder / "run")


def execute_at_once(folder: Path, *documents: dict[str, Any], **options: Any) -> Result:
    """The same for workflows without processes, on a clock that doesn't wait."""
    return execute(folder, *documents, clock=JumpingClock(), **options)
