"""The same manifests on a real controller, where KUBECONFIG leads to one: it leaves the traces that are kept.

So does the engine, once more. A sample, another each day; GOLDEN=all takes all, GOLDEN=TOPIC/NAME one. The namespace is
ARGO_NAMESPACE, else `argo`; GOLDEN_LIMIT are the seconds that a manifest may take.
"""

from __future__ import annotations

import json
import os
import random
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.local import InvalidManifest

from .play import NAME, Play
from .test_golden import MANIFESTS, named, recorded
from .trace import trace

pytestmark = [pytest.mark.cluster, pytest.mark.controller]
SAMPLE = 12
LIMIT = float(os.environ.get("GOLDEN_LIMIT", "300"))
RACES = ("pods/container-set",)
"""What a controller leaves in more than one way."""


def chosen() -> list[Path]:
    wanted = os.environ.get("GOLDEN", "")
    candidates = [path for path in MANIFESTS if path.parent.name != "resource" and named(path) not in RACES]
    if wanted == "all":
        return candidates
    if wanted:
        return [path for path in candidates if named(path) == wanted]
    return random.Random(datetime.now(timezone.utc).toordinal()).sample(candidates, SAMPLE)


@pytest.fixture(scope="module")
def controller() -> Any:
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("needs KUBECONFIG")
    from .cluster import Controller

    found = Controller(os.environ.get("ARGO_NAMESPACE", "argo"))
    if not found.answers():
        pytest.skip("no controller answers in the namespace")
    return found


@pytest.mark.parametrize("path", chosen(), ids=named)
def test_the_controller_the_trace_and_the_engine_agree(path: Path, controller: Any, tmp_path: Path) -> None:
    there = controller.record(path, LIMIT)
    if path.parent.name == "hangs":
        assert there["hangs"]
        return
    assert there == recorded(path)
    assert on_the_engine(path, tmp_path) == ("rejected" if "rejected" in there else json.loads(json.dumps(there)))


def on_the_engine(path: Path, folder: Path) -> Any:
    try:
        return trace(NAME, Play(path, folder).run())
    except InvalidManifest as refusal:
        return "rejected" if refusal.rejected else {"phase": "Failed", "message": refusal.message, "nodes": {}}
