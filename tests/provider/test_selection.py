"""Label selectors, and what phases mean to a sensor."""

import pytest

from airflow_argo.diagnostics import InputError
from airflow_argo.triggers.judge import Judge, label_matcher

LABELS = {"team": "x", "tier": "b", "a.b/c": "1"}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("team=x", True),
        ("team == x,tier!=b", False),
        ("team", True),
        ("!team", False),
        ("!other, a.b/c=1", True),
        ("tier in (a, b),team", True),
        ("tier notin (a,b)", False),
        ("other notin (a)", True),
        ("other!=x", True),
        ("other=x", False),
        ("a.b/c>0,a.b/c < 2", True),
        ("a.b/c>1", False),
        ("team>0", False),
        ("other<5", False),
        ("", True),
    ],
)
def test_selectors_match_as_kubernetes_has_it(selector, matches):
    assert label_matcher(selector)(LABELS) is matches


def test_no_selector_is_refused():
    with pytest.raises(InputError, match="label selector"):
        label_matcher("team ~ x")


@pytest.mark.parametrize(
    ("phases", "over", "good"),
    [
        ({"a": "Running"}, False, False),
        ({"a": ""}, False, False),
        ({"a": "Succeeded", "b": "Pending"}, False, False),
        ({"a": "Succeeded", "b": "Succeeded"}, True, True),
        ({"a": "Running", "b": "Failed"}, True, False),
        ({"a": "Error"}, True, False),
    ],
)
def test_verdicts(phases, over, good):
    verdict = Judge("w").verdict(phases)
    assert (verdict.over, verdict.good) == (over, good)


@pytest.mark.parametrize(("missing", "over", "good"), [("wait", False, False), ("fail", True, False), ("succeed", True, True)])
def test_missing_means_what_the_author_says(missing, over, good):
    verdict = Judge("w", missing=missing).verdict({})
    assert (verdict.over, verdict.good) == (over, good)


def test_any_end_can_be_waited_for():
    judge = Judge("w", frozenset({"Succeeded", "Failed", "Error"}), frozenset())
    assert judge.verdict({"a": "Failed", "b": "Succeeded"}).good
