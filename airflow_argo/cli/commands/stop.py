"""`airflow-argo stop`, `terminate`, `resume` and `delete`."""

from __future__ import annotations

from argparse import Namespace

from airflow_argo.cli.clusters import named_run
from airflow_argo.cli.report import Report


def stop(options: Namespace) -> Report:
    """Ends a workflow; its exit handler runs."""
    named_run(options).stop()
    return _done(options, "is told to stop")


def terminate(options: Namespace) -> Report:
    """Ends a workflow at once."""
    named_run(options).terminate()
    return _done(options, "is told to end at once")


def resume(options: Namespace) -> Report:
    """Lets a suspended workflow go on."""
    named_run(options).resume()
    return _done(options, "goes on")


def delete(options: Namespace) -> Report:
    """Deletes a workflow, and what is kept of it."""
    named_run(options).delete()
    return _done(options, "is deleted")


def _done(options: Namespace, what: str) -> Report:
    return Report(f"{options.name} {what}", {"name": options.name, "result": what})
