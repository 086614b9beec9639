"""Short ways to say the jobs of these tests. On a controller they need the image that is named here."""

from __future__ import annotations

from typing import Any

from airflow_argo import ContainerJob

IMAGE = "lab/task:1"


def sh(name: str, script: str, *args: Any, **more: Any) -> ContainerJob:
    """A shell script that sees its arguments as $1 and so on."""
    return ContainerJob(name, IMAGE, ["sh", "-c", script, name], list(args), **more)


def py(name: str, source: str, *args: Any, **more: Any) -> ContainerJob:
    """A Python program that sees its arguments in `sys.argv[1:]`, or as `args`."""
    return ContainerJob(
        name, IMAGE, ["python3", "-c", f"import sys, os, json; args = sys.argv[1:]\n{source}"], list(args), **more
    )


def says(name: str, *args: Any, **more: Any) -> ContainerJob:
    """Prints its arguments as a JSON list."""
    return py(name, "print(json.dumps(args))", *args, **more)


def gives(name: str, text: str, output: str = "out", type: Any = str, **more: Any) -> ContainerJob:
    """Writes a text, as it is, to an output."""
    from airflow_argo import WorkflowParam

    source = f"open('/tmp/{output}', 'w', newline='').write({text!r})"
    return py(name, source, outputs=[WorkflowParam(output, type=type)], **more)
