"""A run on a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from airflow_argo.argo.phases import ERROR, FAILED
from airflow_argo.cluster import Cluster, Snapshot
from airflow_argo.cluster.standing_still import UnnotedEnd
from airflow_argo.diagnostics import AirflowArgoError
from airflow_argo.runners.paths import StepPaths
from airflow_argo.runners.run import LogLine, OnProgress, Progress, Run

Dict = dict[str, Any]

LAST_LINES = 10
"""Of a pod that failed, shown while one waits."""


class ArgoRun(Run):
    """A run on a cluster.

    Attributes:
        uid: tells it from another of the same name.
    """

    def __init__(self, cluster: Cluster, snapshot: Snapshot) -> None:
        super().__init__(snapshot.name, snapshot.manifest)
        self.cluster, self.uid = cluster, snapshot.uid
        self._last = snapshot

    def raw_status(self) -> Dict:
        """The status as Argo has it, now; the last one seen once it is done."""
        if not self._last.done:
            self._last = self.cluster.get(self.name)
        return _status(self._last)

    def wait(self, timeout: float | None = None, on_progress: OnProgress | None = None) -> ArgoRun:
        """Waits for the end, by one LIST and WATCH. Progress also tells of pods whose end Argo takes no note of."""
        failed: set[str] = set()

        def tell(lines: Iterable[LogLine]) -> None:
            if on_progress is not None:
                on_progress(Progress(self.manifest, _status(self._last), tuple(lines)))

        def tell_standstill(found: Sequence[UnnotedEnd]) -> None:
            tell(LogLine(one.node, f"airflow-argo: {one}") for one in found)

        states = self.cluster.watch(self.name, uid=self.uid, timeout=timeout, on_standstill=on_progress and tell_standstill)
        for snapshot in [self._last] if self._last.done else states:
            self._last = snapshot
            self.manifest = snapshot.manifest
            if on_progress is not None:
                tell(self._last_lines(failed))
        return self

    def logs(self, *, follow: bool = False) -> Iterator[LogLine]:
        """What its steps wrote."""
        paths = StepPaths(self.manifest, self.raw_status)
        for line in self.cluster.logs(self.name, follow=follow):
            yield LogLine(paths.of(line.node_name or line.node), line.text)

    def stop(self) -> None:
        """Ends it; its on-exit step runs."""
        self.cluster.stop(self.name)

    def terminate(self) -> None:
        """Ends it at once."""
        self.cluster.terminate(self.name)

    def resume(self) -> None:
        """Lets it go on where it is suspended."""
        self.cluster.resume(self.name)

    def retry(self, *, restart_successful: str | None = None, on_progress: OnProgress | None = None) -> ArgoRun:
        """Runs what failed again, and what came after it, under the same name."""
        run = ArgoRun(self.cluster, self.cluster.retry(self.name, restart_successful=restart_successful))
        return run if on_progress is None else run.wait(on_progress=on_progress)

    def delete(self) -> None:
        """Deletes it, with its pods."""
        self.cluster.delete(self.name, uid=self.uid)

    def _last_lines(self, told: set[str]) -> Iterator[LogLine]:
        """The last lines of the pods that failed since the last time."""
        nodes = self._last.nodes
        failed = {id for id, node in nodes.items() if node.get("type") == "Pod" and node.get("phase") in (FAILED, ERROR)}
        new = failed - told
        told |= failed
        if new:
            paths = StepPaths(self.manifest, lambda: _status(self._last))
            with suppress(AirflowArgoError):  # a run isn't worse for logs that can't be had
                for line in self.cluster.logs(self.name, nodes=new, tail=LAST_LINES):
                    yield LogLine(paths.of(line.node_name or line.node), line.text)


def _status(snapshot: Snapshot) -> Dict:
    """The status, its nodes readable."""
    return {**(snapshot.manifest.get("status") or {}), "nodes": dict(snapshot.nodes)}
