"""Runs one task in its pod and reports how it ended. One file of Python 3.8 without libraries: it travels as text.

Beside this file stand `code`, the program text; `call`, JSON that says what to do with it; `values`, a JSON list of base64 of
JSON of what was made at run time. The report is a JSON object, `{"state": …, "value": …, "pushed": {…}, "items": […]}`; each
value in it is base64 of JSON, so that nobody on the way takes it for anything but text.

Exit codes: 0 success or skipped, 100 failed for good, else failed.
"""

from __future__ import annotations

import base64
import importlib
import importlib.util
import inspect
import json
import linecache
import os
import re
import signal
import subprocess
import sys
import tempfile
import traceback
import types
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Awaitable, Dict, Tuple

FOLDER = os.path.dirname(os.path.abspath(__file__))
REPORT = "/tmp/airflow-argo-outcome.json"
MAX_REPORT_BYTES = 1000 * 1024
FINAL_EXIT_CODE = 100
TYPE = "__airflow_argo_type__"
MAX_MAP_LENGTH = int(os.environ.get("AIRFLOW__CORE__MAX_MAP_LENGTH", "1024"))

Json = Any
Call = Dict[str, Any]
Report = Dict[str, Any]


class SkipTask(Exception):
    """The task ends skipped."""


class FailForGood(Exception):
    """The task failed and must not be tried again."""


# Values


def decoded(text: str) -> Any:
    """The value of base64 of JSON."""
    return json.loads(base64.b64decode(text), object_hook=_from_json)


def encoded(value: Any) -> str:
    """Base64 of the JSON of a value, with the Python types that JSON lacks marked."""
    return base64.b64encode(json.dumps(to_json(value)).encode()).decode()


def to_json(value: Any) -> Json:
    """The value as JSON, with the Python types that JSON lacks marked.

    Raises:
        TypeError: it is of a type that can't be passed between tasks.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, list):
        return [to_json(part) for part in value]
    if isinstance(value, dict):
        return {str(key): to_json(part) for key, part in value.items()}
    for kind, (class_, to, _) in MARKED.items():
        if isinstance(value, class_):
            return {TYPE: kind, "of": to(value)}
    if "airflow" in sys.modules:
        return {TYPE: "airflow", "of": _by_airflow(value)}
    raise TypeError(f"a value of type {type(value).__module__}.{type(value).__qualname__} can't be passed to another task")


def _by_airflow(value: Any) -> Json:
    """JSON by Airflow, which knows more types: assets, models, arrays, frames."""
    return _airflows_serde().serialize(value)


def _airflows_serde() -> Any:
    """Airflow's module for values, wherever its version has it."""
    for name in ("airflow.sdk.serde", "airflow.serialization.serde"):
        try:
            return importlib.import_module(name)
        except ImportError:  # noqa: PERF203 - of two, one is there
            continue
    raise TypeError("this Airflow can't write values")


def _from_json(found: dict[str, Any]) -> Any:
    if TYPE not in found:
        return found
    if found[TYPE] == "airflow":
        return _airflows_serde().deserialize(found["of"])
    return MARKED[found[TYPE]][2](found["of"])


MARKED: dict[str, tuple[type, Any, Any]] = {
    "tuple": (tuple, lambda value: [to_json(part) for part in value], tuple),
    "set": (set, lambda value: sorted(map(to_json, value), key=repr), set),
    "frozenset": (frozenset, lambda value: sorted(map(to_json, value), key=repr), frozenset),
    "datetime": (datetime, lambda value: value.isoformat(), lambda text: _moment(text)),
    "date": (date, lambda value: value.isoformat(), date.fromisoformat),
    "timedelta": (timedelta, lambda value: value.total_seconds(), lambda seconds: timedelta(seconds=seconds)),
    "decimal": (Decimal, str, Decimal),
    "bytes": (bytes, lambda value: base64.b64encode(value).decode(), base64.b64decode),
}


def _moment(text: str) -> datetime:
    """A date with time, of the class that Airflow has for it where the image knows it."""
    try:
        import pendulum

        return pendulum.parse(text)  # type: ignore[return-value]
    except ImportError:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))


def in_utc(moment: datetime) -> datetime:
    """The same moment as UTC has it; one without a zone is UTC's."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return aware.in_timezone("UTC") if hasattr(aware, "in_timezone") else aware.astimezone(timezone.utc)


# The run


RUN_TYPES = ("scheduled", "backfill", "asset_triggered", "manual")
"""Airflow's, in the order of likelihood. Source: DagRunType.from_run_id."""


