"""`airflow-argo version`."""

from __future__ import annotations

import platform
from argparse import Namespace
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of

from airflow_argo import __version__
from airflow_argo.cli.report import Report

_ARGO = "4.1"
"""The version of Argo Workflows whose semantics this is."""


def version(_options: Namespace) -> Report:
    """The versions that matter."""
    found = {
        "airflow-argo": __version__,
        "argo": _ARGO,
        "airflow": _version("apache-airflow"),
        "python": platform.python_version(),
    }
    return Report("\n".join(f"{name} {number}" for name, number in found.items()), found)


def _version(distribution: str) -> str:
    try:
        return version_of(distribution)
    except PackageNotFoundError:
        return "not installed"
