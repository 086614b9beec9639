"""Commands, such as `bash -c` and a text."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import Any, Collection, Dict, List, Optional

from .nodes import Nodes
from .reports import Call, Report, SkipTask, report_value
from .run import CONTEXT_PREFIX
from .timing import AirflowTaskTimeout, at_most

GRACE_SECONDS = 30
"""What Kubernetes lets a pod that it ends clean up for."""


def call_command(call: Call, nodes: Nodes, report: Report) -> None:
    """Runs a command, its stderr in its stdout, and reports what it returns."""
    words = [str(word) for word in nodes.value(call["command"])]
    env = dict(os.environ)
    if "env" in call:
        env = {**{name: os.environ[name] for name in call["env"] if name in os.environ}, **_context_variables()}
    folder = None if call.get("here") else _folder(call, nodes)
    with at_most(call.get("timeout")):
        last = _last_line(words, env, folder, call.get("skip", ()))
    returns = call.get("returns")
    if returns == "last line":
        report_value(call, last, report)
    elif returns:
        _report_file(call, returns, report)


def call_bash(call: Call, command: Any, nodes: Nodes, report: Report) -> None:
    """Runs what a function has returned. Source: _BashDecoratedOperator.execute, which renders it once more as a template."""
    if not isinstance(command, str) or not command.strip():
        raise TypeError("The returned value from the TaskFlow callable must be a non-empty string.")
    bash, found = call["bash"], JINJA.search(command)
    if found:
        raise ValueError(f"the command has {found[0]!r} in it, and only Airflow could render that as a template")
    if command.endswith((".sh", ".bash")):
        raise ValueError(
            f"the command ends in {command[command.rindex('.') :]!r}, so that Airflow takes it for a template's file"
        )
    command = "\n".join(re.split("\r\n|\r|\n", command))  # as Jinja leaves a text with nothing to render
    env = {name: str(nodes.value(value)) for name, value in bash["env"]}
    env = {**({} if bash.get("only_env") else os.environ), **env, **_context_variables()}
    folder = _folder(bash, nodes)
    report_value(
        call, _last_line(["bash", "-c", command[:-1] if command[-1] == "\n" else command], env, folder, bash["skip"]), report
    )


def _context_variables() -> Dict[str, str]:
    """Where the task runs, which Airflow tells a command whatever its author says of its environment."""
    return {name: value for name, value in os.environ.items() if name.startswith(CONTEXT_PREFIX)}


def _folder(call: Call, nodes: Nodes) -> str:
    """Where a command runs: where the author says, or in a new folder."""
    return str(nodes.value(call["folder"])) if "folder" in call else tempfile.mkdtemp()


JINJA = re.compile("{{|{%|{#")
"""Where something of a template begins, in the environment that Airflow makes."""


def _last_line(words: List[str], env: Dict[str, str], folder: Optional[str], skip: Collection[int]) -> str:
    """Runs a command, shows what it writes, and returns the last line of that.

    Raises:
        SkipTask: it ended with one of the codes that mean skipped.
        SystemExit: it failed.
    """
    words[0] = shutil.which(words[0]) or words[0]  # as in Airflow: it is what a script calls itself by
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, cwd=folder, start_new_session=True
    )
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(process.pid, signal.SIGTERM))
    last = b""
    assert process.stdout is not None
    try:
        for line in process.stdout:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
            last = line
        code = process.wait()
    except AirflowTaskTimeout:
        _stop(process)
        raise
    if code in skip:
        raise SkipTask(f"exit code {code}")
    if code:
        raise SystemExit(code if code > 0 else 128 - code)
    return last.decode(errors="backslashreplace").rstrip()


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Lets a command whose time is up clean up. Source: SubprocessHook.send_sigterm."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        written, _ = process.communicate(timeout=GRACE_SECONDS)
        sys.stdout.buffer.write(written)
        sys.stdout.buffer.flush()


def _report_file(call: Call, path: str, report: Report) -> None:
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            report_value(call, json.load(file), report)
