"""What a real controller did with a manifest is what lint says of it: tests/golden has both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from airflow_argo.diagnostics import Diagnostic, Severity
from airflow_argo.lint import lint

GOLDEN = Path(__file__).parent.parent / "golden"
MANIFESTS = sorted(GOLDEN.glob("*/*.yaml"))
HANG_CODES = {"AA301", "AA303", "AA304", "AA311", "AA336", "AA338"}

SHOWN_ONLY_BY_A_RUN = {
    "hangs/workflow-over-1mib": "its size is that of an output",
    "hangs/steps-with-failing-retried-hook": "its hook is an Error when it is called",
}
HANGS_UNTIL_STOPPED = {"control/stop-absent-output", "control/stop-lost-group"}
"""Manifests that hang, and that a client stopped."""

ERROR_FOR_A_FAULT = {
    "absent/output-error-expression-failed",
    "absent/output-error-expression-skipped",
    "absent/output-error-nil-skipped",
    "absent/output-error-tag-failed",
    "absent/output-error-tag-skipped",
    "absent/skipped",
    "absent/unknown-task",
    "hooks/loop",
    "limits/word-names-in-depends",
    "loops/inline-then-task",
    "loops/unresolved-tag-in-loop",
    "nopod/suspend-output-value-panics",
    "retry/errors",
    "values/expressions-odd",
    "values/nil-expression",
    "when/errors",
    "when/failed-value-in-when",
    "when/odd",
    "while/too-deep",
}
"""Runs that are in Error because of what the manifest says."""

ERROR_FOR_A_VALUE = {
    "absent/error": "the output that can't be had is one that the tasks after it put up with",
    "leaf/retry-zero-output-error": "the group in Error is one that the DAG goes on after",
    "loops/all-fail": "the short form is wrong only when no item succeeds: a warning",
    "loops/all-skipped-by-when": "the short form is wrong only when no item runs: a warning",
    "values/parameter-over-3mib": "the size of an output",
    "values/tags-in-item": "tags in a value",
    "values/tags-in-values": "tags in a value",
    "absent/failed": "a task that fails on purpose",
    "branch/branch-failed": "a task that fails on purpose",
    "nopod/failed": "a task that fails on purpose",
    "nopod/suspend-durations": "durations that come as arguments",
    "nopod/suspend-supplied-missing": "an output that nobody supplied",
    "pods/output-files": "files that a pod didn't write",
    "sync/semaphore-errors": "limits in ConfigMaps",
    "values/config-maps": "what is in ConfigMaps",
    "while/body-fails": "a task that fails on purpose",
}
"""Other runs in Error, by tasks that fail or by values; those of whole topics that are about ends of tasks are not listed."""
ABOUT_ENDS = {"hooks", "leaf", "loops", "retry", "rules", "translated", "timeout"}
HANGS_FOR_OTHER_VALUES = {
    "loops/one-fails": "its consumer waits for ever if every item fails, and here one does",
    "leaf/fail-fast-ends-lost-group": "what its failed group keeps open is ended by failFast of the DAG around it",
}


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def trace_of(path: Path) -> dict:
    return json.loads(path.with_suffix(".trace.json").read_text(encoding="utf-8"))


def errors_of(path: Path) -> list[Diagnostic]:
    documents = [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one]
    return [found for found in lint(documents) if found.severity is Severity.ERROR]


def is_refused(trace: dict) -> bool:
    return "rejected" in trace or "invalid spec" in (trace.get("message") or "")


@pytest.mark.parametrize("path", MANIFESTS, ids=name_of)
def test_lint_says_what_the_controller_did(path: Path) -> None:
    trace, name = trace_of(path), name_of(path)
    codes = {found.code for found in errors_of(path)}
    if trace.get("hangs") or name in HANGS_UNTIL_STOPPED:
        assert bool(codes & HANG_CODES) == (name not in SHOWN_ONLY_BY_A_RUN), codes
    elif is_refused(trace) or name in ERROR_FOR_A_FAULT:
        assert codes
    else:
        assert name in HANGS_FOR_OTHER_VALUES or not codes, codes


@pytest.mark.parametrize("path", MANIFESTS, ids=name_of)
def test_every_run_in_error_is_accounted_for(path: Path) -> None:
    name = name_of(path)
    if trace_of(path).get("phase") == "Error":
        assert name in ERROR_FOR_A_FAULT | ERROR_FOR_A_VALUE.keys() or path.parent.name in ABOUT_ENDS


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("hangs/*.yaml")), ids=name_of)
def test_hangs_are_found_in_a_line_of_the_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for found in lint(text, schema=None):
        assert found.origin is not None
        assert found.path is not None
        field = found.path.rpartition(".")[2].partition("[")[0]
        line = text.splitlines()[found.origin.line - 1][found.origin.column - 1 :]
        assert line.startswith((field, "-", "{", "["))
