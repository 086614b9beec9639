"""What commands print, as text for people."""

from __future__ import annotations

from airflow_argo.cli.report import table


def test_a_row_is_a_line_whatever_its_cells_hold():
    rows = [("a", "invalid spec:\n  no entrypoint"), ("longer", "")]
    assert table(("name", "message"), rows).splitlines() == ["NAME    MESSAGE", "a       invalid spec: no entrypoint", "longer"]
