"""Calls of Python functions."""

from __future__ import annotations

import importlib
import inspect
import itertools
import linecache
import re
import signal
import sys
import types
from typing import Any, Awaitable, Dict, List

from .bootstrap import ShippedModules
from .context import Context
from .nodes import Nodes
from .reports import Call, Report, report_value
from .run import Run
from .timing import at_most
from .values import encoded


def call_python(call: Call, code: str, nodes: Nodes, run: Run, report: Report) -> None:
    """Runs a function of the code and reports what it returns."""
    filename = call.get("file", "task.py")
    linecache.cache[filename] = (len(code), None, code.splitlines(True), filename)
    if "modules" in call:
        finder: Any = ShippedModules(call["modules"])
        sys.meta_path.insert(0, finder)
    module = types.ModuleType(call.get("module") or "airflow_argo_task")
    sys.modules[module.__name__] = module
    exec(compile(code, filename, "exec", dont_inherit=True), module.__dict__)
    function = getattr(module, call["function"])
    args, kwargs = nodes.value(call.get("args", [])), nodes.value(call.get("kwargs", {}))
    args.extend(nodes.value(call.get("more_args")) or ())
    more = nodes.value(call.get("more_kwargs", {}))
    check_known(function, more, kwargs)
    kwargs.update(more)
    if "name" in call:
        report["name"] = encoded(NAMED.sub(lambda found: str(kwargs.get(found[1] or found[2], "")), call["name"]))
    if "task" in call:
        context = Context(run, call, nodes, report)
        texts = (code, *call.get("modules", {}).values())
        if call["task"].get("alone") and any("get_current_context" in text for text in texts):
            _tell_airflow(context)
        kwargs = wanted_by(function, args, {**context, **kwargs})
    signal.signal(signal.SIGTERM, _stop)
    with at_most(call.get("timeout")):
        result = function(*args, **kwargs)
        if "bash" in call:
            from .commands import call_bash

            call_bash(call, result, nodes, report)
            return
        if inspect.isgeneratorfunction(function):
            result = _exhausted(result)
        elif inspect.isawaitable(result):
            import asyncio  # few tasks need it, and it costs as much as all the rest

            result = asyncio.run(_awaited(result))
    if "branch" in call:
        _report_branch(call, result, report)
    elif "short_circuit" in call:
        report["pushed"]["follow"] = encoded(bool(result))
        if result or not call["short_circuit"]["skips"]:
            report_value(call, result, report)
    else:
        report_value(call, result, report)


def _tell_airflow(context: Context) -> None:
    """Let `get_current_context` find the context; without Airflow in the image the function's own import of it fails."""
    for name in ("airflow.sdk.definitions._internal.contextmanager", "airflow.models.taskinstance"):  # the latter in Airflow 2
        try:
            importlib.import_module(name)._CURRENT_CONTEXT.append(context)  # noqa: SLF001 - what Airflow's runner sets
        except ImportError:
            continue
        return


def _stop(*_: Any) -> None:
    """The run was stopped, or its pod: `finally` and `with` end as they do where Airflow's timeout ends them."""
    sys.exit(128 + signal.SIGTERM)


NAMED = re.compile(r"""{{\s*task\.op_kwargs(?:\[["'](\w+)["']\]|\.(\w+))\s*}}""")
"""What a name of an instance can say of it without Airflow: its keyword arguments."""


def check_known(function: Any, kwargs: Dict[str, Any], partial: Dict[str, Any]) -> None:
    """What an item of a mapping sets has to be a parameter of the function, and not one that `partial` set.

    Source: DecoratedOperator, which binds them; DecoratedMappedOperator, prevent_duplicates.
    """
    for name in kwargs:
        if name in partial:
            raise TypeError(f"mapping already partial argument: {name}")
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
        report_value(call, chosen, report)
