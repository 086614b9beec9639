"""Mutexes and semaphores of one run. Source: workflow/sync; semaphores of a database are not there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_argo.local.controller.faults import Fault


@dataclass(slots=True)
class Lock:
    """A lock that so many may hold at once; others wait in the order in which they asked."""

    name: str
    limit: int
    holders: dict[str, None] = field(default_factory=dict)
    waiting: dict[str, None] = field(default_factory=dict)

    def free(self, key: str) -> bool:
        """Whether a holder has it or can have it now."""
        return key in self.holders or len(self.holders) < self.limit

    @property
    def message(self) -> str:
        """What the node of one that waits says."""
        return f"Waiting for {self.name} lock. Lock status: {self.limit - len(self.holders)}/{self.limit}"


@dataclass(slots=True)
class Locks:
    """All locks of a run. Holders are names of nodes; the workflow itself is "".

    Args:
        namespace: part of the locks' names.
        config_maps: with the limits of semaphores.
    """

    namespace: str
    config_maps: Mapping[str, Mapping[str, str]]
    _locks: dict[str, Lock] = field(default_factory=dict)

    def acquire(self, key: str, synchronization: Mapping[str, Any]) -> Lock | None:
        """Take all locks of a `synchronization`, or none.

        Returns:
            None if they are held now, else the first that is taken by others.
        Raises:
            Fault: a semaphore has no limit.
        """
        locks = [self._lock(item) for item in self._items(synchronization)]
        for lock in locks:
            if key not in lock.holders:
                lock.waiting[key] = None
        taken = next((lock for lock in locks if not lock.free(key)), None)
        if taken is None:
            for lock in locks:
                lock.holders[key] = None
                lock.waiting.pop(key, None)
        return taken

    def release(self, key: str, synchronization: Mapping[str, Any]) -> list[str]:
        """Give back all locks of a `synchronization`; returns who waits for them."""
        waiting: dict[str, None] = {}
        for item in self._items(synchronization):
            lock = self._locks.get(self._name(item))
            if lock is None:
                continue
            lock.waiting.pop(key, None)
            if key in lock.holders:
                del lock.holders[key]
                waiting |= lock.waiting
        return list(waiting)

    def _items(self, synchronization: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
        semaphores = [("semaphore", item) for item in synchronization.get("semaphores") or []]
        items = semaphores + [("mutex", item) for item in synchronization.get("mutexes") or []]
        if any(item in items[:index] for index, item in enumerate(items)):
            raise Fault("requested configuration is invalid: duplicate synchronization item found")
        return items

    def _name(self, item: tuple[str, Mapping[str, Any]]) -> str:
        kind, reference = item
        namespace = reference.get("namespace") or self.namespace
        if kind == "mutex":
            return f"{namespace}/Mutex/{reference['name']}"
        source = reference["configMapKeyRef"]
        return f"{namespace}/ConfigMap/{source['name']}/{source['key']}"

    def _lock(self, item: tuple[str, Mapping[str, Any]]) -> Lock:
        name = self._name(item)
        if name not in self._locks:
            self._locks[name] = Lock(name, 1 if item[0] == "mutex" else self._limit(name, item[1]["configMapKeyRef"]))
        return self._locks[name]

    def _limit(self, name: str, source: Mapping[str, str]) -> int:
        """Source: newInternalSemaphore, to which whatever can't be read is a limit of 0."""
        text = self.config_maps.get(source["name"], {}).get(source["key"], "")
        if re.fullmatch(r"[+-]?[0-9]+", text) is None or int(text) == 0:
            raise Fault(f"failed to initialize semaphore {name} with limit")
        return int(text)
