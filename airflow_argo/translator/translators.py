"""Many DAG files translated beside one another, each process of which is as in `isolated`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any

from airflow_argo.diagnostics import AirflowArgoError
from airflow_argo.settings import Settings
from airflow_argo.translator.isolated import IsolatedTranslator, translated
from airflow_argo.translator.translation import Translation

_WORTH_A_PROCESS = 24
"""So many files take longer than Airflow takes to start once more."""
_ENDING_SECONDS = 0.1


class Translators:
    """Processes that translate DAG files; all are ended with the block.

    Args:
        timeout: seconds that reading and translating one file may take, without the start of Airflow.
        count: how many processes there are.
    """

    def __init__(self, timeout: float, count: int) -> None:
        self._all = [IsolatedTranslator(timeout) for _ in range(count)]
        self._idle: SimpleQueue[IsolatedTranslator] = SimpleQueue()
        for translator in self._all:
            self._idle.put(translator)
        self._threads = ThreadPoolExecutor(count)
        self._running: list[Future[Any]] = []

    def __enter__(self) -> Translators:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        while any(not one.done() for one in self._running):  # a thread whose process ends ends, and may just begin another
            for translator in self._all:
                translator.kill()
            wait(self._running, _ENDING_SECONDS)
        for translator in self._all:
            translator.close()

    def files_in(self, folder: Path, *, port: bool = False) -> list[Path]:
        """The files of a folder that Airflow would look into for DAGs, in order. Meanwhile other processes start.

        Raises:
            AirflowArgoError: Airflow can't be started.
        """
        with self._one() as translator:
            for _ in self._all[1:]:
                self._running.append(self._threads.submit(self._start_one, folder))
            return translator.files_in(folder, port=port)

    def translated(self, files: Iterable[tuple[Path, Settings]]) -> Iterator[list[Translation] | AirflowArgoError]:
        """Of each file the translations of its DAGs, or the error that it is, in their order and as soon as they are there."""
        results = [self._threads.submit(self._translated, path, settings) for path, settings in files]
        self._running += results
        for result in results:
            yield result.result()

    @contextmanager
    def _one(self) -> Iterator[IsolatedTranslator]:
        translator = self._idle.get()
        try:
            yield translator
        finally:
            self._idle.put(translator)

    def _start_one(self, path: Path) -> None:
        with self._one() as translator:
            translator.start(path)

    def _translated(self, path: Path, settings: Settings) -> list[Translation] | AirflowArgoError:
        with self._one() as translator:
            return translated(translator, path, settings)


def processes_for(paths: Iterable[str]) -> int:
    """How many processes are worth their start for the DAG files below some paths: no more than there are processors."""
    files = sum(1 for path in paths for _ in Path(path).rglob("*.py"))
    return max(1, min(_processors(), files // _WORTH_A_PROCESS))


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
