"""What an API server with Argo's full CRDs says of a manifest: a dry run of its creation, where KUBECONFIG names one.

For tests of any folder: `from accepted import accept`, and call it with each manifest that a test compiles.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any


def accept(manifest: dict[str, Any], *, namespace: str = "default") -> dict[str, Any]:
    """The manifest, which the API server would take; raises what it says if it wouldn't. Without a server nothing is asked."""
    if os.environ.get("KUBECONFIG"):
        own = {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}
        dry_run(own)
    return manifest


def dry_run(manifest: dict[str, Any]) -> dict[str, Any]:
    """What the API server of KUBECONFIG answers to the creation of an object that it then doesn't keep."""
    from airflow_argo.cluster.resources import CRON_WORKFLOWS, WORKFLOW_TEMPLATES, WORKFLOWS, Call

    resource = next(one for one in (WORKFLOWS, WORKFLOW_TEMPLATES, CRON_WORKFLOWS) if one.kind == manifest["kind"])
    call = Call("create", resource, manifest["metadata"]["namespace"], query=(("dryRun", "All"),))
    return _api().send(call, manifest)


@lru_cache(maxsize=1)
def _api() -> Any:
    from airflow_argo.cluster.client import connect
    from airflow_argo.cluster.config import find_connection

    return connect(find_connection(os.environ["KUBECONFIG"]), "default")
