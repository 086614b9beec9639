"""One LIST + WATCH for all waits of this process on one connection and namespace.

A thread reads the watch and tells each wait what concerns it, on the wait's own event loop. What the watch has shown is kept, a
few hundred bytes a workflow, so a wait that comes later needs no request of its own:

    watch thread ──Seen, Vanished──▶ known ──▶ the listeners of that name, and those of all names

A workflow that was made just now may not have been shown yet; so that a name isn't known says nothing, and after a while the
wait asks for the workflow itself (`confirm`).

No wait may depend on a call that never returns, such as a login program's that hangs: a watch whose thread is held up is given
up for another, and what is asked for here has a limit.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, Protocol, TypeVar
from weakref import WeakKeyDictionary

from airflow_argo.cluster import ClusterError, ForbiddenError, NotFoundError
from airflow_argo.cluster.backoff import Endurance
from airflow_argo.cluster.errors import HeldUpError
from airflow_argo.cluster.resources import WORKFLOWS, Manifest
from airflow_argo.cluster.watch import Change, Seen, Synced, Vanished
from airflow_argo.cluster.watching import LONGEST_SILENCE, Watching
from airflow_argo.hooks.argo import ArgoHook, in_time
from airflow_argo.triggers.standing_still import SharedPods

LINGER: Final = 30.0
"""Seconds that a watch is kept after its last wait has ended: the next one may come soon."""

LONGEST_HOLDUP: Final = 3 * LONGEST_SILENCE
"""Seconds without a sign of a watch's thread after which another takes its place."""

_LOOK: Final = 30.0
"""Seconds between looks whether a watch's thread goes on."""

Outcome = TypeVar("Outcome")

_LARGE: Final = frozenset(
    {"nodes", "compressedNodes", "storedTemplates", "storedWorkflowTemplateSpec", "taskResultsCompletionStatus"}
)
_KEPT: Final = frozenset(
    {"name", "namespace", "uid", "resourceVersion", "labels", "annotations", "creationTimestamp", "deletionTimestamp"}
)


class Listener(Protocol):
    """What learns of changes. Called by the watch's thread, under its lock: must be quick, and must not call back."""

    def take(self, change: Change) -> None:
        """A workflow was seen, or has vanished."""

    def fail(self, error: ClusterError) -> None:
        """The watch has ended; nothing more will come."""


