"""`airflow-argo assess`."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from airflow_argo.cli.files import found_files, settings_for, source_of, take_values
from airflow_argo.cli.names import Named, imported, named_alike
from airflow_argo.cli.report import Report, table, with_progress
from airflow_argo.diagnostics import AirflowArgoError, Diagnostic, InputError, Severity

Row = dict[str, Any]
"""A line of the table, or a part of the summary, as JSON has it."""

TRANSLATED, WITH_LOSSES, REFUSED, UNREADABLE = "translated", "translated with losses", "refused", "unreadable"
NO_DAG = "AA103"
_SHOWN = 2
"""How many reasons a line of the table shows."""
_LONGEST = 100


def assess(options: Namespace) -> Report:
    """For each DAG whether it is translated, with what it loses, or why not. Exits well even if some are refused.

    Raises:
        InputError: there is no file with a DAG.
    """
    from airflow_argo.translator.translators import Translators, processes_for

    take_values(options)
    options.placeholders = "yes"
    rows: list[Row] = []
    with Translators(options.load_timeout, processes_for(options.paths)) as translators:
        files = found_files(options, translators)
        if not files:
            raise InputError("there is no file with a DAG there", "check the path")
        results = translators.translated((path, settings_for(path, options, folder)) for path, folder in files)
        for (path, _), result in zip(with_progress(files), results, strict=True):
            rows += _rows(path, result)
    rows = _with_one_name_each(rows)
    summary = _summary(rows)
    text = _markdown(rows) if options.output == "markdown" else _table(rows, summary)
    return Report(text, {"dags": rows, "summary": summary})


def _rows(path: Path, result: Any) -> list[Row]:
    from airflow_argo.translator.translation import TranslationError

    if isinstance(result, AirflowArgoError):
        finding = _finding_of(result)
        row = _row(path, "-", 0, UNREADABLE, [finding])
        return [] if finding.code == NO_DAG else [{**row, "missing": getattr(result, "missing", None)}]
    found = []
    for translation in result:
        try:
            findings = source_of(translation, path).diagnostics
        except TranslationError as error:
            findings = error.diagnostics
        errors = [one for one in findings if one.severity is Severity.ERROR]
        losses = [one for one in findings if one.severity is Severity.WARNING]
        state = REFUSED if errors else WITH_LOSSES if losses else TRANSLATED
        row = _row(path, translation.dag_id, translation.tasks, state, errors or losses)
        found.append({**row, "ported": bool(translation.ported), "made_in": translation.made_in})
    return found


def _with_one_name_each(rows: list[Row]) -> list[Row]:
    """The rows without what files only import from one another, and where DAGs that would have one name are refused."""
    named = [Named(Path(row["file"]), row["dag"], row.pop("made_in", "")) for row in rows]
    translated = [one for one, row in zip(named, rows, strict=True) if row["result"] in (TRANSLATED, WITH_LOSSES)]
    twice = imported(translated)
    alike = named_alike(one for one in translated if one not in twice)

    def judged(one: Named, row: Row) -> Row:
        return {**row, **_row(one.path, one.name, row["tasks"], REFUSED, [alike[one]])} if one in alike else row

    return [judged(one, row) for one, row in zip(named, rows, strict=True) if one not in twice]


def _finding_of(error: AirflowArgoError) -> Diagnostic:
    """An error of a file as a finding."""
    return Diagnostic(
        code=getattr(error, "code", ""),
        message=getattr(error, "message", str(error)),
        cure=getattr(error, "cure", ""),
        origin=getattr(error, "at", None),
    )


def _row(path: Path, dag_id: str, tasks: int, result: str, findings: Sequence[Diagnostic]) -> Row:
    codes = list(dict.fromkeys(one.code for one in findings if one.code))
    row = {"file": str(path), "dag": dag_id, "tasks": tasks, "result": result, "codes": codes, "reasons": _reasons(findings)}
    return {**row, "findings": [one.to_json() for one in findings]}


def _reasons(findings: Iterable[Diagnostic]) -> list[str]:
    """What was found, each once, with how often."""
    found = Counter(f"{one.code} {one.message}".strip() for one in findings)
    return [reason if count == 1 else f"{reason} ({count} times)" for reason, count in found.items()]


# The summary


def _summary(rows: list[Row]) -> Row:
    """How many DAGs became what; by code, how many are held back or lose something, and how many by nothing else."""
    stopped = [row for row in rows if row["result"] in (REFUSED, UNREADABLE)]
    return {
        "dags": len(rows),
        "tasks": sum(row["tasks"] for row in rows),
        "results": dict(Counter(row["result"] for row in rows).most_common()),
        "stopped_by": _by_code(stopped),
        "lost": _by_code([row for row in rows if row["result"] == WITH_LOSSES]),
        "missing": _missing(rows),
    }


def _missing(rows: list[Row]) -> list[Row]:
    """What to install beside Airflow, and how many files can't be read without it; most first."""
    files = Counter(row["missing"] for row in rows if row.get("missing"))
    return [{"package": package, "files": count} for package, count in sorted(files.items(), key=lambda one: (-one[1], one[0]))]


