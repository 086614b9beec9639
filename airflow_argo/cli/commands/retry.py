"""`airflow-argo retry`."""

from __future__ import annotations

from argparse import Namespace

from airflow_argo.cli.commands.run import outcome
from airflow_argo.cli.report import Report


def retry(options: Namespace) -> Report:
    """Runs the failed part of a workflow again."""
    if options.local:
        from airflow_argo.runners.display import shown_on_terminal
        from airflow_argo.runners.local import LocalRunner
        from airflow_argo.runners.local_runs import LocalRecord

        with shown_on_terminal(options.name) as show:
            return outcome(LocalRunner().retry(LocalRecord.find(options.name).folder, on_progress=show))
    from airflow_argo.cli.clusters import runner

    run = runner(options).find(options.name).retry()
    if options.wait:
        from airflow_argo.cli.commands.wait import waited

        return waited(run, options)
    return Report(f"{run.name} runs again", {"name": run.name})