class SharedWatch:
    """A watch, its thread, and who listens."""

    def __init__(self, hook: ArgoHook) -> None:
        self.hook = hook
        self.synced = threading.Event()
        self.pods = SharedPods(hook.api)
        self._watching = Watching(hook.api, WORKFLOWS)
        self._known: dict[str, Manifest] = {}
        self._by_name: dict[str, list[Listener]] = {}
        self._of_all: list[Listener] = []
        self._lock = threading.Lock()
        self._error: ClusterError | None = None  # why it has ended
        self._thread = threading.Thread(target=self._read, name="argo-watch", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it still tells anything."""
        return self._error is None

    @property
    def requests(self) -> int:
        """LISTs and WATCHes that were sent."""
        return self._watching.requests

    @property
    def listeners(self) -> int:
        """How many listen."""
        with self._lock:
            return len(self._of_all) + sum(map(len, self._by_name.values()))

    def add(self, listener: Listener, name: str | None = None) -> None:
        """Let a listener learn of one workflow, or of all; first of what is known already."""
        with self._lock:
            if self._error:
                listener.fail(self._error)
                return
            (self._of_all if name is None else self._by_name.setdefault(name, [])).append(listener)
            known = self._known.values() if name is None else [self._known[name]] if name in self._known else []
            for manifest in list(known):
                listener.take(Seen(manifest))
            if self.synced.is_set():
                listener.take(Synced())

    def remove(self, listener: Listener, name: str | None = None) -> None:
        """Tell it no more."""
        with self._lock:
            listeners = self._of_all if name is None else self._by_name.get(name, [])
            with suppress(ValueError):
                listeners.remove(listener)
            if name is not None and not listeners:
                self._by_name.pop(name, None)

    def stop(self) -> None:
        """End it; whoever still listens is told so."""
        self._watching.stop()

    def give_up_if_held_up(self) -> None:
        """End it without its thread, if that hangs in a call: whoever listens is told to watch again."""
        if self._watching.silent_for > LONGEST_HOLDUP:
            self._end(HeldUpError(self.hook.api.place, "the watch", LONGEST_HOLDUP))
            self._watching.stop()

    def _read(self) -> None:
        error = None
        try:
            for change in self._watching.changes():
                self._spread(change)
        except ClusterError as fault:
            error = fault
        finally:
            self._end(error)

    def _spread(self, change: Change) -> None:
        with self._lock:
            if self._error:
                return
            match change:
                case Seen(manifest):
                    name = manifest["metadata"]["name"]
                    self._known[name] = compact(manifest)
                case Vanished(_, name):
                    self._known.pop(name, None)
                case Synced():
                    self.synced.set()
                    for listener in [*self._of_all, *(one for many in self._by_name.values() for one in many)]:
                        listener.take(change)
                    return
            for listener in [*self._by_name.get(name, ()), *self._of_all]:
                listener.take(change)

    def _end(self, error: ClusterError | None) -> None:
        with self._lock:
            if self._error:
                return
            self._error = error or ClusterError(self.hook.api.place, "the watch has ended", "watch again")
            left = [*self._of_all, *(one for many in self._by_name.values() for one in many)]
            self._of_all, self._by_name, self._known = [], {}, {}
        for listener in left:
            listener.fail(self._error)


def compact(manifest: Manifest) -> Manifest:
    """A workflow without what a wait doesn't need: its templates and nodes."""
    status = manifest.get("status") or {}
    return {
        "metadata": {key: value for key, value in manifest["metadata"].items() if key in _KEPT},
        "status": {key: value for key, value in status.items() if key not in _LARGE},
    }


class Box:
    """Hands values from the watch's thread to a coroutine, in order."""

    def __init__(self) -> None:
        self._loop, self._queue = asyncio.get_running_loop(), asyncio.Queue[Any]()

    def put(self, value: Any) -> None:
        """From any thread; nothing happens if the loop is gone."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._queue.put_nowait, value)

    def get(self) -> Awaitable[Any]:
        """The next value."""
        return self._queue.get()


_watches: dict[tuple[str, str], SharedWatch] = {}
_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, str], asyncio.Lock]] = WeakKeyDictionary()


async def shared_watch(
    argo_conn_id: str, namespace: str, make_hook: Callable[[str, str], Awaitable[ArgoHook]] = ArgoHook.make
) -> SharedWatch:
    """The watch of this process for a connection and namespace; made if there is none, or the last one has ended.

    Raises:
        ClusterError: the connection can't be used.
    """
    key = (argo_conn_id, namespace)
    locks = _locks.setdefault(asyncio.get_running_loop(), {})
    async with locks.setdefault(key, asyncio.Lock()):
        watch = _watches.get(key)
        if watch is None or not watch.alive:
            hook = await make_hook(argo_conn_id, namespace)
            await in_time(asyncio.to_thread(lambda: hook.api), f"connecting by '{argo_conn_id}'")  # reads files, may log in
            watch = _watches[key] = SharedWatch(hook)
            _look_after(watch)
        return watch


def _look_after(watch: SharedWatch) -> None:
    """Look now and then whether it goes on, as long as it is there."""
    watch.give_up_if_held_up()
    if watch.alive:
        asyncio.get_running_loop().call_later(_LOOK, _look_after, watch)


def release_later(watch: SharedWatch) -> None:
    """End the watch in a while, if nobody listens to it then."""

    def release() -> None:
        if watch.listeners == 0:
            for key, value in list(_watches.items()):
                if value is watch:
                    del _watches[key]
            watch.stop()

    asyncio.get_running_loop().call_later(LINGER, release)


async def confirm(watch: SharedWatch, name: str) -> Change | None:
    """What the API server itself says about a workflow that the watch hasn't shown; None if it doesn't exist."""
    try:
        return Seen((await watch.hook.aget(name)).manifest)
    except NotFoundError:
        return None


async def persistently(
    by_watch: Callable[[], Awaitable[Outcome]], by_looks: Callable[[], Awaitable[Outcome]], log: Any
) -> Outcome:
    """The outcome of a wait, over as many watches as it takes; by looks, where watching isn't allowed.

    Raises:
        ClusterError: refused, for longer than is borne.
    """
    endurance, wait = Endurance(), by_watch
    while True:
        try:
            return await wait()
        except ClusterError as error:  # noqa: PERF203 - a loop of attempts
            if isinstance(error, ForbiddenError) and wait is by_watch:
                log.warning("Looking now and then, since watching isn't allowed: %s", error)
                wait = by_looks
                continue
            pause = endurance.pause(error, time.monotonic())
            if pause is None:
                raise
            log.warning("The wait begins again: %s", error)
            await asyncio.sleep(pause)
