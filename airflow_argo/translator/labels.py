"""By what the runs of a DAG are found on a cluster, and its task groups in them."""

from __future__ import annotations

import json
from typing import Any

from airflow_argo.pod.airflow_task.workflows import DAG_ID_LABEL, DESCRIPTION, NAMESPACE_VARIABLE, RUN_ID, TASK_GROUPS, label_of

__all__ = ["DAG_ID_LABEL", "DESCRIPTION", "NAMESPACE_VARIABLE", "RUN_ID", "annotations_of", "label_of"]


MAX_GROUPS = 100_000
"""Characters of the annotation with the groups: Kubernetes takes 256 KiB of annotations."""


def annotations_of(dag: Any) -> dict[str, str]:
    """The annotations of a DAG's workflow: its id, and the tasks of its groups, which sensors of other DAGs may ask for."""
    found = {DAG_ID_LABEL: dag.dag_id}
    groups = {group_id: _own(group) for group_id, group in dag.task_group.get_task_group_dict().items() if group_id}
    text = json.dumps(groups, sort_keys=True, separators=(",", ":"))
    return {**found, TASK_GROUPS: text} if groups and len(text) <= MAX_GROUPS else found


def _own(group: Any) -> tuple[list[str], list[str]]:
    children = group.children.items()
    tasks = sorted(key for key, child in children if hasattr(child, "task_id"))
    return tasks, sorted(key for key, child in children if not hasattr(child, "task_id"))
