"""Every error of the cluster: pickles, has an exit code, shows no secret."""

from __future__ import annotations

import pickle

import pytest

from airflow_argo.cluster import errors
from airflow_argo.cluster.errors import ClusterError, Place, bare_url
from airflow_argo.cluster.resources import WORKFLOWS, Call
from airflow_argo.diagnostics import AirflowArgoError, ExitCode

PLACE = Place("https://jane:s3cret@server:6443/base?token=s3cret", "ns")
CALL = Call("get", WORKFLOWS, "ns", "x")

ALL = [
    errors.ConfigurationError("~/.kube/config", "is empty", "fill it"),
    errors.UnreachableError(PLACE, "connection refused"),
    errors.RequestTimeoutError(PLACE, "get workflows", 30),
    errors.HeldUpError(None, "connecting", 120),
    errors.TlsError(PLACE, "certificate verify failed"),
    errors.ServerFaultError(PLACE, 503, "down"),
    errors.NotAnApiServerError(PLACE, 200, "text/html"),
    errors.UnauthorizedError(PLACE),
    errors.ForbiddenError(PLACE, CALL, "jane", "no"),
    errors.ForbiddenError(PLACE, CALL, "", "quota"),
    errors.ArgoNotInstalledError(PLACE, CALL),
    errors.NamespaceNotFoundError(PLACE, "ns"),
    errors.NotFoundError(PLACE, "Workflow", "x"),
    errors.AlreadyExistsError(PLACE, "Workflow", "x", "made yesterday"),
    errors.ConflictError(PLACE, CALL, "changed"),
    errors.InvalidError(PLACE, "Workflow", "x", (("spec", "bad"),)),
    errors.RejectedError(PLACE, CALL, 400, "bad"),
    errors.ExpiredError(PLACE, CALL),
    errors.TooLargeError(PLACE, "Workflow", "x", 2_000_000),
    errors.WorkflowGoneError(PLACE, "x", "uid", "Running", "other"),
    errors.WaitTimeoutError(PLACE, {f"w{n}": "Running" for n in range(7)}, 60),
    errors.NodesUnreadableError(PLACE, "x", "zstd", "gzip"),
    errors.WrongPhaseError(None, "x", "retried", "it is Running", "wait"),
]


def test_the_list_above_is_complete():
    classes = {value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, ClusterError)}
    assert classes == {type(error) for error in ALL} | {ClusterError}


@pytest.mark.parametrize("error", ALL, ids=lambda error: type(error).__name__)
def test_it_is_ours_and_pickles(error):
    assert isinstance(error, AirflowArgoError)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
    assert error.to_json()["error"] == str(error)


@pytest.mark.parametrize("error", ALL, ids=lambda error: type(error).__name__)
def test_it_shows_no_secret(error):
    for text in (str(error), repr(error.to_json())):
        assert "s3cret" not in text


def test_exit_codes():
    codes = {type(error).__name__: error.exit_code for error in ALL}
    assert codes.pop("WaitTimeoutError") is ExitCode.TIMEOUT
    assert set(codes.values()) == {ExitCode.CLUSTER}


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        ("https://server:6443", "https://server:6443"),
        ("https://jane:pw@server:6443/k8s/c1?x=1#y", "https://server:6443/k8s/c1"),
        ("https://[::1]:6443", "https://[::1]:6443"),
        ("server?token=1", "server"),
    ],
)
def test_bare_url(url, bare):
    assert bare_url(url) == bare


def test_a_long_list_of_late_workflows_is_cut():
    assert "'w4' is Running and 2 more" in str(ALL[20])
