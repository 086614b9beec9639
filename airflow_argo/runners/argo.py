"""Run a workflow on Argo, through the Kubernetes API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from airflow_argo.cluster import Cluster, Snapshot
from airflow_argo.runners.run import LogLine, OnProgress, Progress, Run
from airflow_argo.runners.sources import runnable

Dict = dict[str, Any]


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
        if self._last.done:
            return self
        for snapshot in self.cluster.watch(self.name, uid=self.uid, timeout=timeout):
            self._last = snapshot
            self.manifest = snapshot.manifest
            if on_progress is not None:
                on_progress(Progress(self.manifest, _status(snapshot)))
        return self

    def logs(self, *, follow: bool = False) -> Iterator[LogLine]:
        """What its steps wrote."""
        for line in self.cluster.logs(self.name, follow=follow):
            yield LogLine(line.node_name.split(".", 1)[-1] or line.node, line.text)

    def stop(self) -> None:
        """Ends it; its on-exit step runs."""
        self.cluster.stop(self.name)

    def terminate(self) -> None:
        """Ends it at once."""
        self.cluster.terminate(self.name)

    def retry(self) -> ArgoRun:
        """Runs what failed again, and what came after it, under the same name."""
        return ArgoRun(self.cluster, self.cluster.retry(self.name))


def _status(snapshot: Snapshot) -> Dict:
    """The status, its nodes readable."""
    return {**(snapshot.manifest.get("status") or {}), "nodes": dict(snapshot.nodes)}


class ArgoRunner:
    """Runs workflows on Argo.

    Args:
        kubeconfig: a path, or its content; by default what kubectl would take.
        context: another than the current one.
        namespace: another than the context's.
    """

    def __init__(
        self,
        kubeconfig: str | Path | Mapping[str, Any] | None = None,
        *,
        context: str | None = None,
        namespace: str | None = None,
        in_cluster: bool | None = None,
    ) -> None:
        self.cluster = Cluster.connect(kubeconfig, context, namespace, in_cluster=in_cluster)

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
