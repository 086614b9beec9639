"""Whether a workflow has become larger than Argo can store. Source: workflow/packer, without offloading to a database."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from airflow_argo.argo.limits import MAX_WORKFLOW_BYTES
from airflow_argo.local.controller.hangs import Hang
from airflow_argo.local.controller.state import Run
from airflow_argo.local.controller.tree import Node, node_status

_GROWTH: Final = 1.25
"""It is measured again when it has become so much larger: compressing takes time."""


@dataclass(slots=True)
class SizeWatch:
    """Adds up the nodes' sizes, and measures when they may be too much.

    Args:
        spec: bytes of the workflow without its status.
    """

    spec: int
    _sizes: dict[str, int] = field(default_factory=dict)
    _sum: int = 0
    _measured: int = 0

    def too_large(self, run: Run, changed: Iterable[Node]) -> Hang | None:
        """Take note of nodes that changed; what to say if the workflow can't be stored any more."""
        for node in changed:
            size = len(json.dumps(node_status(node, run.tree), ensure_ascii=False, separators=(",", ":")))
            self._sum += size - self._sizes.get(node.name, 0)
            self._sizes[node.name] = size
        if self.spec + self._sum <= MAX_WORKFLOW_BYTES or self._sum < self._measured * _GROWTH:
            return None
        self._measured = self._sum
        size = self.spec + _compressed(run)
        if size <= MAX_WORKFLOW_BYTES:
            return None
        largest = max(self._sizes, key=self._sizes.__getitem__, default=run.metadata.name)
        rule = f"Argo stores no more than {MAX_WORKFLOW_BYTES:,} bytes of a workflow"
        return Hang(largest, f"{rule}, and compressed this one has {size:,}, most of them in this node")


def _compressed(run: Run) -> int:
    nodes = {node.id: node_status(node, run.tree) for node in run.tree}
    text = json.dumps(nodes, ensure_ascii=False, separators=(",", ":"))
    return len(base64.b64encode(gzip.compress(text.encode("utf-8", "surrogatepass"), 6)))
