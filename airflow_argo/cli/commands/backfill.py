"""`airflow-argo backfill`."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from airflow_argo.cli.files import Source, settings_for, source_of, take_values
from airflow_argo.cli.report import Report, show_findings, table
from airflow_argo.diagnostics import ExitCode, InputError, Origin

_RERUN = {
    "none": frozenset(),
    "failed": frozenset({"Failed", "Error"}),
    "completed": frozenset({"Failed", "Error", "Succeeded"}),
}


def backfill(options: Namespace) -> Report:
    """Plans the runs of a DAG in a time by Airflow's own timetable, and runs them, so many at once."""
    source, planned = _source_and_plan(options)
    runs = _runs(source, planned, options)
    data = {"dag_id": source.name, "max_active_runs": options.max_active_runs, "dry_run": options.dry_run}
    if options.dry_run:
        return Report(_shown(runs), {**data, "runs": [run.to_json() for run in runs]}, findings=source.diagnostics)
    show_findings(source.diagnostics)
    made = _run(source, runs, options)
    counts = dict(Counter(run.phase for run in runs))
    data |= {"counts": counts, "runs": [run.to_json() for run in runs]}
    if made.succeeded:
        return Report(_shown(runs), data)
    hint = "the same command with --reprocess-behavior failed runs again what failed"
    return Report(_shown(runs), data, exit_code=ExitCode.RUN_FAILED, hint=hint)


def _source_and_plan(options: Namespace) -> tuple[Source, list[Any]]:
    """The workflow of the DAG, and the runs that Airflow would make of it."""
    from airflow_argo.translator.isolated import IsolatedTranslator

    path, first, last = Path(options.file), _date(options.from_date), _date(options.to_date)
    take_values(options)
    with IsolatedTranslator(options.load_timeout) as translator:
        settings = settings_for(path, options)
        translations = translator.translate(path, settings, dag_id=options.dag_id)
        if len(translations) > 1:
            names = ", ".join(one.dag_id for one in translations)
            raise InputError(f"there are several DAGs in it: {names}", "choose one with --dag-id", Origin(str(path)))
        translations[0].required()
        dag_id = translations[0].dag_id
        planned = translator.planned_runs(path, settings, dag_id, first, last, backwards=options.run_backwards)
    return source_of(translations[0], path), planned


def _runs(source: Source, planned: list[Any], options: Namespace) -> list[Any]:
    from airflow_argo.argo.limits import MAX_WORKFLOW_NAME
    from airflow_argo.argo.names import object_name
    from airflow_argo.cli.files import parameters_of
    from airflow_argo.runners.backfill import BackfillRun

    given = parameters_of(options)
    if options.conf:
        given["conf"] = _conf(options.conf)
    given = source.runnable().inputs(given)
    return [
        BackfillRun(
            object_name(f"{source.name}-backfill-{_date(run.logical_date):%Y%m%d-%H%M%S}", MAX_WORKFLOW_NAME),
            {**given, **run.parameters()},
        )
        for run in planned
    ]


def _conf(text: str) -> str:
    """The runs' configuration."""
    try:
        conf = json.loads(text)
    except ValueError as error:
        raise InputError(f"--dag-run-conf is no JSON: {error}", 'write {"name": value}') from None
    if not isinstance(conf, dict):
        raise InputError("--dag-run-conf is no object", 'write {"name": value}')
    return text


def _run(source: Source, runs: list[Any], options: Namespace) -> Any:
    from airflow_argo.runners.backfill import Backfill
    from airflow_argo.runners.backfill_places import OnCluster, OnThisMachine

    what, rerun = source.runnable(), _RERUN["failed" if options.rerun_failed else options.reprocess_behavior]
    ended = 0

    def tell(run: Any) -> None:
        nonlocal ended
        ended += run.done
        print(f"[{ended}/{len(runs)}] {run.parameters['run_id']}  {run.phase}  {run.name}", file=sys.stderr)

    if options.local:
        with OnThisMachine(what) as here:
            made = Backfill(here, runs, options.max_active_runs, rerun, tell)
            made.run(options.timeout)
        return made
    from airflow_argo.cli.clusters import runner

    labels = what.manifest["metadata"]["labels"]
    selector = ",".join(f"{name}={value}" for name, value in labels.items() if name.startswith("airflow-argo.io/"))
    made = Backfill(OnCluster(runner(options).cluster, what, selector), runs, options.max_active_runs, rerun, tell)
    made.run(options.timeout)
    return made


def _shown(runs: list[Any]) -> str:
    rows = [(run.parameters["run_id"], run.parameters["logical_date"], _interval(run), run.phase, run.name) for run in runs]
    return table(("run id", "logical date", "data interval", "status", "name"), rows)


def _interval(run: Any) -> str:
    start, end = run.parameters["data_interval_start"], run.parameters["data_interval_end"]
    return start if start == end else f"{start} to {end}"


def _date(text: str) -> datetime:
    """A date with or without time; UTC's if it has no zone, as Airflow takes it."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise InputError(f"'{text}' is no date", "write 2024-01-31, or 2024-01-31T06:00:00+00:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
