"""`airflow-argo retry`."""

from __future__ import annotations

from argparse import Namespace

from airflow_argo.cli.clusters import named_run
from airflow_argo.cli.commands.run import outcome
from airflow_argo.cli.commands.wait import waited
from airflow_argo.cli.report import Report
from airflow_argo.diagnostics import InputError


def retry(options: Namespace) -> Report:
    """Runs the failed part of a workflow again; on this machine it also waits for it, since it is what executes it."""
    selector = _selector(options)
    run = named_run(options)
    if options.local:
        from airflow_argo.runners.display import shown_on_terminal

        with shown_on_terminal(run.name) as show:
            return outcome(run.retry(restart_successful=selector, on_progress=show))
    again = run.retry(restart_successful=selector)
    return waited(again) if options.wait else Report(f"{again.name} runs again", {"name": again.name})


def _selector(options: Namespace) -> str | None:
    """Which nodes are to run again beyond those that failed.

    Raises:
        InputError: only one of the two options that belong together is given.
    """
    if bool(options.restart_successful) != bool(options.node_field_selector):
        raise InputError(
            "--restart-successful and --node-field-selector go together",
            "say which nodes, as in --restart-successful --node-field-selector displayName=load",
        )
    return options.node_field_selector or None
