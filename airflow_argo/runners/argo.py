"""Run workflows on Argo, through the Kubernetes API."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # `from airflow_argo import ArgoRunner` loads nothing of the cluster's package
    from airflow_argo.cluster import Cluster, Patience
    from airflow_argo.runners.argo_run import ArgoRun
    from airflow_argo.runners.run import OnProgress


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
        from airflow_argo.cluster import Cluster

        self.cluster = Cluster.connect(kubeconfig, context, namespace, in_cluster=in_cluster, patience=patience)

    @classmethod
    def over(cls, cluster: Cluster) -> ArgoRunner:
        """A runner on a cluster that is connected already."""
        made = cls.__new__(cls)
        made.cluster = cluster
        return made

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
        from airflow_argo.runners.argo_run import ArgoRun
        from airflow_argo.runners.sources import runnable

        what = runnable(source)
        values = what.inputs(parameters or {})
        submitted = self.cluster.submit([*what.documents, what.manifest], name=name, parameters=values)
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
        from airflow_argo.runners.argo_run import ArgoRun

        return ArgoRun(self.cluster, self.cluster.get(name))
