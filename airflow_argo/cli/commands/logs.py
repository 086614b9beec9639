"""`airflow-argo logs`."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator

from airflow_argo.cli.report import Report
from airflow_argo.runners.run import LogLine


def logs(options: Namespace) -> Report:
    """Prints lines as they come; as JSON, an object a line."""
    for line in _lines(options):
        if options.output == "json":
            print(json.dumps({"step": line.step, "text": line.text}, ensure_ascii=False), flush=True)
        else:
            print(f"{line.step} | {line.text}", flush=True)
    options.output = "text"
    return Report()


def _lines(options: Namespace) -> Iterator[LogLine]:
    if options.local:
        from airflow_argo.runners.local_runs import LocalRecord

        return LocalRecord.find(options.name).logs()
    from airflow_argo.cli.clusters import runner

    return runner(options).find(options.name).logs(follow=options.follow)
