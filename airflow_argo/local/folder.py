"""The folder of a run: what is in it, and who may use it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from airflow_argo.local.errors import RunExists, RunIsGoingOn
from airflow_argo.local.journal import FILE as JOURNAL
from airflow_argo.local.pods.pod import Folders, remove_folder

STATUS: Final = "status.json"


def default_folder(name: str) -> Path:
    """Where a run's folder is if nothing else is said: `$XDG_STATE_HOME/airflow-argo/runs/<name>`."""
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "airflow-argo" / "runs" / name


def is_going_on(folder: Path) -> bool:
    """Whether a process executes the run in a folder."""
    place = RunFolder(folder)
    try:
        place.take()
    except RunIsGoingOn:
        return True
    place.give_back()
    return False


@dataclass(slots=True)
class RunFolder:
    """`journal.jsonl`, `status.json`, `logs/`, `artifacts/` stay; `work/`, `claims/` and `control` are there while it runs."""

    root: Path
    _lock: int = -1

    @property
    def pods(self) -> Folders:
        """Where pods put things."""
        return Folders(
            work=self.root / "work", logs=self.root / "logs", artifacts=self.root / "artifacts", claims=self.root / "claims"
        )

    def create(self) -> None:
        """Make the folder, for this process alone.

        Raises:
            RunExists: there is a run in it.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        self.take()
        if (self.root / JOURNAL).exists():
            self.give_back()
            raise RunExists(self.root)
        self._make_folders()

    def reopen(self) -> None:
        """Go on with a run that broke off; of its processes nothing is left.

        Raises:
            RunIsGoingOn: it did not.
        """
        self.take()
        remove_folder(self.pods.work)
        self._make_folders()

    def _make_folders(self) -> None:
        for folder in (self.pods.work, self.pods.logs, self.pods.artifacts, self.pods.claims):
            folder.mkdir(exist_ok=True)

    def take(self) -> None:
        """Keep other engines out, as long as this process lives."""
        self._lock = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.give_back()
            raise RunIsGoingOn(self.root) from None

    def give_back(self) -> None:
        """Let others in."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def clean(self, *, claims: bool) -> None:
        """Remove what is there only while a run goes on; `claims` if it is over for good."""
        remove_folder(self.pods.work)
        if claims:
            remove_folder(self.pods.claims)

    def write_status(self, status: Mapping[str, Any]) -> None:
        """Keep the status, whole or not at all.

        Raises:
            OSError: there is no room for it.
        """
        text = json.dumps(status, ensure_ascii=False, separators=(",", ":"))
        path = self.root / f"{STATUS}.new"
        try:
            path.write_text(text, encoding="utf-8", errors="surrogatepass")
            path.replace(self.root / STATUS)
        except OSError:
            path.unlink(missing_ok=True)
            raise
