"""Files in /tmp that one task writes and a later one reads: on one machine of Airflow's they share them, pods don't.

What commands and functions say by constants is read, and no more: a path that a task makes itself is its own.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from airflow_argo.translator.code_objects import codes_in
from airflow_argo.translator.context import DagContext
from airflow_argo.translator.mapped_groups import values_given
from airflow_argo.translator.parsed import nodes_in
from airflow_argo.translator.template_files import texts_in

_PATH = re.compile(r"/(?:tmp|var/tmp)/[^\s\"'`;|&<>(),$*?]+")
_TAG = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_WRITES = re.compile(r"(>|\b(tee|touch|mkdir)( -\w+)*|\s-[oO]|--output(-document)?[ =]?|\bof=)\s*[\"']?$")
_COPIES = re.compile(r"\b(cp|mv|rsync|install)\b[^;|&\n]*$")
_REMOVES = re.compile(r"\b(rm|rmdir|unlink|test|\[+)\s[^;|&\n]*$")
_IS_MODE = re.compile(r"(?=.*[wax+])[rwaxbt+]{1,4}")
_ENDS = re.compile(r"[\"']?\s*($|[;|&\n])")

_WRITERS = ("to_", "write", "save", "dump", "mkdir", "makedirs", "touch", "download", "urlretrieve")
_READERS = ("read", "load", "listdir", "scandir", "iterdir", "glob", "rglob", "walk")


@dataclass(slots=True)
class Files:
    """What a task does with files in /tmp: paths as they are written in its text."""

    written: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    returned: set[str] = field(default_factory=set)


def report_handed_files(ctx: DagContext) -> None:
    """Says which files tasks hand one another."""
    found = {task_id: files for task_id in sorted(ctx.own) if (files := _files_of(ctx.dag.task_dict[task_id])) is not None}
    for task_id, path, other in _handed(found, ctx.ancestors):
        said = f"it reads {path}, which task '{other}' writes" if other else f"it writes {path}, and returns its path"
        cure = "return what is in it, keep it in a bucket, or mount a volume there in both: executor_config, pod_override"
        ctx.report("AA248", f"{said}: each task has a pod, and each pod a disk of its own", cure, task_id=task_id)


def _handed(found: Mapping[str, Files], ancestors: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, str, str | None]]:
    """(task, path, the task that wrote it before; None if the task itself wrote it, for others)."""
    for task_id, files in found.items():
        for path in sorted(files.returned & files.written):
            yield task_id, path, None
        for path in sorted(files.read - files.written):
            makers = [one for one in sorted(found.keys() & ancestors[task_id]) if _has(path, found[one].written)]
            if makers and not _has(path, files.written):
                yield task_id, path, makers[0]


def _has(path: str, others: set[str]) -> bool:
    """Whether a path is among others, in a folder among them, or a folder that one of them is in."""
    return any(one == path or one.startswith(f"{path}/") or path.startswith(f"{one}/") for one in others)


def _files_of(task: Any) -> Files | None:
    """None if it has none, or its pod may have a volume of its own."""
    if (task.executor_config or {}).get("pod_override") is not None:
        return None
    files = Files()
    for text in texts_in(values_given(task)):
        if _PATH.search(text):
            _of_command(_TAG.sub(lambda tag: tag[0].replace(" ", ""), text), files)
    function = getattr(task, "python_callable", None) or getattr(task, "partial_kwargs", {}).get("python_callable")
    if function is not None:
        _of_function(function, files)
    return files if files.written or files.read else None


def _of_command(text: str, files: Files) -> None:
    for match in _PATH.finditer(text):
        before, path = text[: match.start()], match[0].rstrip("/.")
        copied = _COPIES.search(before) and _ENDS.match(text[match.end() :])
        if _WRITES.search(before) or copied:
            files.written.add(path)
        elif not _REMOVES.search(before):
            files.read.add(path)


def _of_function(function: Any, files: Files) -> None:
    """What the source of a function says, where the file has a path in /tmp at all."""
    function = inspect.unwrap(getattr(function, "func", function))
    if not isinstance(function, FunctionType):
        return
    named = {name: function.__globals__.get(name) for code in codes_in(function.__code__) for name in code.co_names}
    known = {name: value for name, value in named.items() if isinstance(value, str)}
    constants = [one for code in codes_in(function.__code__) for one in code.co_consts if isinstance(one, str)]
    if not any(map(_PATH.match, (*known.values(), *constants))):
        return
    try:
        nodes = nodes_in(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and (path := _path(node.value, known)):
            known[node.targets[0].id] = path
    for node in nodes:
        if isinstance(node, ast.Call):
            _of_call(node, known, files)
        elif isinstance(node, ast.Return) and (path := _path(node.value, known)):
            files.returned.add(path)


def _of_call(call: ast.Call, known: Mapping[str, str], files: Files) -> None:
    name = str(getattr(call.func, "attr", None) or getattr(call.func, "id", ""))
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call):
        given += call.func.value.args  # Path("/tmp/a").write_text("b")
    for path in filter(None, (_path(one, known) for one in given)):
        if name == "open":
            texts = [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            writes = any(_IS_MODE.fullmatch(text) for text in texts)
            (files.written if writes else files.read).add(path)
        elif name.startswith(_WRITERS):
            files.written.add(path)
        elif name.startswith(_READERS):
            files.read.add(path)


def _path(node: ast.expr | None, known: Mapping[str, str]) -> str | None:
    """The path that an expression is, if its text says so: `{}` stands for what only the run knows."""
    match node:
        case ast.Constant(value=str(text)):
            found = text
        case ast.Name(id=name):
            found = known.get(name, "")
        case ast.JoinedStr(values=parts):
            found = "".join(_path_part(part, known) for part in parts)
        case _:
            return None
    return found.rstrip("/") if _PATH.fullmatch(found) else None


def _path_part(part: ast.expr, known: Mapping[str, str]) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    inner = part.value if isinstance(part, ast.FormattedValue) else None
    return known.get(inner.id, "{}") if isinstance(inner, ast.Name) else "{}"
