"""The nodes of a workflow's status: in the object, or compressed in it, or elsewhere.

A controller that finds a workflow larger than 1 MiB replaces `status.nodes` by `status.compressedNodes`: base64 of gzip, or
since 4.1 of zstd or brotli where it is told so. Still larger ones it can put into an SQL database
(`status.offloadNodeStatusVersion`).
Source: workflow/packer, util/file, workflow/hydrator.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import zlib
from typing import Any, Final

from airflow_argo.argo.limits import MAX_WORKFLOW_BYTES
from airflow_argo.cluster.errors import NodesUnreadableError, Place, TooLargeError
from airflow_argo.cluster.resources import Manifest

Nodes = dict[str, dict[str, Any]]
"""Node id → node status."""

GZIP_MAGIC: Final = b"\x1f\x8b"
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_ALGORITHM_CURE: Final = "set WORKFLOW_COMPRESSION_ALGORITHM=gzip at the controller, or read it through the Argo server"


def nodes_of(workflow: Manifest, place: Place | None = None) -> Nodes:
    """The nodes of a workflow, decompressed if need be; {} if it has none yet.

    Raises:
        NodesUnreadableError: they are in a database, or compressed in a form that this can't read, or damaged.
    """
    name, status = workflow["metadata"].get("name", ""), workflow.get("status") or {}
    if status.get("nodes"):
        nodes: Nodes = status["nodes"]
        return nodes
    if status.get("offloadNodeStatusVersion"):
        reason = "they are in the controller's database (offloadNodeStatusVersion)"
        raise NodesUnreadableError(place, name, reason, "read them through the Argo server")
    if not status.get("compressedNodes"):
        return {}
    return _decompressed(status["compressedNodes"], name, place)


def _decompressed(text: str, name: str, place: Place | None) -> Nodes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise NodesUnreadableError(place, name, "compressedNodes is no base64", "see the controller's log") from None
    if not data.startswith(GZIP_MAGIC):
        algorithm = "zstd" if data.startswith(ZSTD_MAGIC) else "brotli, or something else"
        raise NodesUnreadableError(place, name, f"compressedNodes is {algorithm}, not gzip", _ALGORITHM_CURE)
    try:
        nodes = json.loads(gzip.decompress(data))
    except (OSError, EOFError, zlib.error, ValueError):
        raise NodesUnreadableError(place, name, "compressedNodes is damaged", "see the controller's log") from None
    return dict(nodes or {})


def with_nodes(workflow: Manifest, nodes: Nodes) -> Manifest:
    """The workflow with these nodes, uncompressed."""
    status = {key: value for key, value in (workflow.get("status") or {}).items() if key != "compressedNodes"}
    return {**workflow, "status": {**status, "nodes": nodes}}


def packed(workflow: Manifest, place: Place | None = None) -> Manifest:
    """The workflow as it can be stored: the nodes compressed if it is larger than Argo allows.

    Raises:
        TooLargeError: it still is.
    """
    if json_size(workflow) <= MAX_WORKFLOW_BYTES:
        return workflow
    status = dict(workflow["status"])
    text = json.dumps(status.pop("nodes", {}), ensure_ascii=False, separators=(",", ":"))
    status["compressedNodes"] = base64.b64encode(gzip.compress(text.encode())).decode()
    result = {**workflow, "status": status}
    if (size := json_size(result)) > MAX_WORKFLOW_BYTES:
        raise TooLargeError(place or Place("", ""), "Workflow", workflow["metadata"].get("name", ""), size)
    return result


def json_size(manifest: Manifest) -> int:
    """Bytes of the object as Argo counts them: compact JSON by Go, which writes `<`, `>` and `&` as six bytes each."""
    data = json.dumps(manifest, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return len(data) + 5 * sum(data.count(char) for char in (b"<", b">", b"&"))
