"""Runs one task in its pod and reports how it ended. Python 3.8 without libraries: it travels as text, see `bootstrap`.

In FOLDER stand `code`, the program text; `call`, JSON that says what to do with it; `values`, a JSON list of base64 of
JSON of what was made at run time. The report is a JSON object, `{"state": …, "value": …, "pushed": {…}, "items": […],
"keyed": …}`, where `keyed` says that the items are pairs of a dict. Each value in it is base64 of JSON, so that nobody on the
way takes it for anything but text.

Exit codes: 0 success or skipped, 100 failed for good, else failed.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import traceback
import zlib
from typing import Any, Dict, Optional, Sequence, Tuple

from .large import KEY, set_aside
from .nodes import Nodes
from .reports import FINAL_EXIT_CODE, RETURN_VALUE, Call, Report, SkipTask, with_packed
from .run import Run, context_variables
from .values import mark_of

FOLDER = "/tmp/airflow-argo"
REPORT = "/tmp/airflow-argo-outcome.json"
OWN_PACKAGES = (__package__, f"{__package__}.airflow_task")
MAX_REPORT_BYTES = 1000 * 1024
MAX_COMPRESSED_BYTES = 200 * 1024
"""Of a report. That of an instance may have half: Argo keeps it in the pod, the instance, the loop, and the loop's attempt."""
MAX_ITEM_BYTES = 240 * 1024
"""Of an element that tasks are mapped over: it is in a node's name, which is in an annotation of the pod."""
ROOM = 680 * 1024
"""For all copies of a report: Argo has 1 MiB for a whole run, which it keeps as base64 of gzip."""
BEGINNING = ("AIRFLOW_", "PYTHON")
"""How the variables are called that Airflow and Python read as they begin."""


def run_task(call: Call, files: Dict[str, str]) -> Tuple[int, Report]:
    """Runs the task; returns (exit code, report). Of the modules that only some kinds of tasks need it loads its own."""
    run, report = Run(), {"state": "failed", "pushed": {}}
    code = unpacked(_read("code"))
    nodes = Nodes(run, json.loads(_read("values")), code)
    try:
        os.environ.update({name: str(nodes.value(value)) for name, value in call.get("set", ())})
        if call["kind"] == "operator":
            from .airflow_task import task

            return task.run(call, files, nodes.value, run, report)
        if "task" in call:
            os.environ.update(context_variables(run, call["task"]))
        if call["kind"] == "python":
            from .functions import call_python

            call_python(call, code, nodes, run, report)
        else:
            from .commands import call_command

            call_command(call, nodes, report)
        report["state"] = "success"
        return 0, report
    except SystemExit as exit_:
        return _exit_code(exit_, is_commands=call["kind"] == "command" or "bash" in call), report
    except BaseException as error:
        return _ended_by(error, report)


def _ended_by(error: BaseException, report: Report) -> Tuple[int, Report]:
    names = {base.__name__ for base in type(error).__mro__ if base.__module__.startswith("airflow.")}
    if isinstance(error, SkipTask) or "AirflowSkipException" in names:
        print(f"skipped: {error}", flush=True)
        report["state"] = "skipped"
        return 0, report
    print(_shown(error), file=sys.stderr, flush=True)
    return FINAL_EXIT_CODE if names & {"AirflowFailException", "AirflowSensorTimeout"} else 1, report


def _shown(error: BaseException) -> str:
    """The traceback of an error, from where the author's code begins."""
    start = error.__traceback__
    while start is not None and start.tb_frame.f_globals.get("__package__") in OWN_PACKAGES:
        start = start.tb_next
    return "".join(traceback.format_exception(type(error), error, start)).rstrip()


def _exit_code(exit_: SystemExit, *, is_commands: bool) -> int:
    """The code of a pod that failed, of which the system takes eight bits. A function says by none that it is the last try."""
    if exit_.code is not None and not isinstance(exit_.code, int):
        print(exit_.code, file=sys.stderr)
        return 1
    code = (exit_.code or 0) % 256 or 1
    return code if is_commands or code != FINAL_EXIT_CODE else 1


