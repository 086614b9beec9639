"""What the API server says → the error. The bodies are those of a Kubernetes 1.35 API server."""

from __future__ import annotations

import json

import pytest

from airflow_argo.cluster import errors
from airflow_argo.cluster.errors import Place
from airflow_argo.cluster.resources import PODS, WORKFLOWS, Call
from airflow_argo.cluster.responses import error_of_response, error_of_status

PLACE = Place("https://server:6443", "ns")
GET = Call("get", WORKFLOWS, "ns", "x")


def status(code, reason="", message="", **details):
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message} | (
        {"details": details} if details else {}
    )


def answer(code, body, call=GET, headers=None):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_of_response(PLACE, call, code, headers or {"Content-Type": "application/json"}, data, sent=77)


FORBIDDEN = (
    'workflows.argoproj.io "x" is forbidden: User "system:serviceaccount:ns:bot" cannot get resource "workflows" '
    'in API group "argoproj.io" in the namespace "ns"'
)

CASES = [
    (401, status(401, "Unauthorized", "Unauthorized"), errors.UnauthorizedError),
    (403, status(403, "Forbidden", FORBIDDEN), errors.ForbiddenError),
    (404, status(404, "NotFound", 'workflows.argoproj.io "x" not found', name="x", kind="workflows"), errors.NotFoundError),
    (404, status(404, "NotFound", 'namespaces "ns" not found', name="ns", kind="namespaces"), errors.NamespaceNotFoundError),
    (404, b"404 page not found\n", errors.ArgoNotInstalledError),
    (409, status(409, "AlreadyExists", 'workflows.argoproj.io "x" already exists', name="x"), errors.AlreadyExistsError),
    (409, status(409, "Conflict", "the object has been modified", name="x"), errors.ConflictError),
    (410, status(410, "Expired", "too old resource version"), errors.ExpiredError),
    (413, status(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728"), errors.TooLargeError),
    (413, b"limit", errors.TooLargeError),
    (422, status(422, "Invalid", "no", name="x", causes=[{"field": "spec", "message": "bad"}]), errors.InvalidError),
    (400, status(400, "BadRequest", "unknown field"), errors.RejectedError),
    (429, status(429, "TooManyRequests", "slow down", retryAfterSeconds=3), errors.ServerFaultError),
    (429, b"too many", errors.ServerFaultError),
    (500, status(500, "InternalError", "etcdserver: request timed out"), errors.ServerFaultError),
    (502, b"<html>bad gateway</html>", errors.ServerFaultError),
    (504, status(504, "Timeout", "Too large resource version", retryAfterSeconds=1), errors.ServerFaultError),
    (302, b"<html>log in</html>", errors.NotAnApiServerError),
    (405, b"<html>no</html>", errors.NotAnApiServerError),
]


@pytest.mark.parametrize(("code", "body", "wanted"), CASES, ids=lambda value: getattr(value, "__name__", None))
def test_each_answer_has_its_class(code, body, wanted):
    error = answer(code, body)
    assert type(error) is wanted
    assert "https://server:6443, namespace 'ns'" in str(error)


def test_only_faults_of_the_server_are_worth_another_try():
    transient = {code for code, body, _ in CASES if answer(code, body).transient}
    assert transient == {429, 500, 502, 504}


def test_forbidden_names_the_missing_rule_and_whom_to_give_it():
    text = str(answer(403, status(403, "Forbidden", FORBIDDEN)))
    assert "'system:serviceaccount:ns:bot' may not get workflows 'x' (403 Forbidden)" in text
    assert "namespace 'ns' with the rule {apiGroups: [argoproj.io], resources: [workflows], verbs: [get]}" in text


def test_a_rule_for_a_subresource_of_the_core_group():
    message = FORBIDDEN.replace("workflows.argoproj.io", "pods")
    text = str(answer(403, status(403, "Forbidden", message), Call("get", PODS, "ns", "p", "log")))
    assert '{apiGroups: [""], resources: [pods/log], verbs: [get]}' in text


def test_a_policy_that_forbids_is_quoted():
    error = answer(403, status(403, "Forbidden", 'pods "p" is forbidden: exceeded quota: q'))
    assert "exceeded quota: q" in str(error)
    assert "Role" not in str(error)


def test_invalid_lists_the_servers_causes():
    causes = [{"field": "spec.templates[0].name", "message": "Too long"}, {"field": "", "message": "and more"}]
    error = answer(422, status(422, "Invalid", "whole", name="x", causes=causes))
    assert error.causes == (("spec.templates[0].name", "Too long"), ("", "and more"))
    assert str(error).startswith("Workflow 'x' is not valid (https://server:6443, namespace 'ns'):\n")
    assert str(error).splitlines()[1:] == ["  spec.templates[0].name: Too long", "  and more"]
    assert error.to_json()["causes"][0] == {"field": "spec.templates[0].name", "message": "Too long"}


def test_invalid_without_causes_has_the_message():
    assert answer(422, status(422, "Invalid", "the whole story")).causes == (("", "the whole story"),)


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        (status(429, "TooManyRequests", "", retryAfterSeconds=3), {}, 3.0),
        (b"", {"Retry-After": "7"}, 7.0),
        (status(429, "TooManyRequests", "", retryAfterSeconds=3), {"Retry-After": "7"}, 3.0),
        (b"", {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        (b"", {}, None),
    ],
)
def test_when_to_come_back(body, headers, seconds):
    assert answer(429, body, headers=headers).retry_after == seconds


def test_an_error_event_of_a_watch():
    error = error_of_status(PLACE, Call("watch", WORKFLOWS, "ns"), status(410, "Expired", "too old resource version: 1 (9)"))
    assert isinstance(error, errors.ExpiredError)


def test_the_token_to_go_on_with_a_list():
    expired = status(410, "Expired", "continue is too old") | {"metadata": {"continue": "fresh"}}
    assert answer(410, expired).fresh_token == "fresh"


def test_too_large_says_how_large():
    assert "77 bytes" in str(answer(413, b""))


def test_a_flood_of_text_is_cut():
    assert len(str(answer(500, b"x" * 100_000))) < 3000
