"""Every code that a diagnostic of ours may have. A code keeps its meaning for ever; a retired one is not given again.

AA1xx: reading a file. AA2xx: translating a DAG. AA3xx: references and hangs in a manifest. AA4xx: shape and limits of a
manifest. AA5xx: what the embedded engine doesn't do.
"""

from __future__ import annotations

from dataclasses import dataclass

from airflow_argo.diagnostics.diagnostic import Severity


@dataclass(frozen=True, slots=True)
class Code:
    """A code's title, its usual severity, and a page for ``--explain``."""

    id: str
    title: str
    severity: Severity
    explanation: str


_ERROR, _WARNING, _NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE

_READING: tuple[Code, ...] = (
    Code("AA101", "no such file", _ERROR, "The path names no file that can be read."),
    Code("AA102", "the file can't be imported", _ERROR, "A DAG file is a Python program, and this one ends in an error."),
    Code("AA103", "no DAG in the file", _ERROR, "The file was imported, and made no DAG."),
    Code("AA104", "several DAGs in the file", _ERROR, "The command takes one DAG: choose it with --dag-id."),
    Code("AA105", "tasks wait for one another", _ERROR, "The DAG has a circle, which Airflow refuses too."),
    Code("AA106", "the file takes too long", _ERROR, "Importing the file didn't end in time."),
    Code("AA107", "the file ends the process", _ERROR, "Importing the file ended Python itself: by exit, or by a crash."),
    Code("AA108", "two DAGs of one name", _ERROR, "Two DAGs of the file have the same id, and Airflow would show only one."),
)

_TRANSLATING: tuple[Code, ...] = (
    Code(
        "AA201", "no translation of an operator", _ERROR, "No family translates the class, or it overrides what its base does."
    ),
    Code("AA202", "a function's source can't travel", _ERROR, "Python tasks travel as their source and what that needs."),
    Code("AA203", "a template that only Airflow can render", _ERROR, "Its expression isn't a date, param, XCom or the like."),
    Code("AA204", "an XCom of a task that isn't upstream", _ERROR, "Argo passes values only along dependencies."),
    Code("AA205", "an XCom that only the run could name", _ERROR, "What is pulled has to be known before the run."),
    Code("AA206", "callbacks", _WARNING, "Callbacks, deadlines and SLAs are run by Airflow's scheduler."),
    Code("AA207", "mail", _WARNING, "Airflow's scheduler sends mail; Argo doesn't."),
    Code("AA208", "pools", _WARNING, "Pools limit tasks of many DAGs; they are Airflow's."),
    Code("AA209", "priorities", _WARNING, "Argo's priority is of whole workflows."),
    Code("AA210", "queues, executors and users", _WARNING, "They say which of Airflow's workers runs a task."),
    Code("AA211", "executor_config", _WARNING, "It is meant for an executor; our own part of it is under the key argo."),
    Code("AA212", "dependence on earlier runs", _WARNING, "Runs of a workflow don't know those before them."),
    Code("AA213", "schedules", _WARNING, "A CronWorkflow has cron expressions, and no data intervals."),
    Code("AA214", "catchup, start and end", _WARNING, "A CronWorkflow makes up at most one missed run."),
    Code("AA215", "mapping", _ERROR, "What the task is mapped over can't be said as a list."),
    Code("AA216", "mapped task groups", _ERROR, "Groups that are mapped as a whole aren't translated."),
    Code("AA217", "times between tries", _WARNING, "Argo's backoff is a duration, times a whole number."),
    Code("AA218", "assets", _WARNING, "Argo knows no assets."),
    Code("AA221", "failing fast", _WARNING, "Branches beside a failure run to their end."),
    Code("AA222", "limits on runs and instances", _WARNING, "Argo limits pods of a workflow, and holders of a semaphore."),
    Code(
        "AA224",
        "hooks around a task",
        _ERROR,
        "pre_execute, run_if and the like run inside Airflow's task runner.",
    ),
    Code("AA225", "an unknown trigger rule", _ERROR, "This Airflow has a rule that is newer than the translation."),
    Code(
        "AA227",
        "an argument that can't travel",
        _ERROR,
        "Arguments travel as JSON, with tuples, sets and dates marked.",
    ),
    Code("AA228", "not a template", _ERROR, "Jinja doesn't understand the text, so Airflow wouldn't either."),
    Code("AA229", "an argument of an operator", _ERROR, "The operator is translated, but not this argument of it."),
    Code("AA230", "an image without a known command", _WARNING, "Argo looks the image's entrypoint up in its registry."),
)

CODES: dict[str, Code] = {entry.id: entry for entry in (*_READING, *_TRANSLATING)}


def code(id: str) -> Code:
    """The entry of a code.

    Raises:
        KeyError: there is no such code.
    """
    return CODES[id]
