"""The runs that this machine remembers: found by name, whichever process made them."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from airflow_argo.argo.phases import RUNNING
from airflow_argo.diagnostics import AirflowArgoError, InputError
from airflow_argo.local import RunIsGoingOn, default_folder, is_going_on, resume_from, send_command
from airflow_argo.runners.local_logs import LocalLogs
from airflow_argo.runners.run import LogLine, OnProgress, Progress, Run
from airflow_argo.runners.waiting import NotDoneInTime

Dict = dict[str, Any]

LOOK = 0.5
"""Seconds between two looks at a run of another process."""


class RecordedRun(Run):
    """A run in a folder: ended, broken off, or going on in some process.

    Attributes:
        folder: its journal and logs.
    Raises:
        RunNotFound: the folder holds none that can be read.
    """

    def __init__(self, folder: Path) -> None:
        engine = resume_from(folder)
        super().__init__(engine.name, engine.workflow)
        self.folder = folder

    @property
    def going_on(self) -> bool:
        """Whether a process executes it."""
        return is_going_on(self.folder)

    def raw_status(self) -> Dict:
        """The status as Argo has it, now."""
        going_on = self.going_on
        try:
            if going_on:
                raise ValueError("the file is of an earlier time")
            status: Dict = json.loads((self.folder / "status.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            status = resume_from(self.folder).status
        if status.get("phase") == RUNNING and not going_on:
            status["message"] = f"broke off; airflow-argo run --resume {self.name} goes on"
        return status

    def wait(self, timeout: float | None = None, on_progress: OnProgress | None = None) -> RecordedRun:
        """Waits until the process that executes it is done with it."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            going_on = self.going_on
            if on_progress is not None:
                on_progress(Progress(self.manifest, self.raw_status()))
            if not going_on:
                return self
            if end is not None and time.monotonic() >= end:
                raise NotDoneInTime(self.name, timeout or 0)
            time.sleep(LOOK)

    def logs(self, *, follow: bool = False) -> Iterator[LogLine]:
        """What its steps wrote; with `follow` until it is done."""
        logs = LocalLogs(self.folder, self.manifest, self.raw_status)
        return logs.follow(lambda: not self.going_on) if follow and self.going_on else logs.read()

    def stop(self) -> None:
        """Ends it; its on-exit step runs."""
        send_command(self.folder, {"do": "stop", "strategy": "Stop"})

    def terminate(self) -> None:
        """Ends it at once."""
        send_command(self.folder, {"do": "stop", "strategy": "Terminate"})

    def resume(self) -> None:
        """Lets it go on where it is suspended."""
        send_command(self.folder, {"do": "resume"})

    def retry(self, *, restart_successful: str | None = None, on_progress: OnProgress | None = None) -> Run:
        """Runs what failed again, and what came after it, under the same name, in this process."""
        from airflow_argo.runners.local import LocalRunner

        return LocalRunner().retry(self.folder, restart_successful=restart_successful, on_progress=on_progress)

    def delete(self) -> None:
        """Removes its folder.

        Raises:
            RunIsGoingOn: a process executes it.
        """
        if self.going_on:
            raise RunIsGoingOn(self.folder)
        shutil.rmtree(self.folder)


def find_run(name: str) -> RecordedRun:
    """A run by its name, or its folder.

    Raises:
        InputError: there is none.
    """
    folder = Path(name) if "/" in name else default_folder(name)
    if not (folder / "journal.jsonl").exists():
        known = ", ".join(path.parent.name for path in _journals()[-5:])
        cure = f"see airflow-argo list --local; the last are {known}" if known else "airflow-argo run makes one"
        raise InputError(f"no run on this machine is named '{name}'", cure)
    return RecordedRun(folder)


def recorded_runs() -> Iterator[RecordedRun]:
    """All runs in the user's state folder, the newest last."""
    for journal in _journals():
        with suppress(AirflowArgoError, OSError):  # one whose beginning was never written
            yield RecordedRun(journal.parent)


def _journals() -> list[Path]:
    """Those in the user's state folder, the one that changed last at the end."""
    return sorted(default_folder("x").parent.glob("*/journal.jsonl"), key=lambda path: path.stat().st_mtime)
