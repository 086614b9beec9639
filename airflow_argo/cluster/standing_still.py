"""Workflows that stand still though their pods have ended. Nothing in such a workflow tells.

Argo ends a workflow that it can't store any more as Error; but not if that is found when the workflow has just ended otherwise:
it then fails at this with each look, and goes on as if there were nothing new (golden/hangs/workflow-over-1mib). The same is
seen where no controller runs. It labels a pod as completed only after it has stored the pod's end (controller/operator.go,
persistUpdates), so there are few to look at.

What tells is that for minutes nothing was written to such a pod nor to its workflow. The API server notes in both when it was
(managedFields), so no clock but its own matters, and one look is enough, also of a process that has just begun.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from airflow_argo.argo.phases import FULFILLED
from airflow_argo.cluster.client import Api
from airflow_argo.cluster.errors import ClusterError
from airflow_argo.cluster.log_lines import NODE_NAME, POD_LABEL, display_name, node_id_of
from airflow_argo.cluster.resources import PODS, WORKFLOWS, Call, Manifest, query
from airflow_argo.cluster.snapshot import Snapshot

QUIET: Final = 150.0
"""Seconds without a change after which it counts: a controller takes note of a pod's end within moments."""

_UNNOTED: Final = "workflows.argoproj.io/completed!=true,!workflows.argoproj.io/component"
"""Labels of pods whose end isn't stored yet. Agents, which have a component, are pods of no node."""

_ENDED: Final = "status.phase!=Pending,status.phase!=Running,status.phase!=Unknown"
_PAGE: Final = 500

_CAUSE: Final = (
    "Probably no controller runs, or the workflow has become larger than the 1 MiB that Argo stores (its controller's log then "
    "says 'offload node status is not supported')."
)
_CURE: Final = (
    "Start the controller; or delete the workflow, and let its tasks give less, put it into artifacts, or give Argo a database "
    "(nodeStatusOffLoad)."
)


@dataclass(frozen=True, slots=True)
class EndedPod:
    """A pod that has ended, and isn't labelled as noted.

    Attributes:
        uid: the pod's own.
        workflow: the name.
        node: the id.
        node_name: the full name.
        owners: uids of the workflow that it is of, where it says so.
        written: when something was last written to it, by the API server's clock; None: it doesn't say.
    """

    uid: str
    workflow: str
    node: str
    node_name: str
    owners: frozenset[str]
    written: float | None


@dataclass(frozen=True, slots=True)
class UnnotedEnd:
    """The end of a pod that Argo takes no note of.

    Attributes:
        workflow: the name.
        node: the display name.
        seconds: since the end, at the least.
    """

    workflow: str
    node: str
    seconds: float

    def __str__(self) -> str:
        return f"its pod has ended, and for {self.seconds // 60:.0f} minutes Argo has taken no note of it. {_CAUSE} {_CURE}"


def ended_pods(api: Api, workflow: str = "") -> list[EndedPod]:
    """Those of a workflow, or of all in the namespace.

    Raises:
        ClusterError: they can't be seen.
    """
    labels = f"{POD_LABEL}={workflow}" if workflow else POD_LABEL
    found: list[EndedPod] = []
    token = ""
    while True:
        selectors = {"labelSelector": f"{labels},{_UNNOTED}", "fieldSelector": _ENDED}
        options = query(limit=_PAGE, **selectors, **{"continue": token})
        page = api.send_once(Call("list", PODS, api.namespace, query=options))
        found += map(_ended, page.get("items") or ())
        token = (page.get("metadata") or {}).get("continue") or ""
        if not token:
            return found


def _ended(pod: Manifest) -> EndedPod:
    meta, node = pod["metadata"], node_id_of(pod)
    owners = frozenset(str(one["uid"]) for one in meta.get("ownerReferences") or () if one.get("kind") == WORKFLOWS.kind)
    name = (meta.get("annotations") or {}).get(NODE_NAME) or node
    return EndedPod(meta["uid"], meta["labels"][POD_LABEL], node, name, owners, _written(pod))


def _written(found: Manifest) -> float | None:
    """When something was last written to an object: seconds since 1970 by the API server's clock; None: it doesn't say."""
    times = [str(one["time"]) for one in found["metadata"].get("managedFields") or () if one.get("time")]
    with suppress(ValueError):
        return datetime.fromisoformat(max(times).replace("Z", "+00:00")).timestamp()
    return None


@dataclass(slots=True)
class StandstillWatch:
    """Looks after workflows of a namespace.

    Attributes:
        uid: of the workflow, where it is one and known, so that another of the same name is never taken for it.
    """

    api: Api
    uid: str = ""
    _settled: set[str] = field(default_factory=set)
    """Uids of pods that were told of, or noted: workflows may keep those of thousands to their end."""

    def look(self, names: Collection[str], pods: Iterable[EndedPod] | None = None) -> list[UnnotedEnd]:
        """What Argo takes no note of in these workflows; each is told once. Nothing where it can't be seen.

        Args:
            names: of workflows.
            pods: theirs, if they are known.
        """
        found: list[UnnotedEnd] = []
        with suppress(ClusterError):
            if pods is None and names:
                pods = ended_pods(self.api, next(iter(names)) if len(names) == 1 else "")
            new = (pod for pod in pods or () if pod.workflow in names and pod.uid not in self._settled)
            quiet = [pod for pod in new if self._is_quiet(pod.written)]
            for name in sorted({pod.workflow for pod in quiet}):
                found += self._unnoted(name, [pod for pod in quiet if pod.workflow == name])
        return found

    def _unnoted(self, name: str, pods: Iterable[EndedPod]) -> Iterator[UnnotedEnd]:
        """Of pods that have ended; the workflow is read after them, so what was noted before is known."""
        workflow = self._workflow(name)
        if workflow is None or not self._is_quiet(_written(workflow.manifest)):
            return
        nodes = workflow.nodes
        for pod in sorted(pods, key=lambda pod: pod.node):
            self._settled.add(pod.uid)
            is_another = pod.owners and workflow.uid not in pod.owners
            if not is_another and (nodes.get(pod.node) or {}).get("phase") not in FULFILLED:
                called = display_name(nodes, pod.node, pod.node_name)
                yield UnnotedEnd(name, called, self.api.clock.now() - (pod.written or 0.0))

    def _workflow(self, name: str) -> Snapshot | None:
        """As it is now, if it goes on. Whoever may wait may list workflows."""
        call = Call("list", WORKFLOWS, self.api.namespace, query=query(fieldSelector=f"metadata.name={name}"))
        found = [Snapshot(one, self.api.place) for one in self.api.send_once(call).get("items") or ()]
        return next((one for one in found if not one.done and self.uid in ("", one.uid)), None)

    def _is_quiet(self, written: float | None) -> bool:
        clock = self.api.clock
        return clock.known and written is not None and clock.now() - written >= QUIET
