from __future__ import annotations

from airflow_argo.cluster.backoff import LONGEST_PAUSE, REFUSALS_BORNE, Backoff, Endurance, pause_before_retry
from airflow_argo.cluster.errors import NotFoundError, Place, ServerFaultError, UnauthorizedError

PLACE = Place("https://server", "ns")


def test_pauses_double_up_to_half_a_minute():
    backoff = Backoff(lambda: 1.0)
    assert [backoff.pause() for _ in range(8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_PAUSE, LONGEST_PAUSE]


def test_pauses_are_spread_over_their_upper_half():
    assert Backoff(lambda: 0.0).pause() == 0.25


def test_a_reset_begins_anew():
    backoff = Backoff(lambda: 1.0)
    backoff.pause()
    backoff.pause()
    backoff.reset()
    assert backoff.pause() == 0.5


def test_what_will_not_pass_is_not_tried_again():
    assert pause_before_retry(NotFoundError(PLACE, "Workflow", "w"), Backoff(), 0, 30) is None
    assert pause_before_retry(UnauthorizedError(PLACE), Backoff(), 0, 0) is None


def test_refused_credentials_are_tried_again_where_they_may_be_renewed():
    assert pause_before_retry(UnauthorizedError(PLACE), Backoff(lambda: 1.0), 0, 30) == 0.5


def test_patience_ends():
    fault = ServerFaultError(PLACE, 503, "")
    assert pause_before_retry(fault, Backoff(lambda: 1.0), 29.0, 30) == 0.5
    assert pause_before_retry(fault, Backoff(lambda: 1.0), 29.6, 30) is None


def test_a_server_that_asks_for_more_than_our_patience_gets_nothing():
    fault = ServerFaultError(PLACE, 429, "")
    fault.retry_after = 60.0
    assert pause_before_retry(fault, Backoff(), 0, 30) is None


def test_a_wait_bears_outages_as_long_as_they_last():
    endurance = Endurance()
    assert all(endurance.pause(ServerFaultError(PLACE, 503, ""), now) for now in range(0, 100_000, 1000))


def test_a_wait_bears_refusals_for_some_time_and_nothing_else():
    endurance, refused = Endurance(), UnauthorizedError(PLACE)
    assert endurance.pause(refused, 0.0)
    assert endurance.pause(refused, REFUSALS_BORNE)
    assert endurance.pause(refused, REFUSALS_BORNE + 1) is None
    assert endurance.pause(ServerFaultError(PLACE, 503, ""), REFUSALS_BORNE + 2)
    assert endurance.pause(refused, REFUSALS_BORNE + 3)  # it was accepted in between
    assert endurance.pause(NotFoundError(PLACE, "Workflow", "w"), 0.0) is None
