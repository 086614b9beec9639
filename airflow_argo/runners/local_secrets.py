"""Secrets of a run on this machine: Airflow's Variables and Connections, from the environment as Airflow itself reads them."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from typing import Any

from airflow_argo.diagnostics import InputError
from airflow_argo.runners.sources import Runnable
from airflow_argo.translator.value_files import CONNECTION_PREFIX, VARIABLE_PREFIX

Dict = dict[str, Any]


def local_secrets(what: Runnable) -> list[Dict]:
    """Secrets with Airflow's Variables and Connections, as far as the workflow needs them and the environment has them."""
    there = {str(document["metadata"]["name"]) for document in what.documents if document.get("kind") == "Secret"}
    wanted: dict[str, dict[str, str]] = {}
    for secret, key, optional in _secret_keys(what.manifest.get("spec")):
        value = os.environ.get(VARIABLE_PREFIX + key.upper())
        if secret in there or (value is None and optional):
            continue
        if value is None:
            cure = f"set {VARIABLE_PREFIX}{key.upper()}, or give the Secret beside the workflow"
            raise InputError(f"the workflow needs key '{key}' of Secret '{secret}', and there is no cluster to have it", cure)
        wanted.setdefault(secret, {})[key] = base64.b64encode(value.encode()).decode()
    for secret, prefix in set(_whole_secrets(what.manifest.get("spec"))):
        for name, value in os.environ.items():
            if secret not in there and name.startswith(prefix):
                wanted.setdefault(secret, {})[name[len(prefix) :]] = base64.b64encode(value.encode()).decode()
    return [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data} for name, data in wanted.items()]


def _whole_secrets(found: Any) -> Iterator[tuple[str, str]]:
    """Secrets all of whose keys become Airflow's Connections or Variables: (name, prefix)."""
    if isinstance(found, dict):
        for source in found.get("envFrom") or ():
            if source.get("prefix") in (VARIABLE_PREFIX, CONNECTION_PREFIX) and "secretRef" in source:
                yield str(source["secretRef"].get("name")), str(source["prefix"])
        for part in found.values():
            yield from _whole_secrets(part)
    elif isinstance(found, list):
        for part in found:
            yield from _whole_secrets(part)


def _secret_keys(found: Any) -> Iterator[tuple[str, str, bool]]:
    """Keys of Secrets that containers refer to: (secret, key, whether it may be absent)."""
    if isinstance(found, dict):
        ref = found.get("secretKeyRef")
        if isinstance(ref, dict):
            yield str(ref.get("name")), str(ref.get("key")), bool(ref.get("optional"))
        for part in found.values():
            yield from _secret_keys(part)
    elif isinstance(found, list):
        for part in found:
            yield from _secret_keys(part)
