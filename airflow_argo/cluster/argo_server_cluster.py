"""`ArgoServerCluster`: a namespace behind an Argo server. What the server does itself is left to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

from airflow_argo.cluster.argo_server import ArgoServerApi, ServerCall
from airflow_argo.cluster.argo_server_logs import ServerLogs
from airflow_argo.cluster.cluster import Cluster
from airflow_argo.cluster.errors import RejectedError
from airflow_argo.cluster.log_lines import LogLine
from airflow_argo.cluster.logs import LogOptions
from airflow_argo.cluster.manifests import as_text
from airflow_argo.cluster.resources import WORKFLOWS, Manifest
from airflow_argo.cluster.snapshot import Snapshot


class ArgoServerCluster(Cluster):
    """As `Cluster`; errors are the same. ConfigMaps beside a workflow can't be applied through an Argo server."""

    def __init__(self, api: ArgoServerApi) -> None:
        super().__init__(api)
        self._server = api

    def in_namespace(self, namespace: str) -> ArgoServerCluster:
        """The same connection, for another namespace."""
        return ArgoServerCluster(self._server.in_namespace(namespace))

    def stop(self, name: str, *, node_selector: str | None = None, message: str = "") -> Snapshot:
        """End a workflow; its exit handlers run. One that is done stays as it is."""
        return self._act(name, "stop", {"nodeFieldSelector": node_selector or "", "message": message})

    def terminate(self, name: str) -> Snapshot:
        """End a workflow at once. One that is done stays as it is."""
        return self._act(name, "terminate", {})

    def suspend(self, name: str) -> Snapshot:
        """Let a workflow start nothing new."""
        return self._act(name, "suspend", {})

    def resume(self, name: str, *, node_selector: str | None = None, message: str = "") -> Snapshot:  # noqa: ARG002
        """Let a workflow go on; the Argo server takes no message for that."""
        return self._act(name, "resume", {"nodeFieldSelector": node_selector or ""})

    def set_node(
        self,
        name: str,
        node_selector: str,
        *,
        outputs: Mapping[str, str] | None = None,
        phase: Literal["", "Succeeded", "Failed", "Error"] = "",
        message: str = "",
    ) -> Snapshot:
        """Give suspended nodes outputs that they wait for, a phase, or a message."""
        given = {"outputParameters": json.dumps(dict(outputs))} if outputs else {}
        return self._act(name, "set", {"nodeFieldSelector": node_selector, "phase": phase, "message": message, **given})

    def retry(
        self,
        name: str,
        *,
        restart_successful: str | None = None,
        restart_downstream: bool = False,
        parameters: Mapping[str, Any] | None = None,
        manifest: Manifest | Iterable[Manifest] | None = None,
    ) -> Snapshot:
        """Run the failed part of a workflow again, under the same name."""
        for option, is_given in (("restart_downstream", restart_downstream), ("manifest", manifest is not None)):
            if is_given:
                call = ServerCall("update", WORKFLOWS, self.namespace, name, action="retry")
                raise RejectedError(self._server.place, call, 501, f"{option} is for the Kubernetes API only")
        given = [f"{key}={as_text(value)}" for key, value in (parameters or {}).items()]
        body = {
            "restartSuccessful": bool(restart_successful),
            "nodeFieldSelector": restart_successful or "",
            "parameters": given,
        }
        return self._act(name, "retry", body)

    def _logs(self, workflow: Snapshot, options: LogOptions) -> Iterator[LogLine]:
        return ServerLogs(self._server, workflow, options).lines()

    def _act(self, name: str, action: str, body: Manifest) -> Snapshot:
        return self._unless_done(name, lambda: self._server.act(name, action, body), stays=action in ("stop", "terminate"))

    def _unless_done(self, name: str, act: Callable[[], Manifest], *, stays: bool) -> Snapshot:
        current = self.get(name)
        return current if stays and current.done else Snapshot(act(), self._server.place)
