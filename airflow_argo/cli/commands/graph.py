"""`airflow-argo graph`."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_argo.cli.files import Source, one_source
from airflow_argo.cli.report import Report
from airflow_argo.diagnostics import InputError

if TYPE_CHECKING:
    from airflow_argo.graph.model import Picture
    from airflow_argo.runners.run import Run


def graph(options: Namespace) -> Report:
    """A picture of a workflow, coloured by a run if one is named.

    Raises:
        InputError: the run is of another workflow.
    """
    from airflow_argo.graph import FORMATS, picture

    source = one_source(options)
    run = _run(options)
    drawn = picture(_manifest(source), status=None if run is None else run.raw_status(), show_all=options.all)
    if run is not None:
        if _is_of_another(drawn, run.raw_status()):
            raise InputError(f"run '{run.name}' is of another workflow than {source.name}", "give the file that it was made of")
        drawn = replace(drawn, name=run.name)
    text = FORMATS[options.output](drawn)
    return Report(
        text, data=json.loads(text) if options.output == "json" else None, findings=source.diagnostics, ported=source.ported
    )


def _manifest(source: Source) -> Mapping[str, Any]:
    """The one object of a file that can be drawn; of several the Workflow, to which templates beside it belong."""
    from airflow_argo.graph.source import KINDS

    if source.compiled is not None:
        manifest: Mapping[str, Any] = source.compiled.manifest()
        return manifest
    drawable = [document for document in source.documents if document.get("kind") in KINDS]
    found = [document for document in drawable if document["kind"] == "Workflow"] or drawable
    if len(found) == 1:
        return found[0]
    what = f"there are {len(found)} of them" if found else "there is none"
    raise InputError(f"one workflow can be drawn, and {what} in {source.name}", "give a file with one")


def _run(options: Namespace) -> Run | None:
    if not options.run_name:
        return None
    if options.local:
        from airflow_argo.runners.local_runs import find_run

        return find_run(options.run_name)
    from airflow_argo.cli.clusters import runner

    return runner(options).find(options.run_name)


def _is_of_another(drawn: Picture, status: Mapping[str, Any]) -> bool:
    """Whether a run has begun, and yet nothing that is drawn has."""
    begun = len(status.get("nodes") or {}) > 1
    return begun and not any(node.outcome and node.outcome.state for node in drawn.nodes)
