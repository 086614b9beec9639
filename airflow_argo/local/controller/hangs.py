"""Whether a run can still go on, and if not, what waits for what for ever. On a controller such a run stays Running."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from airflow_argo.argo.phases import ERROR, PENDING, RUNNING
from airflow_argo.local.controller.pods import owner
from airflow_argo.local.controller.state import Run
from airflow_argo.local.controller.tree import RETRY, Node

_MOST: Final = 200
"""Characters that are shown of a node's name: those of a loop's nodes have the items in them."""


@dataclass(frozen=True, slots=True)
class Hang:
    """A node waits for something that never comes."""

    node: str
    reason: str

    def __str__(self) -> str:
        name = self.node if len(self.node) <= _MOST else f"{self.node[: _MOST // 2]}…{self.node[-_MOST // 2 :]}"
        return f"'{name}' waits for ever: {self.reason}"


def can_go_on(run: Run, *, pods: bool = True) -> bool:
    """Whether anything but a client's stop can still change the run, when no pass changes it by itself.

    Args:
        pods: its pods can.
    """
    if (pods and run.pods) or run.suspended:
        return True
    waiting = {name for _, name in run.alarms}
    for node in run.tree:
        if node.fulfilled:
            continue
        if node.name in waiting and (node.phase == PENDING or _backs_off(run, node)):
            return True
        if node.suspended and not _is_overdue(run, node, waiting):
            return True
        if run.deadline is not None and run.now() <= run.deadline and (node.phase == PENDING or not pods):
            return True
    return False


def _backs_off(run: Run, node: Node) -> bool:
    """Whether a Retry node waits until it tries again. The entrypoint's is woken at the workflow's deadline too."""
    attempts = run.tree.attempts(node) if node.type == RETRY else []
    return bool(attempts) and attempts[-1].fulfilled


def _is_overdue(run: Run, node: Node, waiting: set[str]) -> bool:
    """Whether a suspended node's time has come without anybody looking at it: its group went on without it."""
    call = run.calls.get(owner(run, node.name))
    template = call.processed if call is not None else None
    return call is not None and bool(((template or {}).get("suspend") or {}).get("duration")) and call.name not in waiting


def hangs(run: Run) -> list[Hang]:
    """What waits, and for what."""
    found = [Hang(name, reason) for name, reason in run.stuck.items()]
    found += [
        Hang(node.name, f"the lock {node.waiting_for}, which nobody will give back")
        for node in run.tree
        if not node.fulfilled and node.waiting_for
    ]
    if found:
        return found
    open_nodes = [node for node in run.tree if not node.fulfilled]
    if not open_nodes:
        return [Hang(run.metadata.name, run.message or "it has nothing to do")]
    return [Hang(open_nodes[-1].name, _reason(run, open_nodes[-1]))]


def _reason(run: Run, node: Node) -> str:
    around = run.calls.get(node.boundary)
    template = around.processed if around is not None else None
    if template is not None and template.get("failFast") and run.tree.counts(node.boundary).unsuccessful:
        return f"after a failure failFast lets nothing more start in '{node.boundary}', so that the rest of it never runs"
    return "nothing inside it will go on"


def end_hang(run: Run, found: list[Hang]) -> None:
    """End a run that hangs: it is an Error, and so is whatever waits in it."""
    for hang in found:
        if run.tree.get(hang.node) is not None:
            run.tree.mark(hang.node, ERROR, str(hang))
    for node in list(run.tree):
        if node.name == run.metadata.name or (not node.fulfilled and node.phase in (RUNNING, PENDING)):
            run.tree.mark(node.name, ERROR, node.message or "something in it waits for ever")
    run.phase, run.message = ERROR, "; ".join(str(hang) for hang in found)
    run.finished_at = run.now()
