"""Conditions of resource templates: Kubernetes' label selectors over an object's paths."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_argo.argo.kubectl_jsonpath import InvalidPath, PathError, read_jsonpath
from airflow_argo.argo.resource_conditions import InvalidCondition, failed_condition, read_conditions

ITEM: dict[str, Any] = {
    "metadata": {"name": "x", "labels": {"app/tier": "db", "a.b": "dotted"}},
    "status": {
        "phase": "Running",
        "succeeded": 2,
        "ratio": 0.5,
        "ready": True,
        "nothing": None,
        "conditions": [{"type": "Ready", "status": "False"}, {"type": "Done", "status": "True"}],
    },
}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("status.phase == Running", True),
        ("status.phase = Running", True),
        ("status.phase=Running", True),
        ("status.phase != Running", False),
        ("status.phase in (Failed, Running)", True),
        ("status.phase in (Failed)", False),
        ("status.phase notin (Failed,Error)", True),
        ("status.absent notin (Failed)", True),
        ("status.absent != x", True),
        ("status.absent == x", False),
        ("status.absent", False),
        ("!status.absent", True),
        ("status.phase", True),
        ("status.nothing", True),
        ("status.nothing==", True),
        ("status.phase ==", False),
        ("status.succeeded > 1", True),
        ("status.succeeded > 2", False),
        ("status.succeeded < 3", True),
        ("status.ratio > 0", False),  # only whole numbers are compared
        ("status.ready == true", True),
        ("status.conditions.0.status == False", True),
        ("status.conditions.1.type == Done", True),
        ("status.conditions.7.type == Done", False),
        ("status.phase == Running, status.succeeded > 1", True),
        ("status.phase == Running, status.succeeded > 5", False),
        ("", True),
    ],
)
def test_conditions(condition: str, holds: bool) -> None:
    assert all(requirement.holds(ITEM) for requirement in read_conditions(condition)) is holds


@pytest.mark.parametrize(
    "condition",
    [
        "a ~ b",
        "status.phase in Failed",
        "a in ()",
        "status.x > much",
        "a == b c",
        "a,,b",
        "-a == b",
        "a == $x",
    ],
)
def test_conditions_that_kubernetes_does_not_read(condition: str) -> None:
    with pytest.raises(InvalidCondition):
        read_conditions(condition)


def test_the_first_failure_is_told_as_argo_tells_it() -> None:
    failures = read_conditions("status.phase in (Running, Failed), metadata.name == y")
    assert failed_condition(ITEM, failures) == "failure condition '{status.phase in [Failed Running]}' evaluated true"
    assert failed_condition(ITEM, read_conditions("status.succeeded > 7")) is None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("{.metadata.name}", "x"),
        ("{$.metadata.name}", "x"),
        ("{ .metadata.name }", "x"),
        ("name={.metadata.name}!", "name=x!"),
        ("{.status.conditions[0].type}", "Ready"),
        ("{.status.conditions[-1].type}", "Done"),
        ("{.status.conditions[*].type}", "Ready Done"),
        ("{.status.conditions[0:1].type}", "Ready"),
        ("{.status.conditions[0,1].status}", "False True"),
        ("{.status.conditions[?(@.type=='Done')].status}", "True"),
        ('{.status.conditions[?(@.type=="Done")].status}', "True"),
        ("{.metadata.labels.a\\.b}", "dotted"),
        ("{.metadata.labels['a.b']}", "dotted"),
        ("{.metadata.labels['app/tier']}", "db"),
        ("{..type}", "Ready Done"),
        ("{.status.succeeded}", "2"),
        ("{.status.ratio}", "0.5"),
        ("{.status.ready}", "true"),
        ("{.status.absent.more}", ""),
        ("{.status.conditions[0]}", '{"status":"False","type":"Ready"}'),
        ("{.metadata.name}{' and '}{.status.phase}", "x and Running"),
        ("plain", "plain"),
    ],
)
def test_kubectls_jsonpath(path: str, text: str) -> None:
    assert read_jsonpath(path).rendered(ITEM) == text


@pytest.mark.parametrize("path", ["{.status.conditions[5].type}", "{.status.phase.more}", "{.metadata[0]}"])
def test_paths_that_lead_nowhere(path: str) -> None:
    with pytest.raises(PathError):
        read_jsonpath(path).rendered(ITEM)


@pytest.mark.parametrize("path", ["{.a", "{range .items[*]}{end}", "{.a[}", "{.a[x]}"])
def test_paths_that_kubectl_does_not_read(path: str) -> None:
    with pytest.raises(InvalidPath):
        read_jsonpath(path)
