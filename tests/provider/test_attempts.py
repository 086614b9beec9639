"""What a try does with what earlier tries have left; names, labels and keys."""

import itertools
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_argo.argo.names import LABEL_VALUE, is_object_name
from airflow_argo.cluster import Snapshot, Submission
from airflow_argo.operators.attempts import (
    MAX_TRIES,
    READ,
    UNATTENDED,
    Adopt,
    RetryFailed,
    Submit,
    TaskTry,
    began_at,
    first_of_try,
    label_value,
    next_step,
)


def workflow(phase="", *, number=1, read=None, shutdown=None, deleting=False, max_tries=2):
    meta = {"name": f"w{number}", "labels": {"airflow-argo.io/try-number": str(number)}, "annotations": {}}
    meta["annotations"][MAX_TRIES] = str(max_tries)
    if read:
        meta["annotations"][READ] = read
    if deleting:
        meta["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    status = {"phase": phase, **({"finishedAt": "now"} if phase in ("Succeeded", "Failed", "Error") else {})}
    return Snapshot({"metadata": meta, "spec": {"shutdown": shutdown} if shutdown else {}, "status": status})


LEFT = [  # what is there; then what a retry does, and a try after the task was cleared; each with either strategy
    ([], Submit, Submit, Submit, Submit),
    ([workflow("")], Adopt, Adopt, Adopt, Adopt),  # the worker died before the controller saw it
    ([workflow("Running")], Adopt, Adopt, Adopt, Adopt),
    ([workflow("Succeeded")], Adopt, Adopt, Adopt, Adopt),  # nobody has read the result
    ([workflow("Succeeded", read="now")], Adopt, Adopt, Submit, Submit),  # its reader died before Airflow knew
    ([workflow("Succeeded", read="before its retry")], Adopt, Adopt, Adopt, Adopt),
    ([workflow("Failed", read="now")], Submit, RetryFailed, Submit, RetryFailed),
    ([workflow("Error")], Submit, RetryFailed, Submit, RetryFailed),
    ([workflow("Running", shutdown="Stop")], Submit, RetryFailed, Submit, RetryFailed),  # the task was killed
    ([workflow("Running", read=UNATTENDED)], Adopt, Adopt, Submit, Submit),  # it was never to be waited for
    ([workflow("Succeeded", read=UNATTENDED)], Adopt, Adopt, Submit, Submit),
    ([workflow("Running", deleting=True)], Submit, Submit, Submit, Submit),
    ([workflow("Running", number=1), workflow("Failed", read="now", number=2)], Submit, RetryFailed, Submit, RetryFailed),
    ([workflow("Failed", read="now", number=9), workflow("Running", number=10)], Adopt, Adopt, Adopt, Adopt),
]


@pytest.mark.parametrize(("left", "retried", "retried_retry", "cleared", "cleared_retry"), LEFT)
def test_next_step(left, retried, retried_retry, cleared, cleared_retry):
    for order in itertools.permutations(left):
        assert isinstance(next_step(order, "resubmit", max_tries=2), retried)
        assert isinstance(next_step(order, "retry", max_tries=2), retried_retry)
        for later in (3, -1):  # not to know counts as cleared
            assert isinstance(next_step(order, "resubmit", max_tries=later), cleared)
            assert isinstance(next_step(order, "retry", max_tries=later), cleared_retry)


def test_without_notes_a_clear_takes_a_success_for_read():
    assert isinstance(next_step([workflow("Succeeded")], "resubmit", max_tries=2, notes=False), Adopt)
    assert isinstance(next_step([workflow("Succeeded")], "resubmit", max_tries=3, notes=False), Submit)
    assert isinstance(next_step([workflow("Running")], "resubmit", max_tries=3, notes=False), Adopt)


@pytest.mark.parametrize(
    ("status", "began"),
    [
        ({}, 1_767_225_600),
        ({"startedAt": "2026-01-01T00:01:00Z"}, 1_767_225_660),
        ({"startedAt": None}, 1_767_225_600),
        ({"startedAt": "soon"}, None),
    ],
)
def test_a_workflow_says_when_it_began(status, began):
    made = {"metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"}, "status": status}
    assert began_at(Snapshot(made)) == began


def attempt(**facts):
    known = {"dag_id": "d", "task_id": "t", "run_id": "r", "map_index": -1, "try_number": 1, "id": "x"}
    return TaskTry.of({"ti": SimpleNamespace(**{**known, **facts})}, "here")


@given(st.text(max_size=300), st.text(max_size=300))
def test_names_and_labels_are_taken_by_kubernetes_whatever_the_ids(dag_id, task_id):
    made = attempt(dag_id=dag_id, task_id=task_id, map_index=7)
    assert is_object_name(made.name, 63)
    assert all(LABEL_VALUE.match(value) and len(value) <= 63 for value in made.labels.values())


def test_the_name_says_whose_it_is_and_differs_with_each_try():
    first = attempt(dag_id="daily_load", task_id="g.Copy")
    assert first.name.startswith("daily-load-g-copy-")
    names = {attempt(**facts).name for facts in ({}, {"try_number": 2}, {"run_id": "q"}, {"map_index": 0}, {"id": "y"})}
    assert len(names) == 5
    assert attempt().name == attempt().name
    assert attempt().instance == attempt(try_number=2, id="y").instance != attempt(run_id="q").instance


def test_a_label_that_loses_something_stays_different():
    assert label_value("scheduled__2026-01-01T00:00:00+00:00") != label_value("scheduled__2026-01-01T00:00:00-00:00")
    assert label_value("plain") == "plain"


def test_a_try_that_was_carried_out_to_its_end_is_carried_out_anew():
    made = {}

    def submit(name, key):
        adopted = name in made
        made.setdefault(name, Snapshot({"metadata": {"name": name, "uid": key, "annotations": {}}, "spec": {}, "status": {}}))
        return Submission(made[name], adopted, ())

    for runs in (1, 2, 3):
        first = first_of_try(attempt(), submit)
        assert first_of_try(attempt(), submit).name == first.name  # its worker was lost, and nobody knows its end
        assert len(made) == runs
        first.workflow.manifest["metadata"]["annotations"][READ] = "now"
        first.workflow.manifest["status"]["finishedAt"] = "now"
