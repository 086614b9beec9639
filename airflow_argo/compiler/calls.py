"""Jobs that report: what they run and with what, as `airflow_argo.pod` reads it in the pod.

The pod's program and the files beside it are words of the command: all that is in the inputs of a template, Argo keeps once
more with each node, and a workflow has room for 1 MiB.

Three input parameters, each a file in the pod. `code`: the program text. `call`: what to do with it, as JSON; values are nodes
`{"$": kind, …}` in it. `values`: the JSON list of base64 of the JSON texts of what was made at run time. Python puts them
together, so that they keep their types: expr would turn 1.0 into 1.
"""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from itertools import takewhile
from typing import Any, Final

from airflow_argo.argo.limits import MAX_ARGUMENT_BYTES
from airflow_argo.compiler.code import a_list, a_map, base64_of, compact_json, tag
from airflow_argo.compiler.dates import INTERVAL, ISO, run_date
from airflow_argo.compiler.expressions import json_of
from airflow_argo.compiler.scope import Scope
from airflow_argo.diagnostics import DefinitionError
from airflow_argo.model.intervals import Intervals
from airflow_argo.model.jobs import Bash, Container, Env, JsonFile, LastLine, PythonCall
from airflow_argo.model.values import (
    Carried,
    Concatenated,
    Constant,
    ContainerVariable,
    Digest,
    Evaluated,
    FirstOf,
    Input,
    Item,
    Listing,
    Member,
    Output,
    Overridable,
    Record,
    RunDate,
    RunFact,
    SameItem,
    SecretText,
    Text,
    Type,
    Value,
    Zipped,
)
from airflow_argo.pod.nodes import RUN_FACTS
from airflow_argo.pod.values import TYPE

FOLDER = "/tmp/airflow-argo"  # noqa: S108 - a pod's own
REPORT = "/tmp/airflow-argo-outcome.json"  # noqa: S108
"""Beside the folder, not in it: the kubelet makes the folder, and then only root may write there."""

_WORD = MAX_ARGUMENT_BYTES * 3 // 4


def run_facts(intervals: Intervals | None) -> str:
    """What a pod is told about the run, as base64 of JSON."""
    facts = [
        ("name", "workflow.name"),
        ("namespace", "workflow.namespace"),
        ("created", "workflow.creationTimestamp.RFC3339"),
        ("scheduled", "workflow['scheduledTime'] ?? ''"),
    ]
    if intervals is not None:
        facts += [(end, run_date(RunDate(ISO, of=end, intervals=intervals))) for end in INTERVAL]
    return tag(f"sprig.b64enc(toJson({a_map([*facts, ('parameters', 'workflow.parameters.json')])}))")


LOOP_INDEX = tag("split(last(filter(split(node.name, '('), # contains ':')), ':')[0]")
"""The index of the item that a pod is for: Argo has no variable for it, but a node's name, `….each(3:…)…`, shows it."""


@dataclass(slots=True)
class Leaves:
    """The run-time values that a call needs, each once, in the order of first use."""

    values: dict[Value, int] = field(default_factory=dict)
    secrets: dict[SecretText, str] = field(default_factory=dict)

    def secret(self, secret: SecretText) -> dict[str, Any]:
        """The node for a text in a Secret, which the pod has as an environment variable."""
        node = {"$": "env", "name": self.secrets.setdefault(secret, secret_variable(len(self.secrets))), "what": secret.key}
        return node if secret.absent is None else {**node, "absent": _constant(secret.absent.value)}

    def node(self, value: Value) -> dict[str, Any]:
        """The node for a leaf."""
        return {"$": "value", "index": self.values.setdefault(value, len(self.values))}

    def argument(self, scope: Scope) -> str | None:
        """The argument `values`; None if there are none."""
        if not self.values:
            return None
        return tag(f"toJson({a_list([_base64_json(value, scope) for value in self.values])})")


@dataclass(frozen=True, slots=True)
class Reported:
    """What readers other than pods want of a job's report.

    Attributes:
        split: a loop runs over what the job returns, so its elements are reported one by one too.
        plain: names of the outputs that Argo reads, which aren't compressed.
        kept: see `kept_by_readers`.
    """

    split: bool = False
    plain: tuple[str, ...] = ()
    kept: tuple[tuple[str, int], ...] = ()


