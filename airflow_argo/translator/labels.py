"""By what the runs of a DAG are found on a cluster."""

from __future__ import annotations

DAG_ID_LABEL = "airflow-argo.io/dag-id"
"""A label with the DAG's id, as far as a label can say it, and an annotation with all of it."""

RUN_ID = "airflow-argo.io/run-id"
"""An annotation of workflows that a workflow creates: Airflow's id of the run."""


def label_of(text: str) -> str:
    """A text as the value of a label."""
    return "".join(char if char.isascii() and (char.isalnum() or char in "-._") else "-" for char in text)[:63].strip("-._")
