"""The server's clock, read from its answers."""

import time
from email.utils import formatdate

from airflow_argo.cluster.clock import ServerClock


def test_ours_is_taken_until_an_answer_shows_the_servers():
    clock = ServerClock()
    assert not clock.known
    assert abs(clock.now() - time.time()) < 1
    for nothing in (None, "", "yesterday"):
        clock.answered(nothing)
    assert not clock.known


def test_it_may_be_hours_from_ours_and_goes_on_by_itself(monkeypatch):
    clock = ServerClock()
    clock.answered(formatdate(time.time() - 7200, usegmt=True))
    assert clock.known
    assert abs(clock.now() - (time.time() - 7200)) < 1.5
    before = clock.now()
    monkeypatch.setattr(time, "time", lambda: 0.0)  # somebody sets our clock
    assert 0 <= clock.now() - before < 1


def test_it_follows_the_server_but_not_each_rounding(monkeypatch):
    clock, start = ServerClock(), 1_800_000_000
    monkeypatch.setattr(time, "monotonic", lambda: 10.0)
    clock.answered(formatdate(start, usegmt=True))
    first = clock.now()
    clock.answered(formatdate(start + 1, usegmt=True))
    assert clock.now() == first
    clock.answered(formatdate(start + 60, usegmt=True))
    assert clock.now() == first + 60
