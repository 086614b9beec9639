"""DAG files read and translated in a process of their own: a file that never ends, exits or crashes is one clear error.

Nothing of Airflow is imported here. One process serves many files, and is replaced when a file has ended it.
"""

from __future__ import annotations

import os
import pickle
import selectors
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from airflow_argo.diagnostics import AirflowArgoError, Origin
from airflow_argo.settings import Settings
from airflow_argo.translator.backfills import PlannedRun, planned_runs
from airflow_argo.translator.dag_file_errors import DagFileError
from airflow_argo.translator.dag_files import dag_files_in, translate_file
from airflow_argo.translator.translation import Translation

DEFAULT_TIMEOUT = 60.0
TIMED_OUT = "AA106"
_LAST_OUTPUT = 2000


class TranslatorBug(AirflowArgoError):
    """The translator itself failed: a fault of ours."""

    def __init__(self, path: str, details: str) -> None:
        super().__init__(path, details)
        self.path, self.details = path, details

    def __str__(self) -> str:
        last = self.details.strip().rsplit("\n", 1)[-1]
        return (
            f"{self.path}: the translator failed with {last}; this is a fault of airflow-argo: please report it with the file"
        )


@dataclass(slots=True)
class IsolatedTranslator:
    """A process that translates DAG files, one after the other.

    Attributes:
        timeout: seconds that reading and translating one file may take, without the start of Airflow.
    """

    timeout: float = DEFAULT_TIMEOUT
    _process: subprocess.Popen[bytes] | None = None
    _requests: IO[bytes] | None = None
    _answers: int = -1
    _buffer: bytearray = field(default_factory=bytearray)

    def __enter__(self) -> IsolatedTranslator:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def translate(self, path: Path, settings: Settings, *, dag_id: str | None = None) -> list[Translation]:
        """The translations of a file's DAGs, or of the one named.

        Raises:
            DagFileError: the file can't be read, and why.
            TranslatorBug: the translator failed.
        """
        self.start(path)
        translations: list[Translation] = self._ask(path, translate_file, (str(path), settings, dag_id))
        return translations

    def planned_runs(
        self, path: Path, settings: Settings, dag_id: str, first: datetime, last: datetime, *, backwards: bool
    ) -> list[PlannedRun]:
        """The runs of a backfill; see `backfills.planned_runs`."""
        self.start(path)
        function = partial(planned_runs, backwards=backwards)
        runs: list[PlannedRun] = self._ask(path, function, (str(path), settings, dag_id, first, last))
        return runs

    def files_in(self, folder: Path, *, port: bool = False) -> list[Path]:
        """The files of a folder that Airflow would look into for DAGs, in order; see `dag_files_in`."""
        self.start(folder)
        return [Path(name) for name in self._ask(folder, dag_files_in, (str(folder), port))]

    def start(self, path: Path) -> None:
        """Starts the process, unless it runs.

        Args:
            path: the file or folder for which it is started, which errors name.
        Raises:
            AirflowArgoError: Airflow isn't there, or doesn't start.
        """
        if self._process is not None:
            return
        child_reads, we_write = os.pipe()
        we_read, child_writes = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "airflow_argo.translator.worker", str(child_reads), str(child_writes)],
            pass_fds=(child_reads, child_writes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, "PYTHONWARNINGS": os.environ.get("PYTHONWARNINGS", "ignore")},
        )
        os.close(child_reads)
        os.close(child_writes)
        self._requests, self._answers = os.fdopen(we_write, "wb"), we_read
        self._buffer.clear()
        timeout = max(self.timeout, DEFAULT_TIMEOUT)
        try:
            self._ask(path, _start, (), timeout=timeout)
        except DagFileError as error:
            if error.code != TIMED_OUT:
                raise
            message = f"Airflow takes more than {timeout:g} seconds to start"
            raise DagFileError(TIMED_OUT, message, "give it more time: --load-timeout", Origin(str(path))) from None

    def kill(self) -> None:
        """Ends the process under the thread that waits for it, which then raises a DagFileError."""
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._requests is not None
            self._requests.close()
            os.close(self._answers)
            if self._process.stderr is not None:
                self._process.stderr.close()
            self._process = None

    def _ask(self, path: Path, function: Callable[..., Any], arguments: Sequence[Any], timeout: float | None = None) -> Any:
        assert self._requests is not None
        pickle.dump((function, tuple(arguments)), self._requests)
        self._requests.flush()
        kind, answer = self._answer(path, timeout or self.timeout)
        if kind == "ok":
            return answer
        if kind == "error":
            raise answer
        raise TranslatorBug(str(path), answer)

    def _answer(self, path: Path, timeout: float) -> Any:
        """What the process says next; it is read as it comes, with what it writes to stderr, so that it never waits for us."""
        assert self._process is not None
        assert self._process.stderr is not None
        errors = bytearray()
        answer = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ, answer)
            selector.register(self._process.stderr, selectors.EVENT_READ, errors)
            while True:
                ready = selector.select(timeout)
                if not ready:
                    self.close()
                    cure = "look for a loop, a connection or a download at the top of the file, or give more time"
                    raise DagFileError(TIMED_OUT, f"reading it takes more than {timeout:g} seconds", cure, Origin(str(path)))
                for key, _ in ready:
                    chunk = os.read(key.fd, 1 << 16)
                    if not chunk and key.data is answer:
                        raise self._ended(path, errors)
                    if not chunk:
                        selector.unregister(key.fileobj)
                    key.data.extend(chunk)
                found = _whole(answer)
                if found is not None:
                    return found[0]

    def _ended(self, path: Path, errors: bytearray) -> DagFileError:
        assert self._process is not None
        code = self._process.wait()
        self.close()
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        last = bytes(errors[-_LAST_OUTPUT:]).decode(errors="replace").strip().rsplit("\n", 1)[-1]
        cure = "take what ends the process out of the top of the file" + (f" (it last wrote: {last})" if last else "")
        return DagFileError("AA107", f"reading it ended the process {how}", cure, Origin(str(path)))


def translated(
    translator: IsolatedTranslator, path: Path, settings: Settings, *, dag_id: str | None = None
) -> list[Translation] | AirflowArgoError:
    """The translations of a file's DAGs, or the error that it is."""
    try:
        return translator.translate(path, settings, dag_id=dag_id)
    except AirflowArgoError as error:
        return error


def _start() -> str:
    """The first request: it takes as long as Airflow takes to start."""
    from airflow_argo.translator.airflow_names import airflow_names

    return airflow_names().version


def _whole(answer: bytearray) -> tuple[Any] | None:
    """The answer, if all of it is there."""
    if not answer.endswith(b"."):
        return None
    try:
        return (pickle.loads(bytes(answer)),)  # noqa: S301 - from our own child process
    except (pickle.UnpicklingError, EOFError):
        return None
