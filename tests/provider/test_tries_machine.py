"""Any history of tries, crashes, clears, kills and deletions: one workflow a try, never two at work, no success lost."""

import os
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from airflow_argo._compat import AirflowException
from airflow_argo.cluster import NotFoundError, Snapshot
from airflow_argo.hooks.argo import ArgoHook
from airflow_argo.hooks.connection import ArgoConnection
from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator
from airflow_argo.triggers.argo import ArgoWorkflowTrigger
from tests.cluster.conftest import NO_OP
from tests.cluster.controller import set_status

pytestmark = pytest.mark.cluster

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "12"))
RETRIES = 3
OUTPUTS = {"parameters": [{"name": "n", "value": "7"}]}


class Crash(BaseException):
    """The process is gone: nothing catches that."""


class Deferred(BaseException):
    """The task has handed its wait over."""


@dataclass
class CrashingApi:
    """Lets requests through until one: there the process dies, before or after the server has done it."""

    api: object
    left: int | None = None
    after: bool = False

    def __getattr__(self, name):
        return getattr(self.api, name)

    def send(self, *arguments, **options):
        if self.left is None:
            return self.api.send(*arguments, **options)
        self.left -= 1
        if self.left >= 0:
            return self.api.send(*arguments, **options)
        if self.after:
            self.api.send(*arguments, **options)
        raise Crash

    def with_patience(self, **seconds):
        return self.api.with_patience(**seconds)


@dataclass
class Made:
    """A workflow that some try has made, as the history has it."""

    name: str
    uid: str
    attempt: int
    phase: str = ""
    stopped: bool = False
    deleted: bool = False
    noted: bool = False
    clears: int = field(default=0)

    @property
    def at_work(self):
        return not (self.phase or self.stopped or self.deleted)


