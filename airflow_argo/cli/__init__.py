"""The command line: one table of commands, for `airflow-argo …` and for `airflow argo …`."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit code, which docs/cli.md explains."""
    from airflow_argo.cli.program import run

    return run(sys.argv[1:] if arguments is None else list(arguments))
