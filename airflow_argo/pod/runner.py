"""Runs one task in its pod and reports how it ended. Python 3.8 without libraries: it travels as text, see `bootstrap`.

In FOLDER stand `code`, the program text; `call`, JSON that says what to do with it; `values`, a JSON list of base64 of
JSON of what was made at run time. The report is a JSON object, `{"state": …, "value": …, "pushed": {…}, "items": […],
"keyed": …}`, where `keyed` says that the items are pairs of a dict. Each value in it is base64 of JSON, so that nobody on the
way takes it for anything but text.

Exit codes: 0 success or skipped, 100 failed for good, else failed.
"""

from __future__ import annotations

import base64
import importlib
import inspect
import itertools
import json
import linecache
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
import types
from typing import Any, Awaitable, Dict, List, Tuple

from .bootstrap import ShippedModules
from .context import Context
from .large import set_aside
from .nodes import Nodes
from .run import Run
from .values import decoded, encoded, mark_of

FOLDER = "/tmp/airflow-argo"
REPORT = "/tmp/airflow-argo-outcome.json"
OWN_PACKAGES = (__package__, f"{__package__}.airflow_task")
MAX_REPORT_BYTES = 1000 * 1024
FINAL_EXIT_CODE = 100
MAX_MAP_LENGTH = int(os.environ.get("AIRFLOW__CORE__MAX_MAP_LENGTH", "1024"))

Call = Dict[str, Any]
Report = Dict[str, Any]


class SkipTask(Exception):
    """The task ends skipped."""


class FailForGood(Exception):
    """The task failed and must not be tried again."""


# Calls of Python functions


def call_python(call: Call, code: str, nodes: Nodes, run: Run, report: Report) -> None:
    """Runs a function of the code and reports what it returns."""
    filename = call.get("file", "task.py")
    linecache.cache[filename] = (len(code), None, code.splitlines(True), filename)
    if "modules" in call:
        finder: Any = ShippedModules(call["modules"])
        sys.meta_path.insert(0, finder)
    module = types.ModuleType("airflow_argo_task")
    sys.modules[module.__name__] = module
    exec(compile(code, filename, "exec"), module.__dict__)
    function = getattr(module, call["function"])
    args, kwargs = nodes.value(call.get("args", [])), nodes.value(call.get("kwargs", {}))
    more = nodes.value(call.get("more_kwargs", {}))
    check_known(function, more)
    kwargs.update(more)
    if "name" in call:
        report["name"] = encoded(NAMED.sub(lambda found: str(kwargs.get(found[1] or found[2], "")), call["name"]))
    if "task" in call:
        kwargs = wanted_by(function, args, {**Context(run, call, nodes, report), **kwargs})
    result = function(*args, **kwargs)
    if inspect.isgeneratorfunction(function):
        result = _exhausted(result)
    elif inspect.isawaitable(result):
        import asyncio  # few tasks need it, and it costs as much as all the rest

        result = asyncio.run(_awaited(result))
    if "branch" in call:
        _report_branch(call, result, report)
    elif "short_circuit" in call:
        report["pushed"]["follow"] = encoded(bool(result))
        skips = call["short_circuit"]["skips"] and not result
        report_value({"quiet": skips or call.get("quiet")}, result, report)
    else:
        report_value(call, result, report)


NAMED = re.compile(r"""{{\s*task\.op_kwargs(?:\[["'](\w+)["']\]|\.(\w+))\s*}}""")
"""What a name of an instance can say of it without Airflow: its keyword arguments."""


def check_known(function: Any, kwargs: Dict[str, Any]) -> None:
    """What an item of a mapping sets has to be a parameter of the function. Source: DecoratedOperator, which binds them."""
    parameters = inspect.signature(function).parameters
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        for name in kwargs:
            if name not in parameters:
                raise TypeError(f"{function.__name__}() got an unexpected keyword argument '{name}'")


def wanted_by(function: Any, args: List[Any], offered: Dict[str, Any]) -> Dict[str, Any]:
    """The keyword arguments that a function takes. Source: airflow.sdk.bases.decorator KeywordParameters.

    Raises:
        ValueError: a positional argument stands where the function wants something of the context.
    """
    parameters = inspect.signature(function).parameters
    for name, parameter in itertools.islice(parameters.items(), len(args)):
        if parameter.kind not in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD) and name in offered:
            raise ValueError(f"The key {name!r} in args is a part of kwargs and therefore reserved.")
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return offered
    return {name: offered[name] for name in parameters if name in offered}


