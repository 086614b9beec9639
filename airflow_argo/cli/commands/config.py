"""`airflow-argo config`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from airflow_argo.cli.files import settings_for
from airflow_argo.cli.report import Report, table


def config(options: Namespace) -> Report:
    """Each setting with its value and where that comes from."""
    settings = settings_for(Path(options.path) if options.path else None, options)
    rows = [(name, value or "-", settings.sources[name]) for name, value in settings.values.items()]
    data = {name: {"value": value, "source": str(settings.sources[name])} for name, value in settings.values.items()}
    return Report(table(("setting", "value", "source"), rows), data)
