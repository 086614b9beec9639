"""Tries of tasks without an Airflow: operators are executed as a worker does it, and what they log is kept."""

from __future__ import annotations

import threading
import time
import uuid
from types import SimpleNamespace

from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator


class Lines:
    """A logger. `lines`: (seconds since 1970, text)."""

    def __init__(self):
        self.lines = []

    def info(self, text, *arguments):
        self.lines.append((time.time(), text % arguments if arguments else text))

    debug = warning = error = info

    @property
    def texts(self):
        return [text for _, text in self.lines]


class _Operator(ArgoSubmitWorkflowOperator):
    log = None  # in place of Airflow's property


class Task:
    """A task of a run of its own; each `try_it` is one more try. Airflow raises `max_tries` when the task is cleared."""

    def __init__(self, manifest, **arguments):
        known = {"deferrable": False, "poll_interval": 0.5}
        self.operator = _Operator(task_id="t", manifest=manifest, **{**known, **arguments})
        self.run_id, self.tries, self.max_tries, self.xcoms = uuid.uuid4().hex, 0, 5, {}
        self.log = self.operator.log = Lines()

    @property
    def selector(self):
        return f"airflow-argo.io/run-id={self.run_id}"

    def context(self):
        ti = SimpleNamespace(
            dag_id="d",
            task_id="t",
            run_id=self.run_id,
            map_index=-1,
            id="",
            max_tries=self.max_tries,
            try_number=self.tries,
            xcom_push=lambda key, value: self.xcoms.__setitem__(key, value),
        )
        return {"ti": ti}

    def try_it(self):
        self.tries += 1
        return self.operator.execute(self.context())

    def in_background(self):
        """The same in a thread. Gives a function that waits for its end: (what it returned, what it raised)."""
        ended = []

        def run():
            try:
                ended.append((self.try_it(), None))
            except Exception as error:  # noqa: BLE001 - whatever it is, the test wants it
                ended.append((None, error))

        thread = threading.Thread(target=run, daemon=True)
        thread.start()

        def wait(seconds=400):
            thread.join(seconds)
            assert ended, self.log.texts
            return ended[0]

        return wait


def until(condition, seconds=300):
    """What the condition gives when it is true; it may fail before that."""
    deadline, last = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        try:
            if value := condition():
                return value
        except (AssertionError, LookupError) as error:
            last = error
        time.sleep(0.2)
    raise AssertionError(last or "it was never true")
