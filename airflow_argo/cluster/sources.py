"""What a workflow can be made from: WorkflowTemplates, ClusterWorkflowTemplates and CronWorkflows that are there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from typing import Final

from airflow_argo.argo.inputs import check_inputs
from airflow_argo.cluster.manifests import from_cron_workflow, from_template
from airflow_argo.cluster.resources import (
    CLUSTER_WORKFLOW_TEMPLATES,
    CRON_WORKFLOWS,
    WORKFLOW_TEMPLATES,
    Call,
    Manifest,
    resource_named,
)
from airflow_argo.cluster.suspend import timestamp
from airflow_argo.diagnostics import InputError

_SOURCES: Final = (WORKFLOW_TEMPLATES, CLUSTER_WORKFLOW_TEMPLATES, CRON_WORKFLOWS)


def workflow_from(source: str, namespace: str, parameters: Iterable[str], found: Callable[[Call], Manifest]) -> Manifest:
    """The workflow that a source makes now.

    Args:
        source: `workflowtemplate/x` and the like; see `Cluster.submit_from`.
        namespace: that the source is in, if its kind is in any.
        parameters: names of those that are to be given.
        found: answers a call.

    Raises:
        InputError: `source` names none of these, or it has no such parameter. Whatever `found` raises.
    """
    kind, _, name = source.partition("/")
    resource = resource_named(kind, _SOURCES)
    if not (resource and name):
        kinds = ", ".join(f"{known.kind.lower()}/NAME" for known in _SOURCES)
        raise InputError(f"'{source}' is nothing to submit from", f"write one of: {kinds}")
    manifest = found(Call("get", resource, namespace, name))
    manifest = {"apiVersion": resource.api_version, "kind": resource.kind, **manifest}
    check_inputs(manifest["spec"].get("workflowSpec") or manifest["spec"], parameters)
    now = timestamp(datetime.now(timezone.utc))
    return from_cron_workflow(manifest, now) if resource is CRON_WORKFLOWS else from_template(manifest)
