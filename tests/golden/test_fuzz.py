"""Random manifests end as on the controller, in all: those that once didn't, and a choice that has each feature."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.local import InvalidManifest, load

from .fuzz.engine import on_the_engine
from .fuzz.judged import compared
from .fuzz.manifests import manifest
from .play import in_namespace

KEPT = [json.loads(line) for line in (Path(__file__).parent / "fuzz" / "kept.jsonl").read_text(encoding="utf-8").splitlines()]
"""Each with the controller's word."""


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: str(kept["number"]))
def test_ends_as_on_argo_in_all(kept: dict[str, Any]) -> None:
    assert compared(kept["end"], on_the_engine(kept["documents"])) == []


def test_what_differs_is_found() -> None:
    end = next(kept["end"] for kept in KEPT if len(kept["end"].get("nodes", {})) > 2 and not kept["end"].get("hangs"))
    other = copy.deepcopy(end)
    node = other["nodes"].popitem()[0]
    next(iter(other["nodes"].values()))["children"].append("@.other")
    found = compared(end, other)
    assert len(found) == 2
    assert any(f"/nodes/{node}: Argo" in line for line in found)
    assert any("/children: Argo" in line for line in found)


@pytest.mark.parametrize("first", range(0, 100, 50))
def test_random_manifests_can_be_run_or_are_refused_by_argo(first: int) -> None:
    refused = 0
    for number in range(first, first + 50):
        documents, features = manifest(number)
        assert (documents, features) == manifest(number)
        try:
            load(in_namespace(document) for document in documents)
        except InvalidManifest:
            refused += 1
    assert refused < 15
