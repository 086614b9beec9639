"""`airflow-argo stop`, `terminate`, `resume` and `delete`."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from airflow_argo.cli.report import Report

if TYPE_CHECKING:
    from airflow_argo.cluster import Cluster


def stop(options: Namespace) -> Report:
    """Ends a workflow; its exit handler runs."""
    if options.local:
        return _told(options.name, {"do": "stop", "strategy": "Stop"}, "is told to stop")
    _cluster(options).stop(options.name)
    return _done(options.name, "is told to stop")


def terminate(options: Namespace) -> Report:
    """Ends a workflow at once."""
    if options.local:
        return _told(options.name, {"do": "stop", "strategy": "Terminate"}, "is told to end at once")
    _cluster(options).terminate(options.name)
    return _done(options.name, "is told to end at once")


def resume(options: Namespace) -> Report:
    """Lets a suspended workflow go on."""
    if options.local:
        return _told(options.name, {"do": "resume"}, "goes on")
    _cluster(options).resume(options.name)
    return _done(options.name, "goes on")


def delete(options: Namespace) -> Report:
    """Deletes a workflow."""
    _cluster(options).delete(options.name)
    return _done(options.name, "is deleted")


def _cluster(options: Namespace) -> Cluster:
    from airflow_argo.cli.clusters import runner

    return runner(options).cluster


def _told(name: str, message: dict[str, str], done: str) -> Report:
    from airflow_argo.local import send_command
    from airflow_argo.runners.local_runs import LocalRecord

    send_command(LocalRecord.find(name).folder, message)
    return _done(name, done)


def _done(name: str, what: str) -> Report:
    return Report(f"{name} {what}", {"name": name, "result": what})
