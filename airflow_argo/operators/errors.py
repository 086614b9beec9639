"""How tasks that wait for workflows fail."""

from __future__ import annotations

from airflow_argo._compat import AirflowException


class WorkflowFailed(AirflowException):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """The workflow ended as Failed or Error, or vanished, or took too long."""
