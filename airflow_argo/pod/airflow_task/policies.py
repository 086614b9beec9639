"""Cluster policies: what `airflow_local_settings`, or a package, changes in each DAG and task as Airflow loads it.

Source: airflow.policies; airflow.dag_processing.dagbag, DagBag.bag_dag; airflow.settings.initialize.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Iterable

_LOCAL = "airflow_local_settings"
_USED = "_airflow_argo_used"


def apply_policies(dag: Any, tasks: Iterable[Any]) -> None:
    """Changes a DAG, and tasks of it, as the policies of this Airflow say.

    Raises:
        AirflowClusterPolicyViolation: a policy refuses the DAG.
        AirflowClusterPolicySkipDag: a policy leaves it out.
        Exception: whatever else a policy raises.
    """
    from airflow import settings

    use_policies()
    settings.dag_policy(dag)
    for task in tasks:
        settings.task_policy(task)


def use_policies() -> None:
    """Makes the policies known to an Airflow that was imported without a database, which doesn't look for them itself."""
    from airflow import settings

    folder = os.path.join(settings.AIRFLOW_HOME, "config")
    if folder not in sys.path:
        sys.path.append(folder)
    if hasattr(settings, "get_policy_plugin_manager"):
        manager = settings.get_policy_plugin_manager()
    else:  # before 3.2
        if getattr(settings, "POLICY_PLUGIN_MANAGER", None) is None:
            settings.configure_policy_plugin_manager()
        manager = settings.POLICY_PLUGIN_MANAGER
    if _LOCAL not in sys.modules and not hasattr(manager, _USED):
        settings.load_policy_plugins(manager)
        settings.import_local_settings()
        setattr(manager, _USED, True)
