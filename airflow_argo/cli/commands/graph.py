"""`airflow-argo graph`."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from airflow_argo.cli.files import one_source
from airflow_argo.cli.report import Report


def graph(options: Namespace) -> Report:
    """A picture of a workflow, coloured by a run if one is named."""
    from airflow_argo.graph import draw

    source = one_source(options)
    manifest = source.compiled.manifest() if source.compiled else source.runnable().manifest
    text = draw(manifest, options.output, status=_status(options), show_all=options.all)
    options.output = "text"
    return Report(text)


def _status(options: Namespace) -> dict[str, Any] | None:
    if not options.run_name:
        return None
    if options.local:
        from airflow_argo.runners.local_runs import find_run

        return find_run(options.run_name).raw_status()
    from airflow_argo.cli.clusters import runner

    return runner(options).find(options.run_name).raw_status()
