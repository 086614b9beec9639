"""`airflow-argo logs`."""

from __future__ import annotations

import json
from argparse import Namespace

from airflow_argo.cli.clusters import named_run
from airflow_argo.cli.report import Report


def logs(options: Namespace) -> Report:
    """Prints lines as they come; as JSON, an object a line."""
    for line in named_run(options).logs(follow=options.follow):
        if options.output == "json":
            print(json.dumps({"step": line.step, "text": line.text}, ensure_ascii=False), file=options.stdout, flush=True)
        else:
            print(f"{line.step} | {line.text}", file=options.stdout, flush=True)
    options.output = "text"
    return Report()
