"""LIST + WATCH as a machine without I/O: it says what to do next, is told how that went, and gives the changes that follow.

    List ──all pages──▶ Watch(resourceVersion) ──event──▶ Watch
      ▲                   │ │
      │ 410 Gone, or      │ └─ end of the answer, broken connection, 429, 5xx ──▶ Pause ──▶ Watch, from where it was
      └─ three faults ────┘

- A resourceVersion is opaque: it is kept and given back, and compared for equality only.
- A watch is resumed from the last resourceVersion that was seen, also in a bookmark, so nothing between is lost; only 410 Gone
  (the server no longer has that history) needs a new list. After that list, what is no longer there has vanished.
- A watch that ends after it gave something is normal (servers end each within some minutes) and resumed at once. One that gave
  nothing, or never opened, is followed by pauses that grow, and after three in a row by a list: so where watches don't work at
  all this becomes a slow poll.
- Faults of the server are borne as long as `patience` says, counted from the last thing that worked.

What does the I/O (a thread, an event loop) calls `next_action` and then one of `listed`, `opened` … `event` … `closed`, or
`failed`.
Source: Kubernetes API concepts, "Efficient detection of changes"; client-go, tools/cache/reflector.go.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from airflow_argo.cluster.backoff import Backoff
from airflow_argo.cluster.errors import ClusterError, ExpiredError, UnauthorizedError
from airflow_argo.cluster.resources import Manifest

SHORTEST_WATCH: Final = 1.0
"""Seconds that a watch lasts at least if something before the server doesn't cut it off (reflector.go: "very short watch")."""

_FAULTS_BEFORE_LIST: Final = 3
_REFUSALS_BORNE: Final = 2
_WATCH_SECONDS: Final = 240


@dataclass(frozen=True, slots=True)
class List:
    """Ask for the (next page of the) list; `paged`: with a limit."""

    continue_token: str = ""
    paged: bool = True


