"""Limits of waits, by the server's clock."""

import asyncio
import time
from email.utils import formatdate

import pytest

from airflow_argo.cluster.clock import ServerClock
from airflow_argo.triggers import deadline as deadlines
from airflow_argo.triggers.deadline import before


def clock(ahead):
    made = ServerClock()
    made.answered(formatdate(time.time() + ahead, usegmt=True))
    return made


async def outcome(seconds, ended=None):
    try:
        await asyncio.sleep(seconds)
        return "done"
    finally:
        if ended is not None:
            ended.append(True)


@pytest.mark.parametrize("ahead", [-7200, 0, 7200])
def test_a_wait_ends_by_the_servers_clock(ahead):
    server, ended = clock(ahead), []
    with pytest.raises(TimeoutError):
        asyncio.run(before(server.now() + 0.3, outcome(30, ended), lambda: server))
    assert ended == [True]
    assert asyncio.run(before(server.now() + 30, outcome(0.01), lambda: server)) == "done"


def test_no_deadline_is_none():
    assert asyncio.run(before(None, outcome(0.01), lambda: None)) == "done"


def test_nobody_judges_before_the_server_has_shown_its_clock(monkeypatch):
    monkeypatch.setattr(deadlines, "_LOOK", 0.05)
    shown = []

    async def main():
        asyncio.get_running_loop().call_later(0.3, shown.append, clock(-7200))
        return await before(time.time() - 3600, outcome(0.6), lambda: shown[0] if shown else None)

    assert asyncio.run(main()) == "done"  # by our own clock it was over long ago


def test_ours_counts_where_the_server_never_answers(monkeypatch):
    monkeypatch.setattr(deadlines, "_LOOK", 0.05)
    monkeypatch.setattr(deadlines, "_PATIENCE", 0.2)
    with pytest.raises(TimeoutError):
        asyncio.run(before(time.time() + 0.1, outcome(30), lambda: None))


def test_a_wait_that_is_cancelled_is_cancelled_inside():
    ended = []

    async def main():
        waiting = asyncio.ensure_future(before(time.time() + 30, outcome(30, ended), lambda: None))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(main())
    assert ended == [True]
