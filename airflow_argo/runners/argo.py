"""Run a workflow on Argo, through the Kubernetes API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from airflow_argo.argo.phases import ERROR, FAILED
from airflow_argo.cluster import Cluster, Patience, Snapshot
from airflow_argo.diagnostics import AirflowArgoError
from airflow_argo.runners.paths import StepPaths
from airflow_argo.runners.run import LogLine, OnProgress, Progress, Run
from airflow_argo.runners.sources import runnable

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
        """Waits for the end, by one LIST and WATCH."""
        failed: set[str] = set()
        for snapshot in [self._last] if self._last.done else self.cluster.watch(self.name, uid=self.uid, timeout=timeout):
            self._last = snapshot
            self.manifest = snapshot.manifest
            if on_progress is not None:
                on_progress(Progress(self.manifest, _status(snapshot), tuple(self._last_lines(failed))))
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


class ArgoRunner:
    """Runs workflows on Argo.

    Args:
        kubeconfig: a path, or its content; by default what kubectl would take.
        context: another than the current one.
        namespace: another than the context's.
        in_cluster: whether this runs in a pod of the cluster; by default found out.
        patience: how long a server that isn't there is waited for.
    """

    def __init__(
        self,
        kubeconfig: str | Path | Mapping[str, Any] | None = None,
        *,
        context: str | None = None,
        namespace: str | None = None,
        in_cluster: bool | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.cluster = Cluster.connect(kubeconfig, context, namespace, in_cluster=in_cluster, patience=patience)

    def run(
        self,
        source: Any,
        *,
        parameters: Mapping[str, Any] | None = None,
        name: str | None = None,
        wait: bool = True,
        on_progress: OnProgress | None = None,
    ) -> ArgoRun:
        """Submits a workflow.

        Args:
            source: a Workflow, an Airflow DAG, or a manifest.
            parameters: values for its inputs.
            name: of the run; a second submission under it finds the first.
            wait: return when it has ended; else when it is submitted.
            on_progress: is told each change; by default it is shown on a terminal.
        """
        what = runnable(source)
        what.check(parameters or {})
        submitted = self.cluster.submit([*what.documents, what.manifest], name=name, parameters=parameters)
        run = ArgoRun(self.cluster, submitted.workflow)
        if not wait:
            return run
        if on_progress is not None:
            return run.wait(on_progress=on_progress)
        from airflow_argo.runners.display import shown_on_terminal

        with shown_on_terminal(run.name) as show:
            return run.wait(on_progress=show)

    def find(self, name: str) -> ArgoRun:
        """The run of that name."""
        return ArgoRun(self.cluster, self.cluster.get(name))