class Run:
    """What the run is: its name, parameters and dates."""

    def __init__(self) -> None:
        facts = json.loads(base64.b64decode(os.environ.get("AIRFLOW_ARGO_RUN", "e30=")))
        self.name = facts.get("name", "local")
        self.namespace = facts.get("namespace", "default")
        self.created = facts.get("created") or datetime.now(timezone.utc).isoformat()
        self.scheduled = facts.get("scheduled") or ""
        listed = json.loads(facts.get("parameters") or "[]") or []  # null: the workflow has none
        self.parameters = {one["name"]: one.get("value", one.get("default", "")) for one in listed}
        self.conf = json.loads(self.parameters.get("conf") or "{}")
        given = self.parameters.get("logical_date")
        self.moment = in_utc(_moment(given or self.scheduled or self.created))
        start, end = (facts.get(name) or self.parameters.get(name) for name in ("data_interval_start", "data_interval_end"))
        self.has_interval = bool(start and end)
        self.start = in_utc(_moment(start)) if start else self.moment
        self.end = in_utc(_moment(end)) if end else self.moment
        self.date = self.start if self.scheduled and not given else self.moment
        self.due = (
            in_utc(_moment(self.parameters["data_interval_end"])) if self.parameters.get("data_interval_end") else self.moment
        )
        self.try_number = int(os.environ.get("AIRFLOW_ARGO_TRY", "0")) + 1
        self.map_index = int(os.environ.get("AIRFLOW_ARGO_INDEX", "-1"))
        self.id = self.parameters.get("run_id") or f"{'scheduled' if self.scheduled else 'manual'}__{self.moment.isoformat()}"
        self.type = next((kind for kind in RUN_TYPES if self.id.startswith(f"{kind}__")), "manual")

    def parameter(self, name: str, kind: str) -> Any:
        """A workflow parameter as what it is."""
        text = self.parameters[name]
        return text if kind == "text" else json.loads(text)


# Nodes


class Nodes:
    """Puts values together from nodes, `{"$": kind, …}`."""

    def __init__(self, run: Run, values: list[Any], code: str) -> None:
        self.run, self.values, self.code = run, values, code

    def value(self, node: Json) -> Any:
        """The value of a node, or of JSON with nodes in it."""
        if isinstance(node, list):
            return [self.value(part) for part in node]
        if not isinstance(node, dict):
            return node
        if "$" not in node:
            return _from_json({key: self.value(part) for key, part in node.items()})
        return getattr(self, "_" + node["$"])(node)

    def _value(self, node: Json) -> Any:
        return self.values[node["index"]]

    def _code(self, _node: Json) -> Any:
        return self.code

    def _input(self, node: Json) -> Any:
        return self.run.parameter(node["name"], node["type"])

    def _run(self, node: Json) -> Any:
        facts = {"name": self.run.name, "namespace": self.run.namespace, "created": self.run.created, "run_id": self.run.id}
        return facts[node["name"]]

    def _env(self, node: Json) -> Any:
        return os.environ[node["name"]]

    def _date(self, node: Json) -> Any:
        dates = {
            "logical_date": self.run.date,
            "data_interval_start": self.run.start,
            "data_interval_end": self.run.end,
            "run_after": self.run.due,
        }
        moment = dates[node.get("of", "logical_date")] + timedelta(seconds=node["shift"])
        return "+00:00".join(moment.strftime(part) for part in node["format"].split("%:z"))

    def _member(self, node: Json) -> Any:
        of = self.value(node["of"])
        try:
            return of[node["key"]]
        except (KeyError, IndexError, TypeError):
            return None

    def _text(self, node: Json) -> Any:
        return "".join(str(self.value(part)) for part in node["of"])

    def _first(self, node: Json) -> Any:
        return next((value for value in map(self.value, node["of"]) if value is not None), None)

    def _object(self, node: Json) -> Any:
        return {key: self.value(part) for key, part in node["of"]}


# Calls of Python functions


class Context(Dict[str, Any]):
    """What Airflow passes to a function that asks for it, as far as it is known without Airflow."""

    def __init__(self, run: Run, call: Call, nodes: Nodes, report: Report) -> None:
        facts = call.get("task", {})
        moment = run.date
        stamp = moment.strftime("%Y-%m-%d")
        kinds = call.get("params", {})
        params = {name: run.parameter(parameter, kind) for name, (parameter, kind) in kinds.items()}
        instance = TaskInstance(run, facts, run.id, nodes.value(call.get("xcoms", {})), report)
        dag_run = types.SimpleNamespace(
            run_id=run.id,
            dag_id=facts.get("dag_id"),
            logical_date=moment,
            data_interval_start=run.start,
            data_interval_end=run.end,
            run_after=run.due,
            run_type=run.type,
            conf=run.conf,
            state="running",
            partition_key=None,
            partition_date=None,
        )
        super().__init__(
            ds=stamp,
            ds_nodash=stamp.replace("-", ""),
            ts=moment.isoformat(),
            ts_nodash=moment.strftime("%Y%m%dT%H%M%S"),
            ts_nodash_with_tz=moment.isoformat().replace("-", "").replace(":", ""),
            logical_date=moment,
            data_interval_start=run.start,
            data_interval_end=run.end,
            run_id=run.id,
            dag_run=dag_run,
            params=params,
            ti=instance,
            task_instance=instance,
            try_number=run.try_number,
            dag=types.SimpleNamespace(dag_id=facts.get("dag_id")),
            task=types.SimpleNamespace(task_id=facts.get("task_id"), dag_id=facts.get("dag_id")),
            test_mode=False,
        )

    def __missing__(self, name: str) -> Any:
        raise KeyError(f"'{name}' is not known in a pod without Airflow: run the task in an Airflow image")


