"""The CustomResourceDefinitions of Argo's kinds, as a cluster has them."""

from __future__ import annotations

from typing import Final

from airflow_argo.cluster.client import Api
from airflow_argo.cluster.resources import (
    CLUSTER_WORKFLOW_TEMPLATES,
    CRON_WORKFLOWS,
    WORKFLOW_TEMPLATES,
    WORKFLOWS,
    Call,
    Manifest,
    Resource,
)

_DEFINITIONS: Final = Resource(
    "CustomResourceDefinition", "customresourcedefinitions", group="apiextensions.k8s.io", version="v1", namespaced=False
)


def argo_definitions(api: Api) -> dict[str, Manifest]:
    """The definitions by kind. Reading them needs the right to get customresourcedefinitions.

    Raises:
        ClusterError: one isn't there, or can't be read.
    """
    kinds = (WORKFLOWS, WORKFLOW_TEMPLATES, CLUSTER_WORKFLOW_TEMPLATES, CRON_WORKFLOWS)
    return {one.kind: api.send(Call("get", _DEFINITIONS, "", f"{one.plural}.{one.group}")) for one in kinds}
