"""The journal of a run: what it is, and what changed of it, so that a run that broke off goes on from there.

Lines are JSON objects: `{"run": …}` first, then `{"nodes": […], "workflow": …}` for all that changed at once; what comes later
replaces what came before of the same node. A retry writes `{"gone": [names], "nodes": […], "workflow": …, "run": …}`: what it
forgets, how the rest stands, and what it goes on with. A last line that isn't whole counts for nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import IO, Any

from airflow_argo.local.controller.state import Run
from airflow_argo.local.controller.tree import Node, NodeFlag
from airflow_argo.local.errors import RunNotFound

FILE = "journal.jsonl"
_NODE_FIELDS = tuple(one.name for one in fields(Node) if one.name not in ("synced", "has_pod"))


@dataclass(slots=True)
class Journal:
    """Writes a run's journal. A disk that is full doesn't stop the run: `broken` says why nothing is written any more."""

    path: Path
    broken: str = ""
    _file: IO[str] | None = None
    _workflow: dict[str, Any] = field(default_factory=dict)

    def begin(self, header: Mapping[str, Any]) -> None:
        """Start a new journal, or go on with one."""
        fresh = not self.path.exists()
        if not fresh:
            cut_broken_line(self.path)
        self._file = self.path.open("a", encoding="utf-8")
        if fresh:
            self._write({"run": dict(header)})

    def record(self, run: Run, changed: Iterable[Node]) -> None:
        """Write down the nodes that changed, and what changed about the workflow."""
        line: dict[str, Any] = {"nodes": [_node_record(node) for node in changed]}
        workflow = _workflow_record(run)
        if workflow != self._workflow:
            self._workflow = line["workflow"] = workflow
        self._write(line)

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._file is None or self.broken:
            return
        try:
            self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
            self._file.flush()
        except OSError as error:
            self.broken = f"{self.path}: {error.strerror}"

    def close(self) -> None:
        """Nothing more comes."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                self.broken = self.broken or f"{self.path}: {error.strerror}"
            self._file = None


def _node_record(node: Node) -> dict[str, Any]:
    record = {name: getattr(node, name) for name in _NODE_FIELDS}
    record["children"] = list(node.children)
    record["flag"] = None if node.flag is None else asdict(node.flag)
    return {name: value for name, value in record.items() if value not in (None, "", [])}


def _workflow_record(run: Run) -> dict[str, Any]:
    return {
        "phase": run.phase,
        "message": run.message,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "shutdown": run.shutdown,
        "suspended": run.suspended,
        "output_parameters": dict(run.output_parameters),
        "output_artifacts": dict(run.output_artifacts),
    }


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a journal says."""

    header: dict[str, Any]
    nodes: dict[str, dict[str, Any]]
    workflow: dict[str, Any]


def read_journal(folder: Path) -> Recorded:
    """Read the journal of a run's folder.

    Raises:
        RunNotFound: there is none, or its beginning can't be read.
    """
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
    except OSError:
        raise RunNotFound(folder) from None
    header: dict[str, Any] = {}
    nodes: dict[str, dict[str, Any]] = {}
    workflow: dict[str, Any] = {}
    for line in whole_lines(text):
        header = line.get("run") or header
        workflow = line.get("workflow") or workflow
        for name in line.get("gone") or []:
            nodes.pop(name, None)
        nodes |= {node["name"]: node for node in line.get("nodes") or []}
    if not header:
        raise RunNotFound(folder, f"its {FILE} can't be read")
    return Recorded(header, nodes, workflow)


def rewind(
    folder: Path,
    gone: Iterable[str],
    nodes: Iterable[Mapping[str, Any]],
    workflow: Mapping[str, Any],
    header: Mapping[str, Any],
) -> None:
    """Write down that nodes are forgotten, and how others and the workflow stand now.

    Args:
        gone: names.
        nodes: records, as `read_journal` gives them.
        header: what the run goes on with.
    """
    path = folder / FILE
    cut_broken_line(path)
    line = {"gone": list(gone), "nodes": list(nodes), "workflow": dict(workflow), "run": dict(header)}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, separators=(",", ":")) + "\n")


def cut_broken_line(path: Path) -> None:
    """Remove what stands behind the last whole line."""
    with path.open("rb+") as file:
        data = file.read()
        file.truncate(data.rfind(b"\n") + 1)


def whole_lines(text: str) -> Iterator[dict[str, Any]]:
    """The objects of lines of JSON, up to one that broke off."""
    for line in text.splitlines():
        try:
            parsed = json.loads(line)
        except ValueError:
            return
        if isinstance(parsed, dict):
            yield parsed


def restore_node(record: Mapping[str, Any]) -> Node:
    """A node as it was."""
    known = {name: value for name, value in record.items() if name in _NODE_FIELDS and name not in ("children", "flag")}
    node = Node(**known)
    node.children = dict.fromkeys(record.get("children") or ())
    node.flag = NodeFlag(**record["flag"]) if record.get("flag") is not None else None
    return node
