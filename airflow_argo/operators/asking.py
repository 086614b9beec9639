"""Asking Airflow, from inside of a signal handler, what it thinks of the task."""

from __future__ import annotations

import threading
from typing import Final

from airflow_argo._compat import task_state
from airflow_argo.operators.attempts import TaskTry

RUNNING: Final = "running"
UNKNOWN: Final = "unknown"

_PATIENCE: Final = 3.0
"""Seconds: Airflow kills the process five seconds after it asked it to end."""


def state_of(attempt: TaskTry) -> str | None:
    """The state of the task instance; None after a clear, `UNKNOWN` if Airflow doesn't answer in time.

    Asked in a thread: the signal may have interrupted a talk with Airflow, whose lock this thread then holds.
    """
    answer: list[str | None] = []

    def ask() -> None:
        try:
            answer.append(task_state(attempt.dag_id, attempt.task_id, attempt.run_id, attempt.map_index))
        except Exception:  # noqa: BLE001 - a border: whatever Airflow's client raises, there is no answer
            answer.append(UNKNOWN)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    return answer[0] if answer else UNKNOWN
