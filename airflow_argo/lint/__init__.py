"""Every fault found offline in a manifest: `lint`. One rule a function, in `airflow_argo.lint.rules`."""

from airflow_argo.lint.linting import VERSIONS, Source, lint, lint_sources
from airflow_argo.lint.schemas import CrdSchema, HeraSchema, Schema

__all__ = ["VERSIONS", "CrdSchema", "HeraSchema", "Schema", "Source", "lint", "lint_sources"]
