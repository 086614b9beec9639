"""Workflows that stand still though their pods have ended. Nothing in such a workflow tells.

Argo ends a workflow that it can't store any more as Error; but not if that is found when the workflow has just ended otherwise:
it then fails at this with each look, and goes on as if there were nothing new (golden/hangs/workflow-over-1mib). The same is
seen where no controller runs. A pod counts that had ended at the look before, so that no clock but that of who waits matters.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from airflow_argo.argo.phases import FULFILLED
from airflow_argo.cluster.client import Api
from airflow_argo.cluster.errors import ClusterError
from airflow_argo.cluster.log_lines import node_id_of
from airflow_argo.cluster.logs import list_pods
from airflow_argo.cluster.snapshot import Snapshot

QUIET: Final = 150.0
"""Seconds without a change after which one looks: a controller takes note of a pod's end within moments."""

_ENDED: Final = frozenset({"Succeeded", "Failed"})


@dataclass(slots=True)
class StandstillWatch:
    """Looks after a workflow, whenever nothing has changed in it for a while."""

    api: Api
    _before: frozenset[str] = frozenset()
    _told: set[str] = field(default_factory=set)

    def look(self, workflow: Snapshot) -> list[str]:
        """The names of the nodes whose pods' end Argo takes no note of; each is told once. None where pods can't be seen."""
        with suppress(ClusterError):
            nodes = workflow.nodes
            ended = {node_id_of(pod) for pod in list_pods(self.api, workflow.name) if pod["status"].get("phase") in _ENDED}
            unseen = frozenset(node for node in ended if (nodes.get(node) or {}).get("phase") not in FULFILLED)
            found = sorted((unseen & self._before) - self._told)
            self._before = unseen
            self._told.update(found)
            return [str((nodes.get(node) or {}).get("displayName") or node) for node in found]
        return []
