"""Workflows that stand still: their pods have ended, and nobody takes note of it."""

from __future__ import annotations

from airflow_argo.cluster.client import MERGE_PATCH
from airflow_argo.cluster.resources import PODS, Call

from .controller import set_status

LABEL = "workflows.argoproj.io/"


def node(id, name, phase):
    return {"id": id, "name": f"{name}.{id}", "displayName": f"step {id}", "type": "Pod", "phase": phase}


def stand_still(api, kubelet, name, *ids):
    """Let a workflow have a pod for each of some nodes, that has ended while the node runs."""
    set_status(api, name, "Running", nodes={id: node(id, name, "Running") for id in ids})
    for id in ids:
        kubelet.run(name, id, state="terminated")


def change_pod(api, name, id, **meta):
    """Change the metadata of a node's pod."""
    patch = {"metadata": meta}
    api.send(Call("patch", PODS, api.namespace, f"{name}-{id}"), patch, content_type=MERGE_PATCH)
