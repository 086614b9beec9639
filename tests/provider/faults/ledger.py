"""Who has made which workflow, seen from outside: by a watch of its own, past every fault."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from airflow_argo.cluster.resources import WORKFLOWS
from airflow_argo.cluster.watch import Seen, Vanished
from airflow_argo.cluster.watching import Watching

LABEL = "airflow-argo.io/"


@dataclass
class Entry:
    """One workflow object. `seen` and `ended`: seconds since 1970, by our clock."""

    name: str
    uid: str
    labels: dict
    run_id: str
    seen: float = field(default_factory=time.time)
    phase: str = ""
    ended: float | None = None
    gone: bool = False

    @property
    def index(self):
        return int(self.labels.get(f"{LABEL}map-index", -1))

    @property
    def attempt(self):
        return int(self.labels.get(f"{LABEL}try-number", 0))


class Ledger:
    """Use as a context manager. `entries`: uid → Entry, of all workflows that there ever were."""

    def __init__(self, api):
        self.entries = {}
        self._watching = Watching(api, WORKFLOWS)
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._watching.stop()

    def of(self, run_ids):
        """The entries of some runs."""
        return [one for one in list(self.entries.values()) if one.run_id in run_ids]

    def _read(self):
        for change in self._watching.changes():
            match change:
                case Seen(manifest):
                    self._note(manifest)
                case Vanished(uid, _, manifest):
                    if manifest:
                        self._note(manifest)
                    if uid in self.entries:
                        self.entries[uid].gone = True

    def _note(self, manifest):
        meta = manifest["metadata"]
        run_id = (meta.get("annotations") or {}).get(f"{LABEL}run-id", "")
        entry = self.entries.setdefault(meta["uid"], Entry(meta["name"], meta["uid"], meta.get("labels") or {}, run_id))
        entry.phase = (manifest.get("status") or {}).get("phase") or ""
        if entry.ended is None and entry.phase in ("Succeeded", "Failed", "Error"):
            entry.ended = time.time()
