"""The date that a run is for, as an expression. Source: workflow.scheduledTime, docs/variables.md; Go's time layouts."""

from __future__ import annotations

import re
from typing import Literal

from airflow_argo.compiler.code import quote
from airflow_argo.compiler.intervals import interval_end_of, interval_start_of
from airflow_argo.diagnostics import DefinitionError
from airflow_argo.model.values import RunDate

LOGICAL_DATE = "logical_date"
"""The workflow parameter that says which date a run is for; empty: when it was scheduled, else when it was created."""

INTERVAL: tuple[Literal["data_interval_start"], Literal["data_interval_end"]] = ("data_interval_start", "data_interval_end")
"""The workflow parameters that say the data interval of a run; empty: as it follows from the date."""

ISO = "%Y-%m-%dT%H:%M:%:S%:z"

RUN_DATE = (
    f"(workflow.parameters.{LOGICAL_DATE} != '' ? workflow.parameters.{LOGICAL_DATE} : "
    "(workflow['scheduledTime'] ?? workflow.creationTimestamp.RFC3339))"
)
"""The moment of a run, as text."""

RUN_ID = (
    "(workflow.parameters.run_id != '' ? workflow.parameters.run_id : "
    "((workflow['scheduledTime'] ?? '') == '' ? 'manual__' : 'scheduled__') + "
    f"replace(date({RUN_DATE}).In(timezone('UTC')).Format('2006-01-02T15:04:05.000000-07:00'), '.000000', ''))"
)
"""Airflow's id of a run: given when it was submitted, else as Airflow makes one. Source: DagRunType.generate_run_id."""

_LAYOUTS = {
    "%Y": "2006",
    "%m": "01",
    "%d": "02",
    "%H": "15",
    "%M": "04",
    "%S": "05",
    "%:S": "05.000000",
    "%y": "06",
    "%B": "January",
    "%b": "Jan",
    "%A": "Monday",
    "%a": "Mon",
    "%I": "03",
    "%p": "PM",
    "%j": "002",
    "%Z": "MST",
    "%z": "-0700",
    "%:z": "-07:00",
    "%%": "%",
}
"""strftime's directives that Go's Format has too. `%f` and week numbers have no layout. `%:S` is `RunDate`'s own."""

_LAYOUT_WORDS = re.compile(r"January|Jan|Monday|Mon|MST|PM|pm|Z0|[-+]0|_2|\d")


def layout(format: str) -> str:
    """Go's layout for a format of strftime.

    Raises:
        DefinitionError: a directive that Go doesn't have, or text that Go would take for part of a date.
    """
    parts = re.split(r"(%[-_^#0:]?.|%$)", format)
    made = []
    for text, directive in zip(parts[::2], [*parts[1::2], ""], strict=True):
        if _LAYOUT_WORDS.search(text):
            raise DefinitionError(f"Argo can't write '{text}' inside a date", "put the text beside the date")
        if directive and directive not in _LAYOUTS:
            raise DefinitionError(f"Argo has no '{directive}' for dates", f"use one of: {' '.join(_LAYOUTS)}")
        made += [text, _LAYOUTS.get(directive, "")]
    return "".join(made)


def run_date(value: RunDate) -> str:
    """Code for the text of one of the run's dates."""
    moment = _moment(value)
    if value.shift:
        seconds = f"{abs(value.shift).total_seconds():.6f}".rstrip("0").rstrip(".")
        moment = f"({moment} {'-' if value.shift.days < 0 else '+'} duration('{seconds}s'))"
    text = f"{moment}.In(timezone('UTC')).Format({quote(layout(value.format))})"
    return f"replace({text}, '.000000', '')" if "%:S" in value.format else text


def _moment(value: RunDate) -> str:
    match value.of:
        case "logical_date" if value.intervals is None:
            return f"date({RUN_DATE})"
        case "logical_date":  # of a scheduled run the start of its interval
            scheduled = f"workflow.parameters.{LOGICAL_DATE} == '' && (workflow['scheduledTime'] ?? '') != ''"
            start = _given_or("data_interval_start", interval_start_of(f"date({RUN_DATE})", value.intervals))
            return f"({scheduled} ? {start} : date({RUN_DATE}))"
        case "data_interval_start":
            return _given_or(value.of, interval_start_of(f"date({RUN_DATE})", value.intervals))
        case "data_interval_end":
            return _given_or(value.of, interval_end_of(f"date({RUN_DATE})", value.intervals))
        case "run_after":
            return _given_or("data_interval_end", f"date({RUN_DATE})")


def _given_or(parameter: str, moment: str) -> str:
    given_text = f"(workflow.parameters['{parameter}'] ?? '')"
    return f"({given_text} != '' ? date({given_text}) : {moment})"