def unpacked(text: str) -> str:
    """A text as it was before it had to be packed for its way."""
    return base64.b64decode(text[7:]).decode() if text.startswith("base64:") else text


def _read(name: str) -> str:
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read()


def write(report: Report, large: Any = None, plain: Sequence[str] = (), kept: Optional[Dict[str, int]] = None) -> None:
    """Writes the report.

    Args:
        large: how large values travel, see `large.set_aside`; None: in the report.
        plain: names of outputs that Argo reads.
        kept: names of outputs, and how often Argo keeps them since others read them, where that is more than twice.
    Raises:
        ValueError: it is larger than what Argo stores.
    """
    if large:
        report = set_aside(report, large, MAX_REPORT_BYTES, mark_of)
    report = with_packed(report, plain)
    text = json.dumps({key: value for key, value in report.items() if value or key == "state"})
    longest = max(map(len, report.get("items", ())), default=0)
    if longest > MAX_ITEM_BYTES:
        most = f"{MAX_ITEM_BYTES // 1024} KiB"
        raise ValueError(
            f"tasks are mapped over an element of {longest // 1024} KiB; at most {most}{_why_not_set_aside(large)}"
        )
    found = _too_much(text, {name: times * _length(report, name) for name, times in (kept or {}).items()})
    if found:
        raise ValueError(f"the task returns {found} can be passed between tasks{_why_not_set_aside(large)}")
    with open(REPORT, "w", encoding="utf-8") as file:
        file.write(text.replace("{" + "{", "{\\u007b"))


def _too_much(text: str, kept: Dict[str, int]) -> str:
    """What a report has and what it may have, if it has more; `kept`: bytes of the copies that readers have, by outputs."""
    if len(text) > MAX_REPORT_BYTES:
        return f"{len(text) // 1024} KiB; at most {MAX_REPORT_BYTES // 1024} KiB"
    is_instance = "AIRFLOW_ARGO_INDEX" in os.environ
    copies = (4 if is_instance else 1) + ("AIRFLOW_ARGO_TRY" in os.environ) + sum(kept.values()) / len(text)
    alone = MAX_COMPRESSED_BYTES // (2 if is_instance else 1)
    most = min(alone, int(ROOM / copies))
    if len(text) <= most:
        return ""
    size = len(zlib.compress(text.encode()))
    why = f", as Argo keeps them {copies:.0f} times," if most < alone else ""
    return f"{size // 1024} KiB when compressed; at most {most // 1024} KiB{why}" if size > most else ""


def _length(report: Report, name: str) -> int:
    """Bytes of an output, or of its elements, if others are mapped over them."""
    if name in report["pushed"]:
        return len(report["pushed"][name])
    return max(len(report.get("value", "")), sum(map(len, report.get("items", ())))) if name == RETURN_VALUE else 0


def _why_not_set_aside(large: Any) -> str:
    """Why what a report has is not in an artifact, and what can be done."""
    if large is None:
        return "; where Argo has an artifact repository, larger ones travel by it with the setting xcom_artifacts"
    return f"; Argo reads {', '.join(large['never'])} itself, so that can't be in an artifact" if large["never"] else ""


def prepare(files: Dict[str, str]) -> None:
    """Imports what takes long, while it isn't known yet which task of the bundle is to run."""
    if "airflow_task/task.py" in files:
        from .airflow_task import task

        task.prepare()


def may_be_prepared() -> bool:
    """Whether it is all the same to the task of this pod that `prepare` was called before its variables were set."""
    return not any(name.startswith(BEGINNING) for name, _ in json.loads(_read("call")).get("set", ()))


def main(files: Dict[str, str]) -> None:
    """Runs the task of this pod; `files` are those of the bundle."""
    call = json.loads(_read("call"))
    if "large" in call:
        call["large"]["key"] = os.environ[KEY]  # the task may clear its environment
    code, report = run_task(call, files)
    try:
        write(report, call.get("large"), call.get("plain", ()), call.get("kept"))
    except ValueError as error:
        print(error, file=sys.stderr)
        write({"state": "failed", "pushed": {}})
        code = FINAL_EXIT_CODE
    if not sys.stdout.closed:  # by the function
        sys.stdout.flush()
    sys.exit(code)
