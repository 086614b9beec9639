"""Commands, such as `bash -c` and a text."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from .nodes import Nodes
from .reports import Call, FailForGood, Report, SkipTask, report_value


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
