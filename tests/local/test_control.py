"""Stopping, suspending and resuming a run, from other threads and other processes; waiting for times."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.local import Engine, JumpingClock, NodeChanged, NotRunning, Warned, load, read_logs, send_command

from .manifests import NAME, NOOP, Result, call, dag, execute, execute_at_once, sh, workflow

WAIT = {"name": "wait", "suspend": {}}


class When:
    """Does something as soon as a node is in a phase."""

    def __init__(self, tmp_path: Path, *documents: dict[str, Any], **options: Any) -> None:
        self.engine = Engine(load(documents), name=NAME, folder=tmp_path / "run", **options)
        self.todo: list[tuple[str, str, Callable[[Engine], None]]] = []
        self.warnings: list[str] = []

    def when(self, node: str, phase: str, action: Callable[[Engine], None]) -> When:
        self.todo.append((node, phase, action))
        return self

    def on_event(self, event: Any) -> None:
        if isinstance(event, Warned):
            self.warnings.append(event.message)
        if isinstance(event, NodeChanged) and self.todo:
            node, phase, action = self.todo[0]
            if (event.node["name"], event.node["phase"]) == (f"{NAME}.{node}" if node else NAME, phase):
                self.todo.pop(0)
                action(self.engine)

    def run(self) -> Result:
        return Result(self.engine.run(self.on_event), self.engine.folder)


def test_resume_one_of_several_suspended_nodes(tmp_path: Path) -> None:
    manifest = workflow(WAIT, NOOP, dag(call("a", "wait"), call("b", "wait"), call("c", "noop", depends="a")))
    run = (
        When(tmp_path, manifest)
        .when("b", "Running", lambda engine: engine.resume("a"))
        .when("c", "Succeeded", lambda engine: engine.resume())
    )
    result = run.run()
    assert result.phase == "Succeeded"


def test_resume_with_outputs(tmp_path: Path) -> None:
    ask = {**WAIT, "name": "ask", "outputs": {"parameters": [{"name": "ok", "valueFrom": {"supplied": {}}}]}}
    use = sh("use", "true", inputs=("v",))
    manifest = workflow(ask, use, dag(call("a", "ask"), call("b", "use", depends="a", v="{{tasks.a.outputs.parameters.ok}}")))
    run = When(tmp_path, manifest).when("a", "Running", lambda engine: engine.resume("a", {"ok": "yes"}))
    result = run.run()
    assert result.output("a", "ok") == "yes"
    assert result.node("b")["inputs"]["parameters"][0]["value"] == "yes"


def test_resume_without_the_outputs_is_refused(tmp_path: Path) -> None:
    ask = {**WAIT, "name": "ask", "outputs": {"parameters": [{"name": "ok", "valueFrom": {"supplied": {}}}]}}
    run = When(tmp_path, workflow(ask, dag(call("a", "ask"))))

    def twice(engine: Engine) -> None:
        engine.resume("a", {"other": "x"})
        engine.resume("nobody")
        engine.resume("a", {"ok": "yes"})

    result = run.when("a", "Running", twice).run()
    assert result.output("a", "ok") == "yes"
    assert run.warnings == [
        "node is not expecting output parameter 'other'",
        "no suspended node is called 'nobody'; suspended are: wf.a",
    ]


@pytest.mark.parametrize(("strategy", "ran"), [("Stop", "Succeeded"), ("Terminate", None)])
def test_stop_and_terminate(strategy: str, ran: str | None, tmp_path: Path) -> None:
    manifest = workflow(NOOP, sh("long", "sleep 60"), dag(call("a", "long")), onExit="noop")
    result = When(tmp_path, manifest, grace=0.5).when("a", "Running", lambda engine: engine.stop(strategy)).run()
    assert (result.phase, result.message) == ("Failed", f"Stopped with strategy '{strategy}'")
    names = {node["name"]: node["phase"] for node in result.status["nodes"].values()}
    assert names.get("wf.onExit") == ran


def test_suspend_keeps_the_rest_from_starting(tmp_path: Path) -> None:
    manifest = workflow(NOOP, sh("job", "sleep 0.3"), dag(call("a", "job"), call("b", "noop", depends="a")))
    run = When(tmp_path, manifest)

    def suspend(engine: Engine) -> None:
        engine.suspend()
        threading.Timer(1, engine.resume).start()

    started = time.monotonic()
    assert run.when("a", "Running", suspend).run().phase == "Succeeded"
    assert time.monotonic() - started > 0.9


def test_there_are_two_strategies(tmp_path: Path) -> None:
    engine = Engine(load([workflow(NOOP)]), folder=tmp_path / "run")
    with pytest.raises(ValueError, match="'Pause' is no strategy; use Stop or Terminate"):
        engine.stop("Pause")


def test_commands_from_another_process(tmp_path: Path) -> None:
    ask = {**WAIT, "name": "ask", "outputs": {"parameters": [{"name": "ok", "valueFrom": {"supplied": {}}}]}}
    run = When(tmp_path, workflow(ask, dag(call("a", "ask"))))
    long = "x" * 100_000

    def send(engine: Engine) -> None:
        send_command(engine.folder, {"do": "dance"})
        send_command(engine.folder, {"do": "resume", "node": "a", "parameters": {"ok": long}})

    result = run.when("a", "Running", send).run()
    assert result.output("a", "ok") == long
    assert run.warnings == ["a run can't do this: {'do': 'dance'}"]
    assert not list(result.folder.glob("control*"))
    with pytest.raises(NotRunning, match="this run is not going on"):
        send_command(result.folder, {"do": "suspend"})


def test_a_broken_command_does_no_harm(tmp_path: Path) -> None:
    run = When(tmp_path, workflow(WAIT, dag(call("a", "wait"))))

    def send(engine: Engine) -> None:
        with (engine.folder / "control").open("wb") as pipe:
            pipe.write(b"no json\n[1]\n\xff\n")
        send_command(engine.folder, {"do": "resume"})

    assert run.when("a", "Running", send).run().phase == "Succeeded"


def test_a_jumping_clock_waits_for_nothing(tmp_path: Path) -> None:
    nap = {"name": "nap", "suspend": {"duration": "3h"}}
    started = time.monotonic()
    result = execute_at_once(tmp_path, workflow(nap, dag(call("a", "nap"), call("b", "nap", depends="a"))))
    assert time.monotonic() - started < 100
    node = result.node()
    assert node["startedAt"] == "2023-11-14T22:13:20Z"
    assert node["finishedAt"] == "2023-11-15T04:13:20Z"


def test_a_deadline_on_a_jumping_clock(tmp_path: Path) -> None:
    nap = {"name": "nap", "suspend": {"duration": "3h"}}
    result = execute_at_once(tmp_path, workflow(nap, dag(call("a", "nap")), activeDeadlineSeconds=60))
    assert (result.phase, result.message_of("a")) == ("Failed", "Step exceeded its deadline")
    assert result.node()["finishedAt"] <= "2023-11-14T22:14:25Z"


def test_backoff_waits(tmp_path: Path) -> None:
    job = sh("job", "exit 1", retryStrategy={"limit": 2, "backoff": {"duration": "1", "factor": 2}})
    started = time.monotonic()
    result = execute(tmp_path, workflow(job, dag(call("a", "job"))))
    assert (result.phase, result.message_of("a")) == ("Failed", "No more retries left")
    assert time.monotonic() - started >= 3


def test_arguments_that_tell_the_time_are_made_anew_for_each_try(tmp_path: Path) -> None:
    job = sh("job", "exit 1", inputs=("at", "of"), retryStrategy={"limit": 1})
    told = call("a", "job", at="{{= string(now().UnixNano()) }}", of="{{= workflow.name }}")
    result = execute(tmp_path, workflow(job, dag(told)))
    first, second = (
        {one["name"]: one["value"] for one in result.node(f"a({number})")["inputs"]["parameters"]} for number in range(2)
    )
    assert first["of"] == second["of"] == NAME
    assert int(first["at"]) < int(second["at"])


def test_logs_can_be_read_afterwards(tmp_path: Path) -> None:
    result = execute(tmp_path, workflow(sh("job", "echo a; echo b >&2"), dag(call("x", "job"))))
    found = [(line.container, line.stream, line.text) for line in read_logs(result.folder, result.node("x")["id"])]
    assert found == [("main", "stdout", "a"), ("main", "stderr", "b")]
    assert list(read_logs(result.folder, result.node("x")["id"], "other")) == []


def test_a_clock_is_a_clock(tmp_path: Path) -> None:
    clock = JumpingClock(1_000.5)
    clock.waited(2)
    assert clock.now() == 1_002.5
    assert not clock.real
