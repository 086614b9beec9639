"""A workflow as it was at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow_argo.argo.phases import WORKFLOW_DONE
from airflow_argo.cluster.errors import Place
from airflow_argo.cluster.nodes import Nodes, nodes_of
from airflow_argo.cluster.resources import Manifest


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A workflow object as the API server had it; `manifest` is the whole of it, and is not to be changed."""

    manifest: Manifest
    place: Place | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.manifest["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return str(self.manifest["metadata"].get("namespace", ""))

    @property
    def uid(self) -> str:
        """Tells it from an earlier or later workflow of the same name."""
        return str(self.manifest["metadata"].get("uid", ""))

    @property
    def resource_version(self) -> str:
        """Differs from one change to the next."""
        return str(self.manifest["metadata"].get("resourceVersion", ""))

    @property
    def phase(self) -> str:
        """`""` (not seen by a controller yet), Pending, Running, Succeeded, Failed or Error."""
        return str(self._status.get("phase") or "")

    @property
    def done(self) -> bool:
        """Whether it is Succeeded, Failed or Error."""
        return self.phase in WORKFLOW_DONE

    @property
    def message(self) -> str:
        """The controller's words about its end, or ""."""
        return str(self._status.get("message") or "")

    @property
    def progress(self) -> str:
        """Pods that are done, of all that are known yet: `2/3`; "" before there is one."""
        return str(self._status.get("progress") or "")

    @property
    def outputs(self) -> dict[str, Any]:
        """The global output parameters by name; one without a value is left out."""
        parameters = (self._status.get("outputs") or {}).get("parameters") or ()
        return {str(parameter["name"]): parameter["value"] for parameter in parameters if "value" in parameter}

    @property
    def nodes(self) -> Nodes:
        """Node id → node status, decompressed at each call if need be.

        Raises:
            NodesUnreadableError: they aren't in the object in a form that can be read.
        """
        return nodes_of(self.manifest, self.place)

    @property
    def status(self) -> dict[str, Any]:
        """The whole status with readable nodes.

        Raises:
            NodesUnreadableError: they aren't in the object in a form that can be read.
        """
        rest = {key: value for key, value in self._status.items() if key != "compressedNodes"}
        return rest | ({"nodes": nodes} if (nodes := self.nodes) else {})

    @property
    def _status(self) -> dict[str, Any]:
        return self.manifest.get("status") or {}

    def __repr__(self) -> str:
        return f"Snapshot({self.namespace}/{self.name}, phase={self.phase!r}, resource_version={self.resource_version})"
