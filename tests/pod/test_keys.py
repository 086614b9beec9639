"""Keys of XComs, which are parts of addresses in Airflow."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_argo.pod.reports import pulled_key, stored_key


@pytest.mark.parametrize(
    ("key", "stored"),
    [
        ("a", "a"),
        ("é ☃", "é ☃"),
        ("a/b", "a/b"),
        ("/a//b/", "/a//b/"),
        ("a/../b/./c", "b/c"),
        ("a%2Fb%", "a/b%"),
        ("a?b", "a"),
        ("a#b?c", "a"),
        ("k" * 600, "k" * 600),
    ],
)
def test_keys_are_stored_as_airflow_reads_them(key: str, stored: str) -> None:
    assert stored_key(key) == stored


@pytest.mark.parametrize("key", ["", ".", "..", "../a", "a/../..", "?a", "#", "a\nb", "\t", "\x7f", "\x00"])
def test_keys_that_airflow_refuses(key: str) -> None:
    with pytest.raises(ValueError, match="Airflow takes no XCom under the key"):
        stored_key(key)


@pytest.mark.parametrize("key", [1, None, b"a"])
def test_keys_that_are_no_texts(key: Any) -> None:
    with pytest.raises(TypeError, match="must be a text"):
        stored_key(key)


def test_keys_by_which_airflow_pulls_nothing() -> None:
    assert pulled_key("a%2Fb") == "a/b"
    with pytest.raises(ValueError, match="pulls nothing"):
        pulled_key("a?b")
