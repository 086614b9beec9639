"""Where the runs of a backfill are: workflows of a cluster, or processes of this machine."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING

from airflow_argo.argo.phases import RUNNING
from airflow_argo.diagnostics import AirflowArgoError
from airflow_argo.runners.backfill import BackfillRun
from airflow_argo.runners.sources import Runnable

if TYPE_CHECKING:
    from airflow_argo.cluster import Cluster

_LAST = 4000
RUN_TYPE_LABEL = "airflow-argo.io/run-type"
DATE_ANNOTATION = "airflow-argo.io/logical-date"

_FEW = 20
"""So many workflows are asked for one by one; of more a list is made, with all that they are."""


@dataclass(slots=True)
class OnCluster:
    """Workflows of a cluster, found by their labels with one request."""

    cluster: Cluster
    what: Runnable
    selector: str
    look: float = 3.0

    def phases(self, names: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Phase and message of those of the runs that are there."""
        if len(names) <= _FEW:
            return {name: found for name in names if (found := self._phase(name)) is not None}
        wanted = set(names)
        selector = f"{self.selector},{RUN_TYPE_LABEL}=backfill"
        return {
            found.name: (found.phase, found.message)
            for found in self.cluster.list(label_selector=selector)
            if found.name in wanted and not found.manifest["metadata"].get("deletionTimestamp")
        }

    def _phase(self, name: str) -> tuple[str, str] | None:
        from airflow_argo.cluster import NotFoundError

        try:
            found = self.cluster.get(name)
        except NotFoundError:
            return None
        return (found.phase, found.message) if not found.manifest["metadata"].get("deletionTimestamp") else None

    def start(self, run: BackfillRun) -> None:
        """Submits a workflow; one of that name is this one."""
        self.cluster.submit(
            [*self.what.documents, self.what.manifest],
            name=run.name,
            parameters=run.parameters,
            labels={RUN_TYPE_LABEL: "backfill"},
            annotations={DATE_ANNOTATION: run.parameters["logical_date"]},
            key=f"backfill:{run.name}",
        )

    def remove(self, run: BackfillRun) -> None:
        """Deletes a workflow, with its pods."""
        self.cluster.delete(run.name, missing_ok=True)


@dataclass(slots=True)
class OnThisMachine:
    """A process for each run, as `airflow-argo run` makes it: it outlives a backfill that is killed."""

    what: Runnable
    look: float = 1.0
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _errors: dict[str, IO[bytes]] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)
    _folder: Path = Path()

    def __enter__(self) -> OnThisMachine:
        from airflow_argo.compiler.yaml import to_yaml

        self._folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="airflow-argo-")))
        self._manifest.write_text(to_yaml([*self.what.documents, self.what.manifest]), encoding="utf-8")
        return self

    @property
    def _manifest(self) -> Path:
        return self._folder / "workflow.yaml"

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """What still runs breaks off at Ctrl-C, and can go on; at another end it goes on by itself."""
        if kind is KeyboardInterrupt:
            for process in self._processes.values():
                if process.poll() is None:
                    process.send_signal(signal.SIGINT)
            for process in self._processes.values():
                process.wait()
        self._open.close()

    def phases(self, names: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Phase and message of those of the runs that are there; one that broke off is no more there than one yet to come."""
        return {name: found for name in names if (found := self._phase(name)) is not None}

    def start(self, run: BackfillRun) -> None:
        """Starts a process, or one that goes on with the run that broke off."""
        command = [sys.executable, "-m", "airflow_argo", "run"]
        if _journal(run.name).exists():
            command += [run.name, "--resume"]
        else:
            values = self._folder / f"{run.name}.json"
            values.write_text(json.dumps(dict(run.parameters)), encoding="utf-8")
            command += [str(self._manifest), "--name", run.name, "--parameter-file", str(values)]
        errors = self._errors[run.name] = self._open.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - closed with the rest
        self._processes[run.name] = subprocess.Popen(
            [*command, "--output", "json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,  # Ctrl-C is passed on, once
        )

    def remove(self, run: BackfillRun) -> None:
        """Removes what is kept of a run."""
        from airflow_argo.runners.local_runs import find_run

        find_run(run.name).delete()

    def _phase(self, name: str) -> tuple[str, str] | None:
        from airflow_argo.runners.local_runs import find_run

        process = self._processes.get(name)
        code = process.poll() if process else None
        try:
            run = find_run(name)
            status, going_on = run.raw_status(), run.going_on
        except AirflowArgoError as error:  # not begun yet, or never to be
            if process is None:
                return None
            return ("", "") if code is None else ("Error", self._last_words(name) or str(error))
        phase, message = str(status.get("phase") or ""), str(status.get("message") or "")
        if process is None and not going_on and phase in ("", RUNNING):
            return None  # it broke off, and is yet to go on
        if code is not None and not going_on and phase in ("", RUNNING):
            return "Error", self._last_words(name) or f"its process ended with exit code {code}"
        return phase, message

    def _last_words(self, name: str) -> str:
        errors = self._errors[name]
        errors.seek(0)
        return errors.read()[-_LAST:].decode(errors="replace").strip().rpartition("\n")[2]


def _journal(name: str) -> Path:
    from airflow_argo.local import default_folder

    return default_folder(name) / "journal.jsonl"