def _exhausted(generator: Any) -> Any:
    """What a generator returns; Airflow takes what it yields for events of assets. Source: create_executable_runner."""
    returned: List[Any] = []

    def run() -> Any:
        returned.append((yield from generator))

    for _ in run():
        pass
    return returned[0]


async def _awaited(result: Awaitable[Any]) -> Any:
    return await result


def report_value(call: Call, result: Any, report: Report) -> None:
    """Reports what a task returns."""
    if result is None or call.get("quiet"):
        if call.get("split"):
            raise TypeError("tasks are mapped over what this one returns, and it returns nothing")
        return
    if call.get("split"):
        _check_mappable(result)
    if call.get("spread"):
        if not isinstance(result, dict):
            raise TypeError(f"with multiple_outputs the task must return a dict, and this is a {type(result).__name__}")
        report["pushed"].update({str(key): encoded(value) for key, value in result.items()})
    if call.get("split"):
        if len(result) > MAX_MAP_LENGTH:
            raise ValueError(f"tasks are mapped over what this one returns, and {len(result)} are more than {MAX_MAP_LENGTH}")
        keyed = isinstance(result, dict)
        report["items"] = [encoded(item) for item in ([(str(key), result[key]) for key in result] if keyed else result)]
        report["keyed"] = keyed
    report["value"] = encoded(result)


def _check_mappable(result: Any) -> None:
    """A loop runs over a value: a dict gives (key, value), text is no list. Source: airflow.sdk is_mappable_value."""
    if not isinstance(result, (dict, list, tuple)):
        raise TypeError(f"tasks are mapped over what this one returns, and a {type(result).__name__} is no list or dict")


def _report_branch(call: Call, chosen: Any, report: Report) -> None:
    """Which direct dependents run. Source: airflow.sdk SkipMixin: those chosen, and those on the way to one."""
    follows = call["branch"]
    chosen_ids = [] if chosen is None else [chosen] if isinstance(chosen, str) else list(chosen)
    unknown = [one for one in chosen_ids if one not in follows["ids"]]
    if unknown:
        raise ValueError(f"the branch chose {unknown}, and the DAG has no such task or task group")
    followed = [child for child in follows["children"] if any(child in follows["ids"][one] for one in chosen_ids)]
    report["pushed"]["follow"] = encoded(followed)
    if follows.get("returns") or len(followed) == len(follows["children"]):
        report_value({"quiet": call.get("quiet")}, chosen, report)


# Commands


def call_command(call: Call, nodes: Nodes, report: Report) -> None:
    """Runs a command, its stderr in its stdout, and reports what it returns."""
    words = [str(word) for word in nodes.value(call["command"])]
    words[0] = shutil.which(words[0]) or words[0]  # as in Airflow: it is what a script calls itself by
    check_item(call, nodes)
    env = {name: os.environ[name] for name in ["PATH", *call["env"]] if name in os.environ} if "env" in call else None
    folder = None if call.get("here") else tempfile.mkdtemp()
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, cwd=folder, start_new_session=True
    )
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(process.pid, signal.SIGTERM))
    last = b""
    assert process.stdout is not None
    for line in process.stdout:
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
        last = line
    code = process.wait()
    if code in call.get("skip", ()):
        raise SkipTask(f"exit code {code}")
    if code:
        raise SystemExit(code if code > 0 else 128 - code)
    returns = call.get("returns")
    if returns == "last line":
        report_value(call, last.decode(errors="backslashreplace").rstrip(), report)
    elif returns:
        _report_file(call, returns, report)


def check_item(call: Call, nodes: Nodes) -> None:
    """An item of a mapping may set only what was known when the workflow was made."""
    if "expects" in call:
        found, keys = call["expects"]
        unknown = sorted(set(nodes.value(found)) - set(keys))
        if unknown:
            raise FailForGood(f"the item sets {', '.join(unknown)}, which this workflow doesn't take from items")


