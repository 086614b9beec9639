"""The arguments of a workflow against those of the templates of others that it refers to, which the cluster knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from airflow_argo.argo.inputs import check_inputs, kind_of, refers_to_others, specs_among
from airflow_argo.cluster.errors import ForbiddenError
from airflow_argo.cluster.manifests import Bundle
from airflow_argo.cluster.resources import CLUSTER_WORKFLOW_TEMPLATES, WORKFLOW_TEMPLATES, Call, Manifest

_RESOURCES = {one.kind: one for one in (WORKFLOW_TEMPLATES, CLUSTER_WORKFLOW_TEMPLATES)}


def check_arguments(documents: Bundle, parameters: Iterable[str], namespace: str, send: Callable[[Call], Manifest]) -> None:
    """Check that a workflow which refers to others has these inputs, and that none of its inputs lacks a value.

    What one that refers to none has, whoever gives it sees. Templates that stand beside it are those that will be there. Where
    templates can't be read for want of rights, nobody can tell, and the workflow is submitted.

    Raises:
        InputError: it has no such input, or another one that has no value.
        NotFoundError: there is no template that it refers to.
    """
    spec = (documents.workflow or {}).get("spec") or {}
    if not refers_to_others(spec):
        return
    beside = specs_among(document for _, document in documents.first)

    def spec_of(reference: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if (found := beside(reference)) is not None:
            return found
        call = Call("get", _RESOURCES[kind_of(reference)], namespace, str(reference.get("name")))
        try:
            return send(call).get("spec") or {}
        except ForbiddenError:
            return None

    check_inputs(spec, parameters, spec_of)