class TaskInstance:
    """The task instance, as far as a function may use it."""

    def __init__(self, run: Run, facts: dict[str, Any], run_id: str, xcoms: dict[str, Any], report: Report) -> None:
        self.task_id, self.dag_id, self.run_id = facts.get("task_id"), facts.get("dag_id"), run_id
        self.try_number, self.map_index, self.logical_date = run.try_number, run.map_index, run.date
        self._xcoms, self._report, self._mapped = xcoms, report, set(facts.get("mapped", ()))

    def xcom_push(self, key: str, value: Any, **_: Any) -> None:
        """Makes a value known to other tasks under a key."""
        self._report["pushed"][key] = encoded(value)

    def xcom_pull(self, task_ids: Any = None, _dag_id: Any = None, key: str = "return_value", **_: Any) -> Any:
        """What a task pushed, or several, in a list if it is more than one value. Source: RuntimeTaskInstance.xcom_pull.

        A mapped task gives the values of all its instances. As in Airflow, a default is for pulls by map_indexes only.
        """
        pulled: list[Any] = []
        for task_id in [self.task_id] if task_ids is None else [task_ids] if isinstance(task_ids, str) else task_ids:
            found = self._xcoms.get(str(task_id), {}).get(key)
            pulled += (found or [None]) if task_id in self._mapped else [found]
        return pulled[0] if isinstance(task_ids, (str, type(None))) and len(pulled) == 1 else pulled


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
    if inspect.isawaitable(result):
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


def check_known(function: Any, kwargs: dict[str, Any]) -> None:
    """What an item of a mapping sets has to be a parameter of the function. Source: DecoratedOperator, which binds them."""
    parameters = inspect.signature(function).parameters
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        for name in kwargs:
            if name not in parameters:
                raise TypeError(f"{function.__name__}() got an unexpected keyword argument '{name}'")


def wanted_by(function: Any, args: list[Any], offered: dict[str, Any]) -> dict[str, Any]:
    """The keyword arguments that a function takes. Source: airflow.sdk.bases.decorator KeywordParameters."""
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return offered
    named = [parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_POSITIONAL]
    return {name: offered[name] for name in named[len(args) :] if name in offered}


class ShippedModules:
    """Finds the modules that came with the task."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Any:
        """The module, if it came with the task."""
        if name not in self.texts:
            return None
        is_package = any(other.startswith(name + ".") for other in self.texts)
        loader: Any = self
        return importlib.util.spec_from_loader(name, loader, is_package=is_package)

    def create_module(self, _spec: Any) -> None:
        """The usual one."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Runs the module's text."""
        exec(compile(self.texts[module.__name__], module.__name__ + ".py", "exec"), module.__dict__)


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
        report["items"] = [encoded(item) for item in (result.items() if isinstance(result, dict) else result)]
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


def call_operator(call: Call, nodes: Nodes, run: Run, report: Report) -> Tuple[int, Report]:
    """Runs an operator of the DAG file by Airflow's task runner; returns (exit code, report)."""
    sys.path.insert(0, FOLDER)
    module = importlib.import_module("airflow_argo_operator.task")
    ended: Tuple[int, Report] = module.run(call, nodes.value, run, report, sys.modules[__name__])
    return ended


# The task


def run_task() -> Tuple[int, Report]:
    """Runs the task; returns (exit code, report)."""
    run, report = Run(), {"state": "failed", "pushed": {}}
    call, code = json.loads(_read("call")), unpacked(_read("code"))
    nodes = Nodes(run, [decoded(text) for text in json.loads(_read("values"))], code)
    try:
        os.environ.update({name: str(nodes.value(value)) for name, value in call.get("set", ())})
        if call["kind"] == "operator":
            return call_operator(call, nodes, run, report)
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
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != os.path.abspath(__file__)]
    lines = traceback.format_list(own) + traceback.format_exception_only(type(error), error)
    print("".join(["Traceback (most recent call last):\n"] if own else []) + "".join(lines), file=sys.stderr, flush=True)
    return FINAL_EXIT_CODE if names & {"FailForGood", "AirflowFailException", "AirflowSensorTimeout"} else 1, report


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


def write(report: Report) -> None:
    """Writes the report.

    Raises:
        ValueError: it is larger than what Argo stores.
    """
    text = json.dumps({key: value for key, value in report.items() if value or key == "state"})
    if len(text) > MAX_REPORT_BYTES:
        raise ValueError(
            f"the task returns {len(text) // 1024} KiB; at most {MAX_REPORT_BYTES // 1024} KiB can be passed between tasks"
        )
    with open(REPORT, "w", encoding="utf-8") as file:
        file.write(text.replace("{" + "{", "{\\u007b"))


def main() -> None:
    """Runs the task of this pod."""
    code, report = run_task()
    try:
        write(report)
    except ValueError as error:
        print(error, file=sys.stderr)
        write({"state": "failed"})
        code = FINAL_EXIT_CODE
    sys.stdout.flush()
    sys.exit(code)


if __name__ == "__main__":
    main()
