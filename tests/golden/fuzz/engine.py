"""A random manifest on the engine."""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from airflow_argo.local import Engine, InvalidManifest, JumpingClock, SystemClock, load
from tests.golden.play import NAME, in_namespace

from .judged import judged

Document = dict[str, Any]
SECONDS = 120.0
"""After which a run is stopped, so that it ends differently."""

_PODS = ("container", "script", "containerSet", "resource")


def on_the_engine(documents: list[Document]) -> Document:
    """How it ends here, as `judged` has it; or that it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            program = load(in_namespace(document) for document in documents)
            clock = SystemClock() if _has_pods(documents) else JumpingClock(time.time())
            engine = Engine(program, name=NAME, folder=Path(folder) / "run", clock=clock)
            timer = threading.Timer(SECONDS, engine.stop, ("Terminate",))
            timer.start()
            status = engine.run()
            timer.cancel()
        except InvalidManifest as refusal:
            if refusal.rejected:
                return {"rejected": "; ".join(f"{found.path}: {found.message}" for found in refusal.diagnostics)}
            return {"phase": "Failed", "message": refusal.message, "nodes": {}}
    found = judged(NAME, status)
    return found | {"hangs": True} if status.get("engine", {}).get("hangs") else found


def _has_pods(value: Any) -> bool:
    if isinstance(value, dict):
        return any(key in _PODS or _has_pods(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_has_pods, value))
