"""`python -m tests.local.support_page` writes the table of fields into docs/engine.md, from the engine's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from airflow_argo.local.support import DONE, IGNORED, REFUSED

PAGE = Path(__file__).parents[2] / "docs" / "engine.md"
BEGIN, END = "<!-- fields -->\n", "<!-- /fields -->\n"


def table() -> str:
    """A row an object of Argo's schema."""
    rows = ["| object | done | left out | refused |", "|---|---|---|---|"]
    for name in [*DONE, *(name for name in (IGNORED | REFUSED) if name not in DONE)]:
        done = ", ".join(DONE.get(name, "").split())
        rows.append(f"| {name} | {done} | {_reasons(IGNORED.get(name, {}))} | {_reasons(REFUSED.get(name, {}))} |")
    return "\n".join(rows) + "\n"


def _reasons(fields: Mapping[str, str]) -> str:
    return "; ".join(f"{', '.join(names.split())} ({reason})" for names, reason in fields.items())


def with_table(page: str) -> str:
    """The page with its table as it has to be."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}{table()}{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
