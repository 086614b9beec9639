"""Values that are set aside come back, and only those that are large, or for which there is no room."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_argo.compiler.code import base64_of
from airflow_argo.operators.stored import pushed_value
from airflow_argo.pod import large, reports
from airflow_argo.pod.values import LARGE_MARK, decoded, encoded, mark_of, text_of

KEY = "run/task.json"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=400), lambda inner: st.lists(inner, max_size=5), max_leaves=9
)


@pytest.fixture(scope="module", autouse=True)
def _files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pod")
    (folder / "large-1").mkdir()  # what the kubelet makes of an artifact that is missing
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "FILE", str(folder / "large-0"))
        patch.setattr(large, "GIVEN", str(folder / "large-*"))
        yield


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=5), VALUES, st.integers(1, 300), st.integers(200, 3000))
def test_every_value_comes_back(pushed, value, over, most):
    report = {"state": "success", "value": encoded(value), "pushed": {key: encoded(one) for key, one in pushed.items()}}
    made = large.set_aside(report, {"over": over, "never": ["x"], "key": KEY}, most, mark_of)
    large.values_of.cache_clear()  # the file is another one now
    assert decoded(made["value"]) == pushed_value(made["value"]) == json.loads(text_of(made["value"])) == value
    assert {key: decoded(one) for key, one in made["pushed"].items()} == pushed
    assert made["pushed"].get("x") == report["pushed"].get("x")
    mark = len(mark_of([KEY, "0" * 64, 10**6]))
    small = [one for one in (report["value"], *report["pushed"].values()) if len(one) * 3 // 4 <= over]
    if len(json.dumps(report)) <= most:
        assert all(one in (made["value"], *made["pushed"].values()) for one in small)
    assert all(len(one) <= max(mark, over * 4 // 3 + 3) for key, one in made["pushed"].items() if key != "x")


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=5), VALUES, st.integers(-1, 300))
def test_every_value_that_is_compressed_comes_back(pushed, value, above):
    report = {"state": "success", "value": encoded(value), "pushed": {key: encoded(one) for key, one in pushed.items()}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reports, "PACKED_ABOVE", above)
        made = reports.with_packed(report, ["x"])
    assert decoded(made["value"]) == pushed_value(made["value"]) == json.loads(text_of(made["value"])) == value
    assert {key: decoded(one) for key, one in made["pushed"].items()} == pushed
    assert made["pushed"].get("x") == report["pushed"].get("x")
    assert len(json.dumps(made)) <= len(json.dumps(report))


def test_long_values_are_short_in_the_report_unless_argo_reads_them():
    report = {"state": "success", "value": encoded([1] * 9000), "pushed": {"a": encoded("b" * 9000), "c": encoded("d" * 99)}}
    made = reports.with_packed(report, ["return_value"])
    assert made["value"] == report["value"]
    assert made["pushed"]["c"] == report["pushed"]["c"]
    assert len(made["pushed"]["a"]) < 200 < len(report["pushed"]["a"])


def test_of_values_for_which_there_is_no_room_the_largest_are_set_aside():
    pushed = {name: encoded(name * length) for name, length in (("a", 300), ("b", 500), ("c", 400))}
    made = large.set_aside({"state": "success", "pushed": pushed}, {"over": 10_000, "never": [], "key": KEY}, 900, mark_of)
    assert [name for name in pushed if made["pushed"][name] != pushed[name]] == ["b", "c"]


@given(st.lists(VALUES, min_size=1, max_size=5))
def test_elements_that_others_are_mapped_over_are_set_aside_one_by_one(elements):
    report = {"state": "success", "pushed": {}, "value": encoded(elements), "items": [encoded(one) for one in elements]}
    made = large.set_aside(report, {"over": 0, "never": [], "key": KEY}, 10_000, mark_of)
    large.values_of.cache_clear()
    assert [decoded(one) for one in made["items"]] == decoded(made["value"]) == elements
    assert all(len(one) <= max(len(mark_of([KEY, "0" * 64, 10**6])), 3) for one in made["items"])


def test_of_the_files_of_several_instances_the_one_is_read_that_a_mark_names(tmp_path, monkeypatch):
    monkeypatch.setattr(large, "GIVEN", str(tmp_path / "large-*"))
    (tmp_path / "large-1").mkdir()
    marks = []
    for number in range(3):
        monkeypatch.setattr(large, "FILE", str(tmp_path / "large-1" / f"{number}.json"))
        report = {"pushed": {}, "value": encoded("text" * number * 100)}
        marks.append(
            large.set_aside(report, {"over": 10, "never": [], "key": f"run/each.items/{number}.json"}, 10_000, mark_of)["value"]
        )
    assert [decoded(mark) for mark in marks] == ["", "text" * 100, "text" * 200]
    assert [one.startswith(base64_of(LARGE_MARK)[:40]) for one in marks] == [False, True, True]


def test_a_value_whose_artifact_is_not_there_is_an_error_that_says_so():
    with pytest.raises(LookupError, match="a value of 2 KiB is in an artifact"):
        decoded(mark_of([KEY, "0" * 64, 2048]))


def test_what_an_author_returns_is_never_taken_for_a_mark():
    value = json.loads('{"__airflow_argo_type__": "large", "of": ["0", 1]}')
    assert decoded(encoded(value)) == value
