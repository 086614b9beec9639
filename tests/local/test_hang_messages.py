"""What is said of a run that hangs."""

from __future__ import annotations

from airflow_argo.local.controller.hangs import Hang


def test_a_node_with_large_items_in_its_name_is_shown_by_both_ends_of_it():
    hang = Hang(f"run.read(0:{'x' * 100_000}).pod", "nothing inside it will go on")
    assert str(hang).startswith("'run.read(0:xxx")
    assert str(hang).endswith("xxx).pod' waits for ever: nothing inside it will go on")
    assert len(str(hang)) < 300