@dataclass(frozen=True, slots=True)
class Watch:
    """Ask for the changes since a resourceVersion; the server is to end the answer after `seconds`."""

    resource_version: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for some seconds."""

    seconds: float


Action = List | Watch | Pause


@dataclass(frozen=True, slots=True)
class Seen:
    """An object is there, new or changed."""

    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Vanished:
    """An object is no longer there. `manifest` is its last state, None if that went by unseen."""

    uid: str
    name: str
    manifest: Manifest | None = None


@dataclass(frozen=True, slots=True)
class Synced:
    """All that was there at one moment has been seen."""


Change = Seen | Vanished | Synced


@dataclass(slots=True)
class Reflector:
    """The machine. All times are seconds of one clock that never goes back.

    Attributes:
        patience: seconds without anything that worked, after which the last fault is raised.
        jitter: gives numbers from 0 to 1.
    """

    patience: float = 600.0
    jitter: Callable[[], float] = random.random
    _known: dict[str, tuple[str, str]] = field(default_factory=dict)
    _resource_version: str | None = None
    _page: str = ""
    _paged: bool = True
    _listed: set[str] = field(default_factory=set)
    _pause_until: float | None = None
    _opened_at: float | None = None
    _gave_something: bool = False
    _list_next: bool = True
    _worked_at: float | None = None
    _refusals: int = 0
    _backoff: Backoff = field(init=False)

    def __post_init__(self) -> None:
        self._backoff = Backoff(self.jitter)

    @property
    def is_watching(self) -> bool:
        """Whether the watch that was opened is still to be read; otherwise close it and ask for the next action."""
        return self._opened_at is not None

    def next_action(self, now: float) -> Action:
        """What to do now."""
        if self._worked_at is None:
            self._worked_at = now
        if self._pause_until is not None and now < self._pause_until:
            return Pause(self._pause_until - now)
        self._pause_until = None
        if self._list_next or self._resource_version is None:
            return List(self._page, self._paged)
        return Watch(self._resource_version, int(_WATCH_SECONDS * (1 + self.jitter() / 4)))

    def listed(self, page: Manifest, now: float) -> list[Change]:
        """A page of the list arrived: what it shows."""
        self._worked(now)
        changes: list[Change] = []
        for manifest in page.get("items") or ():
            self._listed.add(manifest["metadata"]["uid"])
            changes += self._seen(manifest)
        meta = page.get("metadata") or {}
        self._page = meta.get("continue") or ""
        return changes if self._page else changes + self._list_is_whole(str(meta.get("resourceVersion", "")))

    def opened(self, now: float) -> None:
        """The watch was accepted: the head of its answer is there."""
        self._opened_at, self._gave_something = now, False
        self._worked(now)

    def event(self, event: Manifest, now: float) -> list[Change]:
        """A line of the watch's answer arrived: what it shows. An ERROR goes to `failed`, as the error that it holds."""
        self._worked(now)
        self._gave_something = True
        self._backoff.reset()
        manifest: dict[str, Any] = event["object"]
        self._resource_version = str(manifest["metadata"]["resourceVersion"])
        match event["type"]:
            case "ADDED" | "MODIFIED":
                return self._seen(manifest)
            case "DELETED":
                meta = manifest["metadata"]
                self._known.pop(meta["uid"], None)
                return [Vanished(meta["uid"], meta["name"], manifest)]
        return []  # a bookmark: only its resourceVersion counts

    def closed(self, now: float) -> None:
        """The watch's answer ended, as all do."""
        if self._was_useful(now):
            self._backoff.reset()
        else:
            self._after_fault(now, None)
        self._opened_at = None

    def failed(self, error: ClusterError, now: float) -> None:
        """A list or watch was refused or broke off.

        Raises:
            ClusterError: the error itself, where trying again is no use, or was tried for long enough.
        """
        useful = self._was_useful(now)
        self._opened_at = None
        if isinstance(error, ExpiredError):
            self._history_is_gone(now)
            return
        if isinstance(error, UnauthorizedError) and self._refusals < _REFUSALS_BORNE:
            self._refusals += 1  # a token may just be being renewed
        elif not error.transient or now - (now if self._worked_at is None else self._worked_at) > self.patience:
            raise error
        if useful:
            self._backoff.reset()
        if not useful or error.retry_after:
            self._after_fault(now, error.retry_after)

    def _seen(self, manifest: Manifest) -> list[Change]:
        meta = manifest["metadata"]
        version = (str(meta["name"]), str(meta["resourceVersion"]))
        if self._known.get(meta["uid"]) == version:
            return []  # told twice, as happens after a new list
        self._known[meta["uid"]] = version
        return [Seen(manifest)]

    def _list_is_whole(self, resource_version: str) -> list[Change]:
        gone = [uid for uid in self._known if uid not in self._listed]
        changes: list[Change] = [Vanished(uid, self._known.pop(uid)[0]) for uid in gone]
        self._listed, self._list_next, self._resource_version = set(), False, resource_version
        return [*changes, Synced()]

    def _history_is_gone(self, now: float) -> None:
        """A new list, at once the first time. Pages that took too long are not tried a second time."""
        if self._page:
            self._paged = False
        if self._backoff.faults:
            self._pause_until = now + self._backoff.pause()
        else:
            self._backoff.faults = 1
        self._list_again()

    def _list_again(self) -> None:
        self._list_next, self._page, self._listed = True, "", set()

    def _worked(self, now: float) -> None:
        self._worked_at, self._refusals = now, 0

    def _was_useful(self, now: float) -> bool:
        if self._opened_at is None:
            return False
        return self._gave_something or now - self._opened_at >= SHORTEST_WATCH

    def _after_fault(self, now: float, retry_after: float | None) -> None:
        self._pause_until = now + self._backoff.pause(retry_after)
        if self._backoff.faults >= _FAULTS_BEFORE_LIST and not self._page:
            self._list_again()
