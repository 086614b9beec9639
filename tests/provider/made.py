"""What Airflows have made on a cluster."""

from __future__ import annotations


def made_by_airflow(cluster):
    """The workflows in a namespace that tasks have submitted, and nobody else."""
    return list(cluster.list(label_selector="airflow-argo.io/task-id"))