def _by_code(rows: list[Row]) -> list[Row]:
    """Most first: code, its title, DAGs with it, those with no other, and an example."""
    from airflow_argo.diagnostics import CODES

    of: dict[str, list[Row]] = {}
    for row in rows:
        for code in row["codes"] or ["-"]:
            of.setdefault(code, []).append(row)
    found = [
        {
            "code": code,
            "title": CODES[code].title if code in CODES else "other",
            "dags": len(held),
            "only": sum(len(row["codes"]) <= 1 for row in held),
            **_example(code, held),
        }
        for code, held in of.items()
    ]
    return sorted(found, key=lambda one: (-int(str(one["only"])), -int(str(one["dags"])), str(one["code"])))


def _example(code: str, held: list[Row]) -> Row:
    """A reason with a code, and its cure."""
    found = next(one for row in held for one in row["findings"] if one["code"] == code or code == "-")
    return {"example": f"{found['code']} {found['message']}".strip(), "cure": found.get("cure", "")}


# As text


def _counts(summary: Row) -> str:
    dags = "1 DAG" if summary["dags"] == 1 else f"{summary['dags']} DAGs"
    return f"{dags}: " + ", ".join(f"{count} {result}" for result, count in summary["results"].items())


def _table(rows: list[Row], summary: Row) -> str:
    lines = [(row["file"], row["dag"], row["tasks"], row["result"], _shown(row["reasons"])) for row in rows]
    parts = [table(("file", "dag", "tasks", "result", "reasons"), lines)]
    for title, found in (("WHAT STOPS DAGS", summary["stopped_by"]), ("WHAT DAGS LOSE", summary["lost"])):
        if found:
            parts.append(f"{title}, most first; alone: where it is the only reason\n\n{_reasons_table(found)}")
    if summary["missing"]:
        packages = table(("package", "files"), [(one["package"], one["files"]) for one in summary["missing"]])
        parts.append(f"WHAT TO INSTALL, most first; a file may lack more than the first thing that it imports\n\n{packages}")
    return "\n\n".join([*parts, _counts(summary)])


def _shown(reasons: list[str]) -> str:
    more = f" and {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else ""
    return "; ".join(reasons[:_SHOWN]) + more


def _reasons_table(found: Iterable[Row]) -> str:
    return table(("code", "dags", "alone", "what", "such as", "cure"), [_cells(one) for one in found])


def _cells(one: Row) -> tuple[object, ...]:
    example = str(one["example"]).removeprefix(str(one["code"]))
    return one["code"], one["dags"], one["only"], one["title"], _short(example), _short(one["cure"])


def _short(text: str) -> str:
    """In one line of a table."""
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def _markdown(rows: list[Row]) -> str:
    lines = ["| DAG | tasks | result | reasons |", "|---|---|---|---|"]
    for row in rows:
        reasons = "<br>".join(reason.replace("|", "\\|") for reason in row["reasons"])
        lines.append(f"| {row['dag']} | {row['tasks']} | {row['result']} | {reasons} |")
    return "\n".join([_counts(_summary(rows)), "", *lines])
