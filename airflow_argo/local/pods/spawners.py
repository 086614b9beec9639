"""All that starts processes for a run: its own spawner, and those of the fork servers, for processes that can be prepared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from airflow_argo.local.pods.fork_servers import FORK_SERVERS, Preparation
from airflow_argo.local.pods.spawner import Ended, ProcessRequest, Spawner, Started


@dataclass(slots=True)
class Spawners:
    """The spawners of a run.

    Attributes:
        own: starts any process.
    """

    own: Spawner = field(default_factory=Spawner)
    _prepared: dict[Preparation, Spawner] = field(default_factory=dict)
    _asked: dict[str, ProcessRequest] = field(default_factory=dict)
    _at: dict[str, Spawner] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Spawner]:
        """Those that are there."""
        if self.own.running:
            yield self.own
        yield from self._prepared.values()

    def spawn(self, request: ProcessRequest) -> None:
        """Ask for a process."""
        spawner = self.own if request.prepared is None else self._spawner_for(request.prepared)
        self._at[request.id] = spawner
        if spawner is not self.own:
            self._asked[request.id] = request
        spawner.spawn(request)

    def _spawner_for(self, what: Preparation) -> Spawner:
        if what not in self._prepared:
            connection = FORK_SERVERS.connect(what)
            if connection is None:
                return self.own
            self._prepared[what] = Spawner.of(connection)
        return self._prepared[what]

    def signal(self, process_id: str, number: int) -> None:
        """Send a signal to a process and its group; one that has ended gets none."""
        if process_id in self._at:
            self._at[process_id].signal(process_id, number)

    def receive(self, spawner: Spawner) -> list[Started | Ended]:
        """What a spawner has reported. If it is gone before any report, its processes are asked for anew, elsewhere."""
        reports = spawner.receive()
        for report in reports:
            if isinstance(report, Started):
                self._asked.pop(report.id, None)
            else:
                self._at.pop(report.id, None)
        if spawner.lost and spawner is not self.own:
            self._replace(spawner)
        return reports

    def _replace(self, spawner: Spawner) -> None:
        """What a fork server was to start that has failed is started as anything else."""
        mine = [process for process, at in self._at.items() if at is spawner]
        if any(process not in self._asked for process in mine):
            return
        what = next(what for what, one in self._prepared.items() if one is spawner)
        FORK_SERVERS.failed(what)
        spawner.lost = False
        del self._prepared[what]
        spawner.stop()
        for process in mine:
            request = self._asked.pop(process)
            self._at[process] = self.own
            self.own.spawn(request)

    def stop(self) -> None:
        """End all; no process is left."""
        for spawner in self._prepared.values():
            spawner.stop()
        self.own.stop()
