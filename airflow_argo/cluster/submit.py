"""Submitting, so that doing it twice makes one workflow.

A workflow gets a name before it is sent, and an annotation with the key of its submission: the caller's, or a hash of the
manifest.
If the API server then says that the name is taken, the object that has it is looked at: the same key means that it is this
submission's (an earlier try of the same task, or a request whose answer got lost), and it is adopted; any other is an error.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from airflow_argo.cluster.client import Api
from airflow_argo.cluster.errors import AlreadyExistsError, ConflictError, NotFoundError
from airflow_argo.cluster.manifests import (
    check_size,
    content_key,
    generated,
    key_of,
    marked,
    random_suffix,
    replacement,
    suffix_of,
)
from airflow_argo.cluster.resources import WORKFLOWS, Call, Manifest, Resource, query
from airflow_argo.cluster.snapshot import Snapshot

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Submission:
    """What came of submitting: the workflow, whether it was there already, and what was created or replaced before it."""

    workflow: Snapshot
    adopted: bool
    applied: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The workflow's name."""
        return self.workflow.name

    @property
    def uid(self) -> str:
        """The workflow's uid: give it to the wait, and another of the same name is never taken for it."""
        return self.workflow.uid


def apply_first(api: Api, documents: Iterable[tuple[Resource, Manifest]], *, dry_run: bool) -> tuple[str, ...]:
    """Create or replace what a workflow needs, in order. Returns `Kind/name` of each that had to be written."""
    documents = tuple(documents)
    for _, document in documents:
        check_size(api.place, document)
    return tuple(
        f"{resource.kind}/{document['metadata']['name']}"
        for resource, document in documents
        if _create_or_replace(api, resource, document, dry_run=dry_run)
    )


def _create_or_replace(api: Api, resource: Resource, document: Manifest, *, dry_run: bool) -> bool:
    """Whether anything had to be written."""
    name = document["metadata"]["name"]
    options = _options(dry_run=dry_run)
    for attempt in range(_ATTEMPTS):
        try:
            existing = api.send(Call("get", resource, api.namespace, name))
        except NotFoundError:
            existing = None
        try:
            if existing is None:
                api.send(Call("create", resource, api.namespace, query=options), document)
            elif (new := replacement(document, existing)) is None:
                return False
            else:
                api.send(Call("update", resource, api.namespace, name, query=options), new)
        except (AlreadyExistsError, ConflictError):  # somebody was faster
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return True
    raise AssertionError("the last attempt returns or raises")


def submit_workflow(api: Api, workflow: Manifest, *, key: str | None, dry_run: bool) -> Submission:
    """Create the workflow, or adopt the one that this submission has already made.

    Args:
        api: the connection.
        workflow: with `name` or `generateName`.
        key: tells this submission from others, and with `generateName` gives the name its end; None: the hash of the manifest,
            or with `generateName` something unique.
        dry_run: the API server checks it and keeps nothing.
    """
    check_size(api.place, workflow)
    if workflow["metadata"].get("name"):
        return _create_or_adopt(api, marked(workflow, key or content_key(workflow)), dry_run=dry_run)
    if key:
        return _create_or_adopt(api, marked(generated(workflow, suffix_of(key)), key), dry_run=dry_run)
    for _ in range(_ATTEMPTS - 1):
        candidate = marked(generated(workflow, random_suffix()), f"uuid:{uuid.uuid4()}")
        with suppress(AlreadyExistsError):  # the five letters are another's
            return _create_or_adopt(api, candidate, dry_run=dry_run)
    return _create_or_adopt(api, marked(generated(workflow, random_suffix()), f"uuid:{uuid.uuid4()}"), dry_run=dry_run)


def _create_or_adopt(api: Api, workflow: Manifest, *, dry_run: bool) -> Submission:
    create = Call("create", WORKFLOWS, api.namespace, query=_options(dry_run=dry_run))
    name = workflow["metadata"]["name"]
    for _ in range(_ATTEMPTS):
        try:
            return Submission(Snapshot(api.send(create, workflow), api.place), adopted=False)
        except AlreadyExistsError:
            pass
        try:
            existing = Snapshot(api.send(Call("get", WORKFLOWS, api.namespace, name)), api.place)
        except NotFoundError:
            continue  # deleted since
        if key_of(existing.manifest) == key_of(workflow) and not existing.manifest["metadata"].get("deletionTimestamp"):
            return Submission(existing, adopted=True)
        raise AlreadyExistsError(api.place, WORKFLOWS.kind, name, _whose(existing))
    raise AlreadyExistsError(api.place, WORKFLOWS.kind, name, "it comes and goes")


def _options(*, dry_run: bool) -> tuple[tuple[str, str], ...]:
    """Of requests that write. A field that Argo doesn't have is refused, as `argo submit` does, and not dropped in silence."""
    return query(dryRun="All" if dry_run else None, fieldValidation="Strict")


def _whose(existing: Snapshot) -> str:
    meta = existing.manifest["metadata"]
    if meta.get("deletionTimestamp"):
        return "it is being deleted"
    made = f"made at {meta.get('creationTimestamp')}, {existing.phase or 'not started'}"
    return f"{made}, {'by another submission' if key_of(existing.manifest) else 'not by this program'}"