def _report_file(call: Call, path: str, report: Report) -> None:
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            report_value(call, json.load(file), report)


# Operators of Airflow


def call_operator(call: Call, files: Dict[str, str], nodes: Nodes, run: Run, report: Report) -> Tuple[int, Report]:
    """Runs an operator of the DAG file by Airflow's task runner; returns (exit code, report)."""
    module = importlib.import_module(".airflow_task.task", __package__)
    ended: Tuple[int, Report] = module.run(call, files, nodes.value, run, report, sys.modules[__name__])
    return ended


# The task


def run_task(files: Dict[str, str]) -> Tuple[int, Report]:
    """Runs the task; returns (exit code, report)."""
    run, report = Run(), {"state": "failed", "pushed": {}}
    call, code = json.loads(_read("call")), unpacked(_read("code"))
    nodes = Nodes(run, [decoded(text) for text in json.loads(_read("values"))], code)
    try:
        os.environ.update({name: str(nodes.value(value)) for name, value in call.get("set", ())})
        if call["kind"] == "operator":
            return call_operator(call, files, nodes, run, report)
        if call["kind"] == "python":
            call_python(call, code, nodes, run, report)
        else:
            call_command(call, nodes, report)
        report["state"] = "success"
        return 0, report
    except SystemExit as exit_:
        return _exit_code(exit_), report
    except BaseException as error:
        return _ended_by(error, report)


def _ended_by(error: BaseException, report: Report) -> Tuple[int, Report]:
    names = {base.__name__ for base in type(error).__mro__}
    if names & {"SkipTask", "AirflowSkipException"}:
        print(f"skipped: {error}", flush=True)
        report["state"] = "skipped"
        return 0, report
    print(_shown(error), file=sys.stderr, flush=True)
    return FINAL_EXIT_CODE if names & {"FailForGood", "AirflowFailException", "AirflowSensorTimeout"} else 1, report


def _shown(error: BaseException) -> str:
    """The traceback of an error, from where the author's code begins."""
    start = error.__traceback__
    while start is not None and start.tb_frame.f_globals.get("__package__") in OWN_PACKAGES:
        start = start.tb_next
    return "".join(traceback.format_exception(type(error), error, start)).rstrip()


def _exit_code(exit_: SystemExit) -> int:
    if exit_.code is None or isinstance(exit_.code, int):
        return exit_.code or 1
    print(exit_.code, file=sys.stderr)
    return 1


def unpacked(text: str) -> str:
    """A text as it was before it had to be packed for its way."""
    return base64.b64decode(text[7:]).decode() if text.startswith("base64:") else text


def _read(name: str) -> str:
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read()


def write(report: Report, large: Any = None) -> None:
    """Writes the report.

    Args:
        large: how large values travel, see `large.set_aside`; None: not at all.
    Raises:
        ValueError: it is larger than what Argo stores.
    """
    if large and "pushed" in report:
        report = set_aside(report, large, MAX_REPORT_BYTES, mark_of)
    text = json.dumps({key: value for key, value in report.items() if value or key == "state"})
    if len(text) > MAX_REPORT_BYTES:
        most = f"at most {MAX_REPORT_BYTES // 1024} KiB can be passed between tasks"
        raise ValueError(f"the task returns {len(text) // 1024} KiB; {most}{_why_not_set_aside(large)}")
    with open(REPORT, "w", encoding="utf-8") as file:
        file.write(text.replace("{" + "{", "{\\u007b"))


def _why_not_set_aside(large: Any) -> str:
    """Why what a report has is not in an artifact, and what can be done."""
    if large is None:
        return (
            "; where Argo has an artifact repository, larger ones travel by it with the setting xcom_artifacts, "
            "if the task isn't mapped and its DAG has no more than some 200 tasks"
        )
    return f"; Argo reads {', '.join(large['never'])} itself, so that can't be in an artifact" if large["never"] else ""


def main(files: Dict[str, str]) -> None:
    """Runs the task of this pod; `files` are those of the bundle."""
    code, report = run_task(files)
    try:
        write(report, json.loads(_read("call")).get("large"))
    except ValueError as error:
        print(error, file=sys.stderr)
        write({"state": "failed"})
        code = FINAL_EXIT_CODE
    sys.stdout.flush()
    sys.exit(code)
