"""LIST + WATCH over a connection: does what `watch.Reflector` says, in the caller's thread."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Iterator
from typing import Final

from airflow_argo.cluster.client import Api, Stream
from airflow_argo.cluster.errors import ClusterError, NotAnApiServerError, UnreachableError
from airflow_argo.cluster.resources import Call, Manifest, Resource, query
from airflow_argo.cluster.responses import error_of_status, is_event
from airflow_argo.cluster.watch import Change, List, Pause, Reflector, Watch

LONGEST_SILENCE: Final = 100.0
"""Seconds without a byte after which a watch is taken for dead: servers send a bookmark each minute."""

_PAGE_SIZE: Final = 100
_SHORTEST_ANSWER: Final = 1.0  # seconds that even a wait without time grants its one look


class Watching:
    """What happens to the objects of a namespace that a selector matches, from now on and without a gap.

    Args:
        api: the connection; its namespace counts.
        resource: the kind of objects.
        field_selector: as Kubernetes has it, e.g. `metadata.name=x`.
        label_selector: likewise.
        patience: seconds that an outage of the server is borne.
    """

    def __init__(
        self, api: Api, resource: Resource, *, field_selector: str = "", label_selector: str = "", patience: float = 600.0
    ) -> None:
        self._api, self._resource = api, resource
        self._selectors = query(fieldSelector=field_selector, labelSelector=label_selector)
        self._reflector = Reflector(patience=patience)
        self._stopped = threading.Event()
        self._stream: Stream | None = None
        self._turned_at = time.monotonic()
        self.requests = 0

    @property
    def silent_for(self) -> float:
        """Seconds since it was last seen to go on: more than LONGEST_SILENCE is a call that doesn't return, as no server makes.

        A login program that hangs, or the lookup of a host's name: nothing limits those.
        """
        return time.monotonic() - self._turned_at

    def stop(self) -> None:
        """End `changes`, from another thread: it returns within moments, a request that is on its way excepted."""
        self._stopped.set()
        if stream := self._stream:
            stream.stop()

    def changes(self, deadline: float | None = None) -> Iterator[Change]:
        """The changes, as they come. Ends at the deadline (of time.monotonic), but not before one list; or after `stop`.

        Raises:
            ClusterError: it makes no sense to go on, or the outage lasted too long.
        """
        while not self._stopped.is_set():
            self._turned_at = time.monotonic()
            match self._reflector.next_action(time.monotonic()):
                case Pause(seconds):
                    self._turned_at += seconds
                    self._stopped.wait(min(seconds, _left(deadline)))
                case List() as action:
                    yield from self._list(action, deadline)
                case Watch() as action:
                    yield from self._watch(action, deadline)
            if self._is_over(deadline):
                return

    def _is_over(self, deadline: float | None) -> bool:
        return self._stopped.is_set() or _left(deadline) <= 0

    def _list(self, action: List, deadline: float | None) -> list[Change]:
        page = query(limit=_PAGE_SIZE if action.paged else None, **{"continue": action.continue_token})
        call = Call("list", self._resource, self._api.namespace, query=self._selectors + page)
        api = self._api.with_patience(answer=min(self._api.patience.answer, max(_left(deadline), _SHORTEST_ANSWER)))
        self.requests += 1
        try:
            answer = api.send_once(call)
        except ClusterError as error:
            self._failed(error, deadline)
            return []
        return self._reflector.listed(answer, time.monotonic())

    def _watch(self, action: Watch, deadline: float | None) -> Iterator[Change]:
        seconds = min(action.seconds, max(1, math.ceil(_left(deadline)))) if deadline else action.seconds
        options = query(watch=True, allowWatchBookmarks=True, resourceVersion=action.resource_version, timeoutSeconds=seconds)
        call = Call("watch", self._resource, self._api.namespace, query=self._selectors + options)
        self.requests += 1
        try:
            self._stream = self._api.open(call, _silence(deadline))
        except ClusterError as error:
            self._failed(error, deadline)
            return
        self._reflector.opened(time.monotonic())
        try:
            yield from self._read(self._stream, call, deadline)
        finally:
            self._stream.close()
            self._stream = None

    def _read(self, stream: Stream, call: Call, deadline: float | None) -> Iterator[Change]:
        """The changes of one watch, to its end."""
        try:
            if self._stopped.is_set():
                return
            stream.patience(_silence(deadline))
            for line in stream.lines():
                self._turned_at = time.monotonic()
                yield from self._event(_parsed(self._api, call, line), call, deadline)
                if not self._reflector.is_watching or self._is_over(deadline):
                    return
                stream.patience(_silence(deadline))
        except ClusterError as error:
            self._failed(error, deadline)
        else:
            self._reflector.closed(time.monotonic())

    def _event(self, event: Manifest, call: Call, deadline: float | None) -> list[Change]:
        if event.get("type") != "ERROR":
            return self._reflector.event(event, time.monotonic())
        self._failed(error_of_status(self._api.place, call, event.get("object") or {}), deadline)
        return []

    def _failed(self, error: ClusterError, deadline: float | None) -> None:
        if not self._is_over(deadline):  # otherwise it is the end of the wait that broke it off
            self._reflector.failed(error, time.monotonic())


def _left(deadline: float | None) -> float:
    return math.inf if deadline is None else deadline - time.monotonic()


def _silence(deadline: float | None) -> float:
    return min(LONGEST_SILENCE, max(_left(deadline), 0.001))


def _parsed(api: Api, call: Call, line: bytes) -> Manifest:
    try:
        event: Manifest = json.loads(line)
    except ValueError:
        raise UnreachableError(api.place, "the connection was closed in the middle of an event") from None
    if not is_event(event):
        raise NotAnApiServerError(api.place, 200, "none", call)
    return event
