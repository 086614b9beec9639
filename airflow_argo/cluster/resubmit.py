"""A new workflow like an earlier one. Pure. Source: workflow/util.FormulateResubmitWorkflow, without its memoized mode."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

from airflow_argo.cluster.manifests import KEY_ANNOTATION, override_parameters
from airflow_argo.cluster.resources import Manifest

_PREFIX: Final = "workflows.argoproj.io/"
_NOT_CARRIED: Final = frozenset(
    f"{_PREFIX}{name}"
    for name in ("creator", "creator-email", "creator-preferred-username", "phase", "completed", "workflow-archiving-status")
)
_NOT_CARRIED_ANNOTATIONS: Final = frozenset({KEY_ANNOTATION, "kubectl.kubernetes.io/last-applied-configuration"})


def formulate_resubmit(workflow: Manifest, parameters: Mapping[str, Any] | None = None) -> Manifest:
    """The workflow as it was submitted, under a generated name, with a label that names the earlier one.

    Args:
        workflow: in any phase.
        parameters: arguments to change.
    """
    meta, spec = workflow["metadata"], copy.deepcopy(workflow["spec"])
    spec.pop("shutdown", None)
    if spec.get("activeDeadlineSeconds") == 0:  # how older versions terminated
        del spec["activeDeadlineSeconds"]
    if parameters:
        override_parameters(spec, parameters)
    new: dict[str, Any] = {"generateName": meta.get("generateName") or f"{meta['name']}-"}
    labels = {key: value for key, value in (meta.get("labels") or {}).items() if key not in _NOT_CARRIED}
    new["labels"] = labels | {f"{_PREFIX}resubmitted-from-workflow": meta["name"]}
    new["annotations"] = {
        key: value for key, value in (meta.get("annotations") or {}).items() if key not in _NOT_CARRIED_ANNOTATIONS
    }
    if owners := meta.get("ownerReferences"):
        new["ownerReferences"] = copy.deepcopy(owners)
    return {"apiVersion": workflow["apiVersion"], "kind": workflow["kind"], "metadata": new, "spec": spec}
