"""When a wait for a workflow is over, and how. Pure: changes in, snapshots and an outcome out.

A wait is for one object, known by its uid as soon as that was seen; another of the same name is not it. What one LIST + WATCH
of a namespace shows can be given to any number of waits: each takes what is its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from airflow_argo.cluster.errors import ClusterError, NotFoundError, Place, WorkflowGoneError
from airflow_argo.cluster.snapshot import Snapshot
from airflow_argo.cluster.watch import Change, Seen, Synced, Vanished


@dataclass(slots=True)
class Wait:
    """A wait for one workflow to be done.

    Attributes:
        place: for messages.
        name: of the workflow.
        uid: of the workflow if it is known, e.g. from its submission; else the first that is seen of that name is meant.
        last: the last state that was seen.
        outcome: None while the wait goes on; then the snapshot that is done, or the error.
    """

    place: Place
    name: str
    uid: str = ""
    last: Snapshot | None = field(default=None, init=False)
    outcome: Snapshot | ClusterError | None = field(default=None, init=False)

    @property
    def phase(self) -> str:
        """The last phase that was seen, or ""."""
        return self.last.phase if self.last else ""

    def take(self, change: Change) -> Snapshot | None:
        """Learn of a change. Returns the workflow's new state if the change is one of it."""
        if self.outcome is not None:
            return None
        match change:
            case Seen(manifest) if manifest["metadata"]["name"] == self.name:
                return self._seen(Snapshot(manifest, self.place))
            case Vanished(uid, name, manifest) if name == self.name:
                return self._vanished(uid, Snapshot(manifest, self.place) if manifest else None)
            case Synced() if self.last is None:
                self.outcome = self._never_seen()
        return None

    def _seen(self, snapshot: Snapshot) -> Snapshot | None:
        if self.uid and snapshot.uid != self.uid:
            self.outcome = self._gone(replaced_by=snapshot.uid)
            return None
        self.uid, self.last = snapshot.uid, snapshot
        if snapshot.done:
            self.outcome = snapshot
        return snapshot

    def _vanished(self, uid: str, final: Snapshot | None) -> Snapshot | None:
        if self.uid and uid != self.uid:
            return None  # an earlier one of this name
        if final and final.done:  # deleted after its end, and the end is known
            self.uid, self.last, self.outcome = uid, final, final
            return final
        self.uid, self.last = uid, final or self.last
        self.outcome = self._gone()
        return None

    def _never_seen(self) -> ClusterError:
        return self._gone() if self.uid else NotFoundError(self.place, "Workflow", self.name)

    def _gone(self, replaced_by: str = "") -> WorkflowGoneError:
        return WorkflowGoneError(self.place, self.name, self.uid, self.phase, replaced_by)
