"""What the steps of a run on this machine wrote: from its folder, whichever process runs it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_argo.local import LogTail, read_logs
from airflow_argo.runners.paths import StepPaths
from airflow_argo.runners.run import LogLine

Dict = Mapping[str, Any]

LOOK = 0.2
"""Seconds between two looks for new lines."""


@dataclass(frozen=True, slots=True)
class LocalLogs:
    """The logs of a run.

    Attributes:
        folder: the run's.
        status: gives Argo's status as it is now.
    """

    folder: Path
    manifest: Dict
    status: Callable[[], Dict]

    def read(self) -> Iterator[LogLine]:
        """What is there now, step by step in the order of their starts."""
        status = self.status()
        paths = StepPaths(self.manifest, lambda: status)
        pods = [node for node in status["nodes"].values() if node.get("type") == "Pod"]
        for pod in sorted(pods, key=lambda node: str(node.get("startedAt") or "")):  # in a second, as they were made
            for line in read_logs(self.folder, pod["id"]):
                yield LogLine(paths.of(pod["name"]), line.text)

    def follow(self, done: Callable[[], bool]) -> Iterator[LogLine]:
        """What is there, and what comes until the run is done, as it comes."""
        paths = StepPaths(self.manifest, self.status)
        tails: dict[Path, LogTail] = {}
        names: dict[str, str] = {}
        while True:
            over = done()
            for path in sorted((self.folder / "logs").glob("*.*.*")):
                tails.setdefault(path, LogTail.of(path))
            for tail in tails.values():
                for line in tail.new_lines(last=over):
                    if line.node not in names:
                        names = {id: str(node["name"]) for id, node in self.status()["nodes"].items()}
                    yield LogLine(paths.of(names.get(line.node, line.node)), line.text)
            if over:
                return
            time.sleep(LOOK)
