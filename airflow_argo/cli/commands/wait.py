"""`airflow-argo wait`."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from airflow_argo.cli.clusters import runner
from airflow_argo.cli.commands.run import outcome
from airflow_argo.cli.report import Report

if TYPE_CHECKING:
    from airflow_argo.runners.argo import ArgoRun


def wait(options: Namespace) -> Report:
    """Waits for a workflow, showing it live."""
    return waited(runner(options).find(options.name), options)


def waited(run: ArgoRun, options: Namespace) -> Report:
    """The outcome of a run, once it has ended."""
    from airflow_argo.runners.display import shown_on_terminal

    with shown_on_terminal(run.name) as show:
        run.wait(options.timeout if hasattr(options, "timeout") else None, show)
    return outcome(run)
