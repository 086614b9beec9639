"""Merge patches lead from one object to the other (RFC 7386)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from airflow_argo.cluster.changes import merge_patch

KEYS = st.sampled_from("abcd")
SCALARS = st.none() | st.booleans() | st.integers(0, 3) | st.text(max_size=2)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)


def apply(target, patch):
    """The algorithm of RFC 7386, section 2."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = apply(result.get(key), value)
    return result


def without_nulls(value):
    """A null in an object says what absence says; nulls in lists are values."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return value


@given(OBJECTS, OBJECTS)
def test_applied_it_gives_what_was_wanted(current, wanted):
    assert without_nulls(apply(current, merge_patch(current, wanted))) == without_nulls(wanted)


@given(OBJECTS)
def test_what_is_the_same_needs_none(manifest):
    assert merge_patch(manifest, manifest) == {}


def test_what_is_gone_is_null_and_what_is_new_is_there():
    assert merge_patch({"a": {"b": 1, "c": 2}, "l": [1]}, {"a": {"b": 1, "d": 3}, "l": [1, 2]}) == {
        "a": {"c": None, "d": 3},
        "l": [1, 2],
    }
