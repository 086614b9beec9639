"""How a task ends, in Airflow 2 as in Airflow 3: what it reports, what is called back, its exit code."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Callable, Dict, Iterable, List, Tuple

from ..reports import FINAL_EXIT_CODE, Call, Report, report_value  # noqa: TID252 - in a pod the package has another name
from ..values import encoded  # noqa: TID252

EXIT_CODES = {"success": 0, "skipped": 0, "up_for_retry": 1}
STATE_OF_RUN = {"success": "success", "failure": "failed"}
"""By the kind of the callback that is called then."""


def ended(state: str, report: Report) -> Tuple[int, Report]:
    """(exit code, report) of a task that ended so."""
    report["state"] = state if state in ("success", "skipped") else "failed"
    return EXIT_CODES.get(state, FINAL_EXIT_CODE), report


def fill(report: Report, call: Call, pushed: Dict[str, Any], *, decided: bool, follows: Callable[[str], bool]) -> None:
    """What the task pushed and decided.

    Args:
        decided: it said that others are to be skipped.
        follows: whether one of them, by its id, is not.
    """
    pushed = {key: value for key, value in pushed.items() if key != "skipmixin_key"}
    if "return_value" in pushed:
        report_value({"split": call.get("split")}, pushed.pop("return_value"), report)
    report["pushed"].update({key: encoded(value) for key, value in pushed.items()})
    decides = call.get("decides")
    if isinstance(decides, list):
        report["pushed"]["follow"] = encoded([one for one in decides if follows(one)])
    elif decides:
        report["pushed"]["follow"] = encoded(not decided)


def task_of_callback(call: Call, failed: List[str], ids: Iterable[str]) -> str:
    """The task whose context the DAG's callbacks get: the one that failed last. Source: DagRun.update_state.

    Args:
        failed: names of Argo's nodes that failed, the last one at the end.
        ids: of the DAG's tasks.
    """
    slugs = {re.sub("[^a-zA-Z0-9]+", "-", task_id).strip("-"): task_id for task_id in ids}
    names = {**slugs, **{task_id: task_id for task_id in ids}}
    digests = {hashlib.sha256(task_id.encode()).hexdigest(): task_id for task_id in ids}
    for name in reversed(failed):
        end = name.rpartition("-")[2]
        hashed = [task_id for digest, task_id in digests.items() if len(end) >= _LEAST_DIGEST and digest.startswith(end)]
        if hashed or name in names:
            return hashed[0] if hashed else names[name]
    return str(call["task"]["task_id"])


_LEAST_DIGEST = 8
"""Letters of a hash behind a name that would be another's. Source: airflow_argo.argo.names."""


_EARLY = 1.0
"""Seconds: Argo gives pods whole ones of what is left, so the last may be stopped so much before the time is up."""


def reason_of_callback(call: Call, duration: str) -> str:
    """Why the DAG's callbacks are called. Source: DagRun.update_state, SchedulerJobRunner._schedule_dag_run.

    Args:
        duration: seconds since the run began.
    """
    if call["callback"] == "success":
        return "success"
    is_over = "timeout" in call and float(duration) > call["timeout"] - _EARLY
    return "timed_out" if is_over else "task_failure"


def call_back(dag: Any, kind: str, reason: str, context: Any, log: Any) -> None:
    """Runs the DAG's callbacks for success or failure; what they raise is only shown, as in Airflow."""
    context["reason"] = reason
    callbacks = getattr(dag, f"on_{kind}_callback")
    for callback in callbacks if isinstance(callbacks, list) else [callbacks]:
        try:
            callback(context)
        except Exception:  # noqa: PERF203 - one that fails doesn't keep the others from running
            log.exception("Callback failed")
