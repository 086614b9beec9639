"""Steps that run again: as the DAG file has them by now, which may have been changed since the workflow was made."""

from __future__ import annotations

from typing import Any

from airflow_argo.cluster import Snapshot
from airflow_argo.cluster.manifests import bundle, prepared
from airflow_argo.cluster.resources import Manifest
from airflow_argo.operators.content import CONTENT, content_of, is_made_of
from airflow_argo.operators.sources import Nothing


def as_written_now(workflow: Snapshot, part: Any, namespace: str, context: Any, log: Any) -> list[Manifest] | None:
    """The documents that the tasks would be submitted as, or None if the workflow was made of these.

    Arguments have the values of the present run, or, where the author of the submission has given others, those.

    Args:
        part: the PartOfDag.

    Raises:
        AirflowArgoError: the tasks can't be translated as they are now.
    """
    try:
        source = part.source_in(context, log)
    except Nothing:  # what came before has been cleared, and ended otherwise
        return None
    content = content_of(source)
    if is_made_of(workflow, content):
        return None
    documents = bundle(source.documents, namespace)
    assert documents.workflow is not None
    known = {one["name"] for one in _arguments(documents.workflow)}
    values = {one["name"]: one["value"] for one in _arguments(workflow.manifest) if "value" in one and one["name"] in known}
    newer = prepared(
        documents.workflow,
        name=workflow.name,
        parameters={**values, **source.parameters},
        annotations={CONTENT: content},
    )
    return [*(document for _, document in documents.first), newer]


def _arguments(workflow: Manifest) -> list[Manifest]:
    return list((workflow["spec"].get("arguments") or {}).get("parameters") or ())