class Tries(RuleBasedStateMachine):
    api = None

    @initialize(strategy=st.sampled_from(["resubmit", "retry"]))
    def begin(self, strategy):
        self.strategy, self.run_id = strategy, f"run-{uuid.uuid4().hex}"
        self.attempt = self.clears = 0
        self.max_tries, self.state = RETRIES, "none"
        self.made, self.waits_for = [], None

    # What Airflow does

    @precondition(lambda self: self.state == "none" and self.attempt < 8)
    @rule(crash=st.none() | st.tuples(st.integers(0, 4), st.booleans()))
    def try_it(self, crash):
        """The next try of the task, which may crash at any of its requests."""
        self.attempt += 1
        self.ti = SimpleNamespace(
            dag_id="d", task_id="t", run_id=self.run_id, map_index=-1, try_number=self.attempt, id=uuid.uuid4(),
            max_tries=self.max_tries, xcom_push=lambda **_: None,
        )  # fmt: skip
        expected = self.expected()
        before = {one.uid for one in self.workflows()}
        try:
            value = self.operator(crash).execute({"ti": self.ti})
        except Deferred:
            self.state = "deferred"
        except Crash:
            pass
        else:  # what an earlier try left has ended already
            assert value == {"n": 7}
            self.state = "success"
        self.learn(before, expected, crashed=self.state == "none")

    @precondition(lambda self: self.state == "deferred" and self.current().phase)
    @rule(crash=st.none() | st.tuples(st.integers(0, 4), st.booleans()))
    def resume(self, crash):
        """The triggerer saw the end; the task reads it, or crashes at that."""
        one = self.current()
        event = {"status": "done", "name": one.name, "uid": one.uid, "namespace": self.api.namespace, "workflow": self.seen}
        self.state = "none"
        try:
            value = self.operator(crash).execute_complete({"ti": self.ti}, event)
        except (Crash, AirflowException):
            value = None
        self.note(one)
        if value is not None:
            assert value == {"n": 7}
            assert one.phase == "Succeeded"
            self.state = "success"
        elif crash is None:
            assert one.phase == "Failed"

    @precondition(lambda self: self.state in ("success", "none") and self.attempt)
    @rule()
    def clear(self):
        """A user clears the task."""
        self.max_tries = self.attempt + RETRIES
        self.clears += 1
        self.state = "none"

    @precondition(lambda self: self.state == "deferred")
    @rule()
    def kill(self):
        """A user marks the waiting task failed: its trigger ends the workflow, and Argo does."""
        one = self.current()
        self.hook().end(one.name, "stop")
        self.state, one.stopped = "none", not one.phase and not one.deleted
        if one.stopped:
            assert self.get(one).manifest["spec"]["shutdown"] == "Stop"
            self.end("Failed")

    # What happens on the cluster

    @precondition(lambda self: self.made and not self.made[-1].phase and not self.made[-1].deleted)
    @rule(phase=st.sampled_from(["Succeeded", "Succeeded", "Failed"]))
    def end(self, phase):
        """The workflow ends."""
        one = self.made[-1]
        self.ends = getattr(self, "ends", 0) + 1
        finished = f"2026-01-01T00:{self.ends // 60 % 60:02}:{self.ends % 60:02}Z"
        set_status(self.api, one.name, phase, finishedAt=finished, **({"outputs": OUTPUTS} if phase == "Succeeded" else {}))
        one.phase, self.seen = phase, self.get(one).manifest

    @precondition(lambda self: self.made and not self.made[-1].deleted and (self.made[-1].phase or self.state != "deferred"))
    @rule()
    def delete(self):
        """Its TTL is over, or somebody deletes it."""
        self.hook().cluster.delete(self.made[-1].name)
        self.made[-1].deleted = True

    # What must hold

    @invariant()
    def one_workflow_a_try_and_one_at_work(self):
        if not getattr(self, "made", None):
            return
        tries = [one.attempt for one in self.made]
        assert len(tries) == len(set(tries))
        assert sum(one.at_work for one in self.made) <= 1

    def expected(self):
        """What the history asks the next try to do: "new" or "same"."""
        last = self.made[-1] if self.made else None
        if last is None or last.deleted:
            return "new"
        if last.phase == "Failed":
            return "same" if self.strategy == "retry" else "new"
        if last.phase == "Succeeded" and last.noted and last.clears != self.clears:
            return "new"
        return "same"

    def learn(self, before, expected, *, crashed):
        """Compare what there is now with what was expected."""
        new = [one for one in self.workflows() if one.uid not in before]
        assert len(new) <= 1
        if new:
            assert expected == "new"
            label = new[0].manifest["metadata"]["labels"]["airflow-argo.io/try-number"]
            self.made.append(Made(new[0].name, new[0].uid, int(label), clears=self.clears))
            return
        assert crashed or expected == "same"
        if self.made and not self.made[-1].deleted:
            last, found = self.made[-1], self.get(self.made[-1])
            claimed = found.manifest["metadata"]["annotations"]["airflow-argo.io/max-tries"] == str(self.max_tries)
            last.clears = self.clears if claimed else last.clears
            self.note(last)
            if last.phase == "Failed" and not found.phase:  # it was retried
                last.phase, last.stopped, last.noted = "", False, False  # a note is about an earlier end

    def note(self, one):
        """Whether a try has left the note that it has read the end."""
        if not one.deleted:
            found = self.get(one).manifest
            note = (found["metadata"].get("annotations") or {}).get("airflow-argo.io/read")
            one.noted = note is not None and note == (found.get("status") or {}).get("finishedAt")

    # Means

    def operator(self, crash):
        made = ArgoSubmitWorkflowOperator(
            task_id="t", manifest=NO_OP, retry_strategy=self.strategy, deferrable=True, argo_conn_id="machine", logs="none"
        )
        hook = self.hook()
        if crash:
            hook.__dict__["api"] = CrashingApi(self.api, *crash)
        made.__dict__["hook"] = hook
        made.defer = self.deferred
        return made

    def deferred(self, *, trigger, method_name):
        assert isinstance(trigger, ArgoWorkflowTrigger)
        assert method_name == "execute_complete"
        self.waits_for = trigger.uid
        raise Deferred

    def hook(self):
        hook = ArgoHook("machine", self.api.namespace, connection=ArgoConnection("machine"))
        hook.__dict__["api"] = self.api
        return hook

    def current(self):
        return next(one for one in self.made if one.uid == self.waits_for)

    def get(self, one):
        return self.hook().cluster.get(one.name)

    def workflows(self):
        return [one for one in self.hook().cluster.list() if self.of_this_run(one)]

    def of_this_run(self, one: Snapshot):
        return (one.manifest["metadata"].get("annotations") or {}).get("airflow-argo.io/run-id") == self.run_id

    def teardown(self):
        for one in getattr(self, "made", ()):
            with suppress(NotFoundError):
                self.hook().cluster.delete(one.name)


def test_any_history(api, monkeypatch):
    monkeypatch.setattr(Tries, "api", api)
    wanted = settings(
        max_examples=EXAMPLES,
        stateful_step_count=14,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # each step is real requests: to shrink would take very long
        derandomize=True,
    )
    run_state_machine_as_test(Tries, settings=wanted)
