"""The page docs/compatibility.md: what became of each example DAG."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version

EQUAL, REFUSED, DIFFERS, NO_JUDGE = "equal", "refused", "differs", "not judged"
_MEANINGS = {
    EQUAL: "the same run state, states of tasks and mapped instances, tries and XComs",
    REFUSED: "the translation, or the engine, says why not, by the code of a diagnostic",
    DIFFERS: "the first difference is given",
    NO_JUDGE: "chance decides, or it didn't end in the time given",
}


@dataclass(frozen=True, slots=True)
class Row:
    """What became of a DAG."""

    file: str
    dag_id: str
    tasks: int
    result: str
    reason: str = ""


def page(rows: list[Row]) -> str:
    """The page."""
    counts = Counter(row.result for row in rows)
    summary = [f"- **{counts[result]} {result}**: {meaning}." for result, meaning in _MEANINGS.items() if counts[result]]
    lines = [_line(row) for row in sorted(rows, key=lambda row: (row.file, row.dag_id))]
    return "\n".join(
        [
            "# Compatibility",
            "",
            f"All {len(rows)} example DAGs of Apache Airflow {version('apache-airflow')} and its installed providers, each",
            "run by Airflow's `dag.test()` and, translated, by the embedded engine. Made by `python -m tests.differential`.",
            "",
            *summary,
            "",
            "| DAG | file | tasks | result | reason |",
            "|---|---|---|---|---|",
            *lines,
            "",
        ]
    )


def _line(row: Row) -> str:
    reason = " ".join(row.reason.replace("|", "\\|").split())
    shown = reason if len(reason) <= 200 else f"{reason[:197]}…"
    return f"| {row.dag_id} | {row.file} | {row.tasks} | {row.result} | {shown} |"
