"""What an API server with Argo's full CRDs says of a manifest: a dry run of its creation, where KUBECONFIG names one.

For tests of any folder: `from accepted import accept`, and call it with each manifest that a test compiles.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from airflow_argo.cluster.client import connect
from airflow_argo.cluster.config import find_connection
from airflow_argo.cluster.resources import CRON_WORKFLOWS, WORKFLOW_TEMPLATES, WORKFLOWS, Call

KINDS = {"Workflow": WORKFLOWS, "WorkflowTemplate": WORKFLOW_TEMPLATES, "CronWorkflow": CRON_WORKFLOWS}


def accept(manifest: dict[str, Any], *, namespace: str = "default") -> dict[str, Any]:
    """The manifest, which the API server would take; raises what it says if it wouldn't. Without a server nothing is asked."""
    if os.environ.get("KUBECONFIG"):
        resource = KINDS[manifest["kind"]]
        own = {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}
        _api().send(Call("create", resource, namespace, query=(("dryRun", "All"),)), own)
    return manifest


@lru_cache(maxsize=1)
def _api() -> Any:
    return connect(find_connection(os.environ["KUBECONFIG"]), "default")
