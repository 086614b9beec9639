"""Lines of pods' logs: what they are, whose, and which were seen already. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from airflow_argo.cluster.nodes import Nodes
from airflow_argo.cluster.resources import Manifest

NODE_ID: Final = "workflows.argoproj.io/node-id"
NODE_NAME: Final = "workflows.argoproj.io/node-name"
POD_LABEL: Final = "workflows.argoproj.io/workflow"
MAIN: Final = "main"
ARGOS_OWN: Final = frozenset({"init", "wait", "supervisor"})
"""Containers that Argo adds to each pod."""

_EXECUTORS: Final = re.compile(r'time="?\d{4}-\S+ level=\w+ .*\bargo=true\b|\{"time": ?"\d{4}-.*"argo": ?true\b')
_NANOSECONDS: Final = len("2000-01-01T00:00:00.000000000Z")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a container's log, or a notice of ours in its place.

    Attributes:
        node: the display name of the workflow's node.
        node_name: its full name, which no other node has.
        pod: "" if there is none.
        container: "" in a notice about the whole pod.
        text: without the line's end; bytes that are no UTF-8 are U+FFFD.
        time: RFC 3339 with nanoseconds as the node's runtime stamped it, or "".
        notice: the text isn't from the log but says why something of it is missing.
    """

    node: str
    node_name: str
    pod: str
    container: str
    text: str
    time: str = ""
    notice: bool = False


@dataclass(frozen=True, slots=True)
class LoggedPod:
    """What matters of a pod for its logs."""

    name: str
    uid: str
    node_id: str
    node_name: str
    started: str
    containers: tuple[str, ...]
    states: Mapping[str, str]

    @classmethod
    def of(cls, pod: Manifest, containers: tuple[str, ...]) -> LoggedPod:
        """The facts of a pod object; `containers` are the wanted ones, of which those count that it has."""
        meta, status = pod["metadata"], pod.get("status") or {}
        annotations = meta.get("annotations") or {}
        node_id = node_id_of(pod)
        return cls(
            name=meta["name"],
            uid=meta["uid"],
            node_id=node_id,
            node_name=annotations.get(NODE_NAME) or node_id,
            started=status.get("startTime") or meta.get("creationTimestamp") or "",
            containers=_present(pod["spec"], containers),
            states=_states(status),
        )

    def has_log(self, container: str) -> bool:
        """Whether a container has started, so that there is a log, if only an empty one."""
        return self.states.get(container) in ("running", "terminated", "restarting")

    def has_ended(self, container: str) -> bool:
        """Whether nothing will come to its log any more."""
        return self.states.get(container) == "terminated"

    def line(self, nodes: Nodes, container: str, text: str, time: str = "", *, notice: bool = False) -> LogLine:
        """A line of this pod's."""
        node = display_name(nodes, self.node_id, self.node_name)
        return LogLine(node, self.node_name, self.name, container, text, time, notice)


def node_id_of(pod: Manifest) -> str:
    """The id of the node that a pod is of; of early versions of Argo the pod's name, as Argo reads it."""
    meta = pod["metadata"]
    return str((meta.get("annotations") or {}).get(NODE_ID) or meta["name"])


def _present(spec: Mapping[str, Any], wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The wanted containers that the pod has. A container set without a `main` has its own in place of it."""
    names = [container["name"] for key in ("initContainers", "containers") for container in spec.get(key) or ()]
    found = [name for name in names if name in wanted]
    if MAIN in wanted and MAIN not in names:
        found += [container["name"] for container in spec.get("containers") or () if container["name"] not in ARGOS_OWN]
    return tuple(dict.fromkeys(found))


def _states(status: Mapping[str, Any]) -> dict[str, str]:
    """Container → waiting, running, terminated, or restarting (it waits, but has run before)."""
    states = {}
    for key in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(key) or ():
            state = next(iter(container.get("state") or {"waiting": {}}))
            ran_before = state == "waiting" and container.get("lastState")
            states[container["name"]] = "restarting" if ran_before else state
    return states


def display_name(nodes: Nodes, node_id: str, node_name: str) -> str:
    """A node's display name; of a node that the status doesn't have yet, the last part of its name."""
    if node := nodes.get(node_id):
        return str(node.get("displayName") or node_name)
    depth, start = 0, 0
    for at, char in enumerate(node_name):
        depth += (char == "(") - (char == ")")
        if char == "." and depth == 0:
            start = at + 1
    return node_name[start:]


def users_part(text: str) -> str | None:
    """What the user's program wrote of a line of `main`; None if Argo's executor wrote all of it.

    The executor starts the program there, and marks its own lines. Where the program didn't end its last line, the executor's
    next stands behind that.
    """
    found = _EXECUTORS.search(text)
    return text if found is None else text[: found.start()] or None


class LogCursor:
    """Where the reading of one log is, so that it can be taken up again after a break without a line lost or twice.

    The API takes whole seconds, so the last second is read again, and what was seen of it is left out: by time, and among
    lines of the very same time by count.
    """

    def __init__(self) -> None:
        self.time = ""
        self._at_time = 0
        self._to_skip = 0
        self._resumed_at = ""

    @property
    def since_time(self) -> str | None:
        """The `sinceTime` of the next request; None: nothing was read yet."""
        return f"{self.time[:19]}Z" if self.time else None

    def resume(self) -> None:
        """The log is read again from `since_time`."""
        self._resumed_at, self._to_skip = self.time, self._at_time

    def take(self, raw: bytes) -> tuple[str, str] | None:
        """Time and text of a line as the API gives it with timestamps; None: it was taken before."""
        stamp, separator, text = raw.decode("utf-8", "replace").rstrip("\n").partition(" ")
        time = _sortable(stamp)
        if not time:  # a message of the node's in place of a line
            return "", stamp + separator + text
        if self._resumed_at and time < self._resumed_at:
            return None
        if time == self._resumed_at and self._to_skip:
            self._to_skip -= 1
            return None
        self._at_time = self._at_time + 1 if time == self.time else 1
        self.time = time
        return time, text


def _sortable(stamp: str) -> str:
    """A UTC timestamp with all nine digits: the API leaves zeros at the end away. "" if it is none."""
    if len(stamp) < 20 or not stamp.endswith("Z") or stamp[10] != "T" or not stamp[:4].isdigit():
        return ""
    whole, _, fraction = stamp[:-1].partition(".")
    return f"{whole}.{fraction:0<9}Z" if len(stamp) <= _NANOSECONDS else ""


def missing_pods(nodes: Nodes, seen: set[str]) -> list[LogLine]:
    """A notice for each node that had a pod which is no longer there. A node that a cache answered for never had one."""
    return [
        LogLine(node["displayName"], node["name"], "", "", "its pod is gone, and its log with it", notice=True)
        for id_, node in nodes.items()
        if node.get("type") == "Pod"
        and id_ not in seen
        and node.get("phase") not in ("Pending", "Skipped", "Omitted")
        and not (node.get("memoizationStatus") or {}).get("hit")
    ]