ALIKE: Final = Reported()
"""Only pods read it."""


def secret_variable(number: int) -> str:
    """The environment variable of a job's secret."""
    return f"AIRFLOW_ARGO_SECRET_{number + 1}"


def call_of(job: PythonCall | Container, leaves: Leaves, reported: Reported) -> tuple[str, str]:
    """The arguments `code` and `call` of a job that reports; fills `leaves`."""
    call = _python_call(job, leaves) if isinstance(job, PythonCall) else _command_call(job, leaves)
    code = call.pop("code")
    if reported.split:
        call["split"] = True
    if reported.plain:
        call["plain"] = list(reported.plain)
    if reported.kept:
        call["kept"] = dict(reported.kept)
    if job.large is not None and job.large.over is not None:
        call["large"] = {"over": job.large.over, "never": list(job.large.never)}
    env = [[name, value if isinstance(value, str) else node_of(value, leaves)] for name, value in texts_of(job.env)]
    if env:
        call["set"] = env
    return shippable(code), re.sub(r"\$(?=[$(])", r"\\u0024", compact_json(call))


def texts_of(env: Env) -> list[tuple[str, str | Text]]:
    """The variables that the pod's program sets itself, so that jobs that differ in them share a template."""
    return [(name, value) for name, value in env if isinstance(value, str | Text)]


@cache
def bootstrap() -> str:
    """The text that every pod of a job that reports runs."""
    return (files("airflow_argo.pod") / "bootstrap.py").read_text(encoding="utf-8")


@cache
def _pod_files() -> tuple[tuple[str, str], ...]:
    entries = [entry for entry in files("airflow_argo.pod").iterdir() if entry.name.endswith(".py")]
    return tuple(sorted((entry.name, entry.read_text(encoding="utf-8")) for entry in entries))


@lru_cache(maxsize=4)
def _packed(files: tuple[tuple[str, str], ...]) -> tuple[Any, bytes]:
    """The files that come first, packed once for all that come after them: the packer, and what it gave so far."""
    packer = zlib.compressobj(9)
    return packer, packer.compress(compact_json(dict(files))[:-1].encode())


