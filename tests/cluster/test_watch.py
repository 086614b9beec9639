"""The LIST + WATCH machine against a model of an API server: whatever goes wrong between them, nothing is lost."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_argo.cluster.errors import (
    ClusterError,
    ExpiredError,
    ForbiddenError,
    Place,
    ServerFaultError,
    UnauthorizedError,
    UnreachableError,
)
from airflow_argo.cluster.resources import WORKFLOWS, Call
from airflow_argo.cluster.watch import List, Pause, Reflector, Seen, Synced, Vanished, Watch

PLACE = Place("https://server", "ns")
CALL = Call("watch", WORKFLOWS, "ns")


def workflow(name, version, uid=None, phase=""):
    meta = {"name": name, "uid": uid or f"uid-{name}", "resourceVersion": str(version)}
    return {"metadata": meta, "status": {"phase": phase}}


def page(*items, version="10", token=""):
    return {"metadata": {"resourceVersion": version, "continue": token}, "items": list(items)}


def event(kind, manifest):
    return {"type": kind, "object": manifest}


def machine(**kwargs):
    return Reflector(jitter=lambda: 1.0, **kwargs)


def watching(*items, version="10"):
    reflector = machine()
    assert reflector.next_action(0) == List()
    reflector.listed(page(*items, version=version), 0)
    assert reflector.next_action(0) == Watch(version, 300)
    reflector.opened(0)
    return reflector


def test_a_list_then_a_watch_from_its_version():
    reflector = machine()
    assert reflector.next_action(0) == List()
    first = workflow("a", 7)
    assert reflector.listed(page(first), 0) == [Seen(first), Synced()]
    assert reflector.next_action(0) == Watch("10", 300)


def test_pages_are_asked_for_with_their_token_and_synced_comes_after_the_last():
    reflector = machine()
    one, two = workflow("a", 1), workflow("b", 2)
    assert reflector.listed(page(one, token="t"), 0) == [Seen(one)]
    assert reflector.next_action(0) == List("t")
    assert reflector.listed(page(two), 0) == [Seen(two), Synced()]


def test_pages_that_take_too_long_are_not_tried_again():
    reflector = machine()
    reflector.listed(page(workflow("a", 1), token="t"), 0)
    reflector.failed(ExpiredError(PLACE, CALL, "fresh"), 300)
    assert reflector.next_action(300) == List("", paged=False)
    assert Vanished("uid-a", "a") in reflector.listed(page(), 300)


def test_a_watch_is_resumed_from_the_last_version_also_of_a_bookmark():
    reflector = watching()
    reflector.event(event("ADDED", workflow("a", 11)), 1)
    assert reflector.event(event("BOOKMARK", {"metadata": {"resourceVersion": "15"}}), 2) == []
    reflector.closed(3)
    assert reflector.next_action(3) == Watch("15", 300)


def test_what_is_told_twice_is_reported_once():
    same = workflow("a", 11)
    reflector = watching()
    assert reflector.event(event("ADDED", same), 1) == [Seen(same)]
    assert reflector.event(event("MODIFIED", same), 1) == []


def test_a_deletion_carries_the_last_state():
    reflector = watching(workflow("a", 5))
    last = workflow("a", 12, phase="Succeeded")
    assert reflector.event(event("DELETED", last), 1) == [Vanished("uid-a", "a", last)]


def test_after_410_a_new_list_tells_what_went_by_unseen():
    reflector = watching(workflow("a", 5), workflow("b", 6))
    reflector.failed(ExpiredError(PLACE, CALL), 1)
    assert not reflector.is_watching
    assert reflector.next_action(1) == List()
    again = workflow("b", 20, uid="other")
    assert reflector.listed(page(again, version="30"), 1) == [
        Seen(again),
        Vanished("uid-a", "a"),
        Vanished("uid-b", "b"),
        Synced(),
    ]
    assert reflector.next_action(1) == Watch("30", 300)


def test_410_again_and_again_is_answered_ever_more_slowly():
    reflector, now, pauses = watching(), 0.0, []
    for _ in range(6):
        reflector.failed(ExpiredError(PLACE, CALL), now)
        if isinstance(action := reflector.next_action(now), Pause):
            pauses.append(action.seconds)
            now += action.seconds
        assert reflector.next_action(now) == List()
        reflector.listed(page(), now)
        reflector.opened(now)
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0]  # the first is answered at once


def test_a_watch_that_gave_something_is_resumed_at_once_when_it_breaks():
    reflector = watching()
    reflector.event(event("ADDED", workflow("a", 11)), 0.1)
    reflector.failed(UnreachableError(PLACE, "reset"), 0.2)
    assert reflector.next_action(0.2) == Watch("11", 300)


def test_a_watch_that_ends_at_once_without_a_word_is_no_loop():
    reflector, now, requests = watching(), 0.0, 0
    while now < 60:
        action = reflector.next_action(now)
        if isinstance(action, Pause):
            now += action.seconds
            continue
        requests += 1
        if isinstance(action, List):
            reflector.listed(page(), now)
        else:
            reflector.opened(now)
            reflector.closed(now)
    assert requests < 20


def test_where_watches_never_work_lists_go_on():
    """A proxy that refuses all watches makes it a slow poll; nothing is raised as long as lists work."""
    reflector, now, lists = machine(patience=100), 0.0, []
    while now < 600:
        match reflector.next_action(now):
            case Pause(seconds):
                now += seconds
            case List():
                lists.append(now)
                reflector.listed(page(), now)
            case Watch():
                reflector.failed(ServerFaultError(PLACE, 502, "bad gateway"), now)
    assert 15 < len(lists) < 40
    assert max(later - earlier for earlier, later in zip(lists, lists[1:])) <= 31  # noqa: B905, RUF007 - Python 3.10 is enough


def test_retry_after_is_never_undercut():
    reflector = watching()
    error = ServerFaultError(PLACE, 429, "slow down")
    error.retry_after = 17.0
    reflector.failed(error, 5)
    assert reflector.next_action(5) == Pause(17.0)
    assert reflector.next_action(22) == Watch("10", 300)


def test_an_outage_is_borne_as_long_as_patience_says():
    reflector, now, raised = machine(patience=100), 0.0, None
    while raised is None:
        match reflector.next_action(now):
            case Pause(seconds):
                now += seconds
            case _:
                try:
                    reflector.failed(UnreachableError(PLACE, "refused"), now)
                except UnreachableError as error:
                    raised = error
    assert 100 < now < 135


def test_what_will_not_pass_is_raised_at_once():
    reflector = watching()
    with pytest.raises(ForbiddenError):
        reflector.failed(ForbiddenError(PLACE, CALL, "jane", ""), 1)


def test_credentials_may_be_refused_twice_while_they_are_renewed():
    reflector = watching()
    reflector.failed(UnauthorizedError(PLACE), 0)
    reflector.failed(UnauthorizedError(PLACE), 1)
    with pytest.raises(UnauthorizedError):
        reflector.failed(UnauthorizedError(PLACE), 2)


@dataclass
class Server:
    """A model of an API server: objects, a history, and an oldest version that it still knows."""

    version: int = 1
    objects: dict = field(default_factory=dict)
    history: list = field(default_factory=list)
    oldest: int = 0
    made: int = 0

    def write(self, name, delete):
        self.version += 1
        kind = "MODIFIED" if name in self.objects else "ADDED"
        if delete and name in self.objects:
            kind, uid = "DELETED", self.objects.pop(name)["metadata"]["uid"]
        elif kind == "ADDED":
            self.made += 1
            uid = f"uid-{self.made}"
        else:
            uid = self.objects[name]["metadata"]["uid"]
        manifest = workflow(name, self.version, uid=uid)
        if kind != "DELETED":
            self.objects[name] = manifest
        self.history.append((self.version, event(kind, manifest)))

    def compact(self):
        self.oldest = self.version

    def page(self, token, size):
        names = sorted(name for name in self.objects if name > token)
        more = names[size - 1] if len(names) > size else ""
        return page(*(self.objects[name] for name in names[:size]), version=str(self.version), token=more)

    def since(self, version):
        if version < self.oldest:
            return None
        return [item for at, item in self.history if at > version]


@dataclass
class Client:
    """The machine, what it has reported so far, and a clock."""

    server: Server
    size: int
    reflector: Reflector = field(default_factory=machine)
    mirror: dict = field(default_factory=dict)
    versions: dict = field(default_factory=dict)
    now: float = 0.0

    def learn(self, changes):
        for change in changes:
            match change:
                case Seen(manifest):
                    uid, version = manifest["metadata"]["uid"], int(manifest["metadata"]["resourceVersion"])
                    assert version > self.versions.get(uid, 0)  # forward only, and never twice
                    self.versions[uid], self.mirror[uid] = version, version
                case Vanished(uid):
                    self.mirror.pop(uid, None)

    def act(self, fault=None, *, most=None, bookmark=False):
        """One action; it fails if a fault is given, else gets no more than `most` events."""
        action = self.reflector.next_action(self.now)
        if isinstance(action, Pause):
            self.now += action.seconds
        elif fault:
            self.reflector.failed(fault, self.now)
        elif isinstance(action, List):
            page = self.server.page(action.continue_token, self.size if action.paged else 99)
            self.learn(self.reflector.listed(page, self.now))
        elif (events := self.server.since(int(action.resource_version))) is None:
            self.reflector.failed(ExpiredError(PLACE, CALL), self.now)
        else:
            self.read(events[:most], bookmark)

    def read(self, events, bookmark):
        self.reflector.opened(self.now)
        if bookmark:
            events = [*events, event("BOOKMARK", {"metadata": {"resourceVersion": str(self.server.version)}})]
        for item in events:
            self.learn(self.reflector.event(item, self.now))

    def close(self, error=None):
        if self.reflector.is_watching and error:
            self.reflector.failed(error, self.now)
        elif self.reflector.is_watching:
            self.reflector.closed(self.now)

    def step(self, kind):
        throttled = ServerFaultError(PLACE, 429, "")
        throttled.retry_after = 3.0
        if kind == "cut":
            self.act(most=1)
            self.close(UnreachableError(PLACE, "reset"))
        elif kind == "gone":
            self.close(ExpiredError(PLACE, CALL))
        elif kind == "wait":
            self.now += 5
        else:
            self.close()
            self.act(
                {"refuse": UnreachableError(PLACE, "refused"), "throttle": throttled}.get(kind), bookmark=kind == "bookmark"
            )


WRITES = st.tuples(st.just("write"), st.sampled_from("abc"), st.booleans())
FAULTS = st.tuples(st.sampled_from(["compact", "cut", "refuse", "throttle", "gone", "bookmark", "wait", "drain"]))


@settings(max_examples=300, deadline=None)
@given(steps=st.lists(WRITES | FAULTS, max_size=60), size=st.integers(1, 3))
def test_after_any_faults_the_last_state_of_everything_is_known(steps, size):
    """Writes, compactions, cuts, refusals, 429, 410 in any order: what is reported leads to what is there."""
    server = Server()
    client = Client(server, size)
    for kind, *details in steps:
        if kind == "write":
            server.write(*details)
        elif kind == "compact":
            server.compact()
        else:
            client.step(kind)
    for _ in range(30):
        client.close()
        client.act()
    there = {manifest["metadata"]["uid"]: int(manifest["metadata"]["resourceVersion"]) for manifest in server.objects.values()}
    assert client.mirror == there


def test_errors_of_the_machine_are_cluster_errors():
    with pytest.raises(ClusterError):
        machine().failed(ForbiddenError(PLACE, CALL, "", "no"), 0)
