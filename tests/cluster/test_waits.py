"""When a wait is over, and how."""

from __future__ import annotations

import pytest

from airflow_argo.cluster.errors import NotFoundError, Place, WorkflowGoneError
from airflow_argo.cluster.waits import Wait
from airflow_argo.cluster.watch import Seen, Synced, Vanished

from .test_watch import workflow

PLACE = Place("https://server", "ns")


def wait(uid=""):
    return Wait(PLACE, "a", uid)


@pytest.mark.parametrize("phase", ["", "Pending", "Running"])
def test_phases_that_are_not_done(phase):
    one = wait()
    assert one.take(Seen(workflow("a", 1, phase=phase))).phase == phase
    assert one.outcome is None


@pytest.mark.parametrize("phase", ["Succeeded", "Failed", "Error"])
def test_phases_that_are_done(phase):
    one = wait()
    snapshot = one.take(Seen(workflow("a", 1, phase=phase)))
    assert one.outcome is snapshot
    assert snapshot.phase == phase


def test_others_are_none_of_its_business():
    one = wait()
    assert one.take(Seen(workflow("b", 1, phase="Succeeded"))) is None
    assert one.take(Vanished("uid-b", "b")) is None
    assert one.outcome is None


def test_what_never_was_is_not_found():
    one = wait()
    one.take(Synced())
    assert isinstance(one.outcome, NotFoundError)


def test_what_is_known_to_have_been_is_gone():
    one = wait("uid-a")
    one.take(Synced())
    assert isinstance(one.outcome, WorkflowGoneError)
    assert (one.outcome.uid, one.outcome.phase) == ("uid-a", "")


def test_a_deletion_before_the_end_says_the_last_phase():
    one = wait()
    one.take(Seen(workflow("a", 1, phase="Running")))
    one.take(Vanished("uid-a", "a", workflow("a", 2, phase="Running")))
    assert isinstance(one.outcome, WorkflowGoneError)
    assert "last known phase is Running" in str(one.outcome)


def test_a_deletion_that_nobody_saw():
    one = wait()
    one.take(Seen(workflow("a", 1, phase="Running")))
    one.take(Vanished("uid-a", "a"))
    assert isinstance(one.outcome, WorkflowGoneError)


def test_a_deletion_after_the_end_is_that_end():
    """A TTL of zero: the end and the deletion may come as one event."""
    one = wait()
    one.take(Seen(workflow("a", 1, phase="Running")))
    one.take(Vanished("uid-a", "a", workflow("a", 2, phase="Failed")))
    assert one.outcome.phase == "Failed"


def test_another_of_the_same_name_is_not_it():
    one = wait("uid-a")
    one.take(Seen(workflow("a", 9, uid="other", phase="Succeeded")))
    assert isinstance(one.outcome, WorkflowGoneError)
    assert one.outcome.replaced_by == "other"


def test_an_earlier_one_of_the_same_name_may_go():
    one = wait("uid-a")
    assert one.take(Vanished("earlier", "a", workflow("a", 1, uid="earlier", phase="Failed"))) is None
    assert one.outcome is None


def test_nothing_changes_an_outcome():
    one = wait()
    one.take(Seen(workflow("a", 1, phase="Succeeded")))
    assert one.take(Seen(workflow("a", 2, phase="Failed"))) is None
    assert one.outcome.phase == "Succeeded"
