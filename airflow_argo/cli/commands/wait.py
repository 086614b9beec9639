"""`airflow-argo wait`."""

from __future__ import annotations

from argparse import Namespace

from airflow_argo.cli.clusters import named_run
from airflow_argo.cli.commands.run import outcome
from airflow_argo.cli.report import Report
from airflow_argo.runners.run import Run


def wait(options: Namespace) -> Report:
    """Waits for a workflow, showing it live."""
    return waited(named_run(options), options.timeout)


def waited(run: Run, timeout: float | None = None) -> Report:
    """The outcome of a run, once it has ended."""
    from airflow_argo.runners.display import shown_on_terminal

    with shown_on_terminal(run.name) as show:
        run.wait(timeout, show)
    return outcome(run)
