"""The runs that this machine remembers: found by name, whoever made them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_argo.argo.phases import RUNNING
from airflow_argo.diagnostics import AirflowArgoError, InputError
from airflow_argo.local import Engine, default_folder, is_going_on, read_logs
from airflow_argo.runners.run import LogLine, paths_of
from airflow_argo.runners.tree import steps_of

Dict = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LocalRecord:
    """A run, ended, going on or broken off.

    Attributes:
        manifest: the Workflow that ran.
        status: as Argo has it.
    """

    name: str
    folder: Path
    manifest: Dict
    status: Dict

    @classmethod
    def find(cls, name: str) -> LocalRecord:
        """A run by its name, or its folder.

        Raises:
            InputError: there is none.
        """
        folder = Path(name) if "/" in name else default_folder(name)
        if not (folder / "journal.jsonl").exists():
            known = ", ".join(sorted(path.parent.name for path in default_folder("x").parent.glob("*/journal.jsonl"))[-5:])
            cure = f"see airflow-argo list --local; there are {known}" if known else "airflow-argo run makes one"
            raise InputError(f"no run here is named '{name}'", cure)
        return cls.read(folder)

    @classmethod
    def read(cls, folder: Path) -> LocalRecord:
        """The run of a folder.

        Raises:
            RunNotFound: it holds none that can be read.
        """
        engine = Engine.resume_from(folder)
        try:
            status = json.loads((folder / "status.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            status = engine.status
        if status.get("phase") == RUNNING and not is_going_on(folder):
            status["message"] = f"broke off; airflow-argo run --resume {engine.name} goes on"
        return cls(engine.name, folder, engine.workflow, status)

    def logs(self) -> Iterator[LogLine]:
        """What its steps wrote."""
        for node, path in paths_of(steps_of(self.manifest, self.status)):
            for line in read_logs(self.folder, node):
                yield LogLine(path, line.text)


def local_records() -> Iterator[LocalRecord]:
    """All runs in the user's state folder."""
    for journal in sorted(default_folder("x").parent.glob("*/journal.jsonl")):
        with suppress(AirflowArgoError, OSError):  # one whose beginning was never written
            yield LocalRecord.read(journal.parent)