@lru_cache(maxsize=32)
def bundle(beside: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """`airflow_argo.pod` and the files beside it, as words for `bootstrap` that are short enough for a process."""
    named = tuple(dict(_pod_files() + beside).items())
    ours = tuple(takewhile(lambda file: file[0].endswith(".py"), named))
    packer, packed = _packed(ours)
    packer = packer.copy()
    rest = compact_json(dict(named[len(ours) :]))[1:]
    packed += packer.compress((rest if rest == "}" else f",{rest}").encode()) + packer.flush()
    text = base64.b64encode(packed).decode()
    return tuple(text[start : start + _WORD] for start in range(0, len(text), _WORD))


def node_of(value: Value, leaves: Leaves) -> Any:  # noqa: C901 - one case a kind of value
    """A value as JSON with nodes, for the pod to put together."""
    match value:
        case Constant():
            return _constant(value.value)
        case Input(name=name):
            return {"$": "input", "name": name, "type": value.type.value}
        case Overridable(of=of, by=by, key=key):
            return {"$": "override", "of": node_of(of, leaves), "by": node_of(by, leaves), "key": key}
        case Evaluated(of=of):
            return {"$": "evaluated", "of": node_of(of, leaves)}
        case RunFact(name=name) if name in RUN_FACTS:
            return {"$": "run", "name": name}
        case Output() | Item() | SameItem() | Carried() | RunFact():
            return leaves.node(value)
        case SecretText():
            return leaves.secret(value)
        case ContainerVariable(name=name):
            raise DefinitionError(f"the variable '{name}' can only stand in words of a container", "read it in the job")
        case RunDate():
            where = {} if value.of == "logical_date" else {"of": value.of}
            return {"$": "date", "format": value.format, "shift": value.shift.total_seconds(), **where}
        case Member(of=of, key=key):
            node = {"$": "member", "of": node_of(of, leaves), "key": key}
            how = {"required": value.required, "attribute": value.attribute, "absent": _constant(value.absent.value)}
            return node | {name: what for name, what in how.items() if what not in (False, None)}
        case Text(parts=parts, only_texts=only_texts):
            node = {"$": "text", "of": [part if isinstance(part, str) else node_of(part, leaves) for part in parts]}
            return {**node, "only": True} if only_texts else node
        case Digest():
            raise DefinitionError("a digest can only stand in a manifest", "compute it in the step")
        case FirstOf(of=parts):
            return {"$": "first", "of": [node_of(part, leaves) for part in parts]}
        case Zipped() | Concatenated():
            raise DefinitionError("lists that are zipped or concatenated can only be looped over", "do it in a step of its own")
        case Listing(of=parts):
            return [node_of(part, leaves) for part in parts]
        case Record(of=fields):
            return {"$": "object", "of": [[name, node_of(part, leaves)] for name, part in fields]}


def _python_call(job: PythonCall, leaves: Leaves) -> dict[str, Any]:
    call = {
        "kind": "python",
        "code": job.source,
        "function": job.function,
        "args": [node_of(value, leaves) for value in job.args],
        "more_args": None if job.more_args is None else node_of(job.more_args, leaves),
        "kwargs": {name: node_of(value, leaves) for name, value in job.kwargs},
        "more_kwargs": None if job.more_kwargs is None else node_of(job.more_kwargs, leaves),
        "modules": dict(job.modules),
        "xcoms": {step: {key: node_of(value, leaves) for key, value in keys} for step, keys in job.xcoms},
        "pushed": {step: node_of(value, leaves) for step, value in job.pushed},
        "spread": job.spread,
        "bash": None if job.bash is None else _bash(job.bash, leaves),
        **job.facts.value,
    }
    return {key: value for key, value in call.items() if value or key in ("kind", "code")}


def _bash(bash: Bash, leaves: Leaves) -> dict[str, Any]:
    env = [[name, _node_of_text(value, leaves)] for name, value in bash.env]
    call: dict[str, Any] = {"skip": sorted(bash.skip_codes), "env": env}
    if bash.folder is not None:
        call["folder"] = _node_of_text(bash.folder, leaves)
    return {**call, "only_env": True} if bash.only_env else call


def _node_of_text(found: str | Text, leaves: Leaves) -> Any:
    return found if isinstance(found, str) else node_of(found, leaves)


def _command_call(job: Container, leaves: Leaves) -> dict[str, Any]:
    assert job.report is not None
    words = [word if isinstance(word, str) else node_of(word, leaves) for word in (*job.command, *job.args)]
    call: dict[str, Any] = {"kind": "command", "code": "", "skip": sorted(job.report.skip_codes)}
    if len(words) > 1 and isinstance(words[-1], str):  # the program of `bash -c`
        call["code"] = words[-1]
        words[-1] = {"$": "code"}
    call["command"] = words
    if job.working_dir:
        call["here"] = True
    if job.report.folder is not None:
        call["folder"] = _node_of_text(job.report.folder, leaves)
    if job.report.only_env:
        call["env"] = [name for name, _ in job.env]
    match job.report.returns:
        case LastLine():
            call["returns"] = "last line"
        case JsonFile(path=path):
            call["returns"] = path
    return {**call, **job.report.facts.value}


def _constant(value: Any) -> Any:
    """A JSON value; an object that could be taken for a node, or that stands for another type, is a node."""
    if isinstance(value, dict):
        inner = {key: _constant(part) for key, part in value.items()}
        is_node = "$" in value or TYPE in value
        return {"$": "object", "of": [[key, part] for key, part in inner.items()]} if is_node else inner
    return [_constant(part) for part in value] if isinstance(value, list) else value


def is_shippable(text: str) -> bool:
    """Whether a script's source or a raw artifact gets to its pod unchanged.

    Two programs rewrite those on the way: Argo its tags, the kubelet `$$` and `$(NAME)` in the variable ARGO_TEMPLATE.
    """
    return not ("{{" in text or "$$" in text or "$(ARGO" in text)


def shippable(text: str) -> str:
    """A program text as it stands in a manifest, for people to read; as base64 where it would be changed."""
    return text if is_shippable(text) and not text.startswith("base64:") else f"base64:{base64_of(text)}"


def _base64_json(value: Value, scope: Scope) -> str:
    if isinstance(value, Output | Item | SameItem | Carried) and value.type is Type.JSON:
        read = scope.read(value)
        if read.base64 and not read.nullable:
            return read.code
    return f"sprig.b64enc({json_of(value, scope)})"
