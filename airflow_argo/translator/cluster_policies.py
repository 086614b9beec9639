"""Cluster policies, as they are where DAGs are translated. Source: airflow.dag_processing.dagbag, DagBag.bag_dag."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from airflow_argo.diagnostics import Origin
from airflow_argo.pod.airflow_task.policies import apply_policies
from airflow_argo.translator.dag_file_errors import DagFileError


def is_kept_by_policies(dag: Any, file: Path) -> bool:
    """Whether no policy leaves out a DAG, which is changed as they say. Where Airflow was started whole, its DagBag does that.

    Raises:
        DagFileError: a policy refuses it, or fails.
    """
    from airflow.exceptions import AirflowClusterPolicySkipDag, AirflowClusterPolicyViolation

    if not os.environ.get("_AIRFLOW__AS_LIBRARY"):
        return True
    try:
        apply_policies(dag, dag.tasks)
    except AirflowClusterPolicySkipDag:
        return False
    except AirflowClusterPolicyViolation as error:
        found, cure = f"a cluster policy refuses DAG '{dag.dag_id}': {error}", "do as it says"
    except Exception as error:  # noqa: BLE001 - a border: whatever a policy raises
        found = f"a cluster policy fails on DAG '{dag.dag_id}': {type(error).__name__}: {error}"
        cure = "correct airflow_local_settings"
    else:
        return True
    raise DagFileError("AA113", found, cure, Origin(str(file)))


def changes_instances() -> bool:
    """Whether a policy changes each instance of a task before it is queued: `task_instance_mutation_hook`."""
    from airflow import settings

    return not getattr(settings.task_instance_mutation_hook, "is_noop", True)
