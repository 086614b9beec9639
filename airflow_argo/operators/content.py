"""What a workflow was made of, so that a task that is cleared knows whether its author has written something else since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from airflow_argo.cluster import Snapshot
from airflow_argo.operators.attempts import PREFIX
from airflow_argo.operators.sources import Source

CONTENT: Final = f"{PREFIX}content"
"""Annotation: the digest of the documents and arguments that the workflow was made of."""


def content_of(source: Source, parameters: Mapping[str, Any] | None = None) -> str:
    """The digest of what is submitted.

    Args:
        parameters: those that its author gives, on top of the source's.
    """
    said = (source.documents, source.template, {**source.parameters, **(parameters or {})})
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def is_made_of(workflow: Snapshot, content: str) -> bool:
    """Whether a workflow was made of this; also where it doesn't say of what."""
    noted = (workflow.manifest["metadata"].get("annotations") or {}).get(CONTENT)
    return noted in (None, content)
