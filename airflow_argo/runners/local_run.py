"""A run on this machine, by this process."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_argo.local import Engine, Event, NodeChanged, WorkflowChanged
from airflow_argo.local import LogLine as EngineLine
from airflow_argo.pod import large
from airflow_argo.runners.local_logs import LocalLogs
from airflow_argo.runners.paths import StepPaths
from airflow_argo.runners.run import LogLine, OnProgress, Progress, Run
from airflow_argo.runners.waiting import told

if TYPE_CHECKING:
    from airflow_argo.runners.local import LocalRunner

MAX_LINES = 10_000

Dict = dict[str, Any]


class LocalRun(Run):
    """A run on this machine.

    Attributes:
        folder: its journal and logs.
    """

    def __init__(self, runner: LocalRunner, engine: Engine, manifest: Dict) -> None:
        super().__init__(engine.name, manifest)
        self.folder = Path(engine.folder)
        self._runner, self._engine = runner, engine
        self._lock, self._changed = threading.Lock(), threading.Event()
        self._status: Dict = {"phase": "", "nodes": {}}
        self._final: Dict | None = None
        self._error: BaseException | None = None
        self._lines: deque[EngineLine] = deque(maxlen=MAX_LINES)
        self._thread: threading.Thread | None = None
        self._going_on = False
        self._paths = StepPaths(manifest, self.raw_status)
        large.REPOSITORIES.append(str(self.folder / "artifacts"))

    def raw_status(self) -> Dict:
        """The status as Argo has it, now."""
        with self._lock:
            return self._final or {**self._status, "nodes": dict(self._status["nodes"])}

    def execute(self, on_progress: OnProgress | None = None) -> None:
        """Runs it to its end, in this thread."""
        self._going_on = True
        try:
            with told(self._changed, self._progress, on_progress):
                final = self._engine.run(self._take)
                with self._lock:
                    self._final = final
        except BaseException as error:
            self._error = error
            raise
        finally:
            self._going_on = False

    def start(self) -> None:
        """Runs it in a thread of its own, which outlives the program's last line."""
        self._going_on = True
        self._thread = threading.Thread(target=self._in_thread, name=self.name)
        self._thread.start()

    def wait(self, timeout: float | None = None, on_progress: OnProgress | None = None) -> LocalRun:
        """Waits for the end."""
        from airflow_argo.runners.waiting import wait_for_thread

        if self._thread is not None:
            wait_for_thread(self._thread, self.name, timeout, self._changed, self._progress, on_progress)
        if self._error is not None:
            raise self._error
        return self

    def logs(self, *, follow: bool = False) -> Iterator[LogLine]:
        """What its steps wrote."""
        logs = LocalLogs(self.folder, self.manifest, self.raw_status)
        return logs.follow(lambda: self.done or not self._going_on) if follow else logs.read()

    def stop(self) -> None:
        """Ends it; its on-exit step runs."""
        self._engine.stop("Stop")

    def terminate(self) -> None:
        """Ends it at once."""
        self._engine.stop("Terminate")

    def resume(self) -> None:
        """Lets it go on where it is suspended."""
        self._engine.resume()

    def retry(self, *, restart_successful: str | None = None, on_progress: OnProgress | None = None) -> LocalRun:
        """Runs what failed again, and what came after it, under the same name."""
        return self._runner.retry(self.folder, restart_successful=restart_successful, on_progress=on_progress)

    def delete(self) -> None:
        """Removes its folder."""
        from airflow_argo.runners.local_runs import RecordedRun

        RecordedRun(self.folder).delete()

    def _in_thread(self) -> None:
        try:
            self.execute()
        except BaseException:  # noqa: BLE001 - kept, and raised by wait()
            return

    def _take(self, event: Event) -> None:
        with self._lock:
            match event:
                case NodeChanged(node=node):
                    self._status["nodes"][node["id"]] = node
                case WorkflowChanged(phase=phase, message=message):
                    self._status |= {"phase": phase, "message": message}
                case EngineLine():
                    self._lines.append(event)
                case _:
                    pass
        self._changed.set()

    def _progress(self) -> Progress:
        with self._lock:
            lines = tuple(self._lines)
            self._lines.clear()
        status = self.raw_status()
        nodes = status["nodes"]
        names = (str(nodes[line.node]["name"]) if line.node in nodes else line.node for line in lines)
        return Progress(
            self.manifest,
            status,
            tuple(LogLine(self._paths.of(name), line.text) for name, line in zip(names, lines, strict=True)),
        )
