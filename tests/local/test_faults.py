"""The engine itself is killed, interrupted or resumed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.local import Engine, RunExists, RunIsGoingOn, RunNotFound, load, resume_from
from airflow_argo.local.journal import read_journal

from .manifests import NAME, NOOP, Result, call, dag, execute, sh, workflow
from .test_processes import processes_with

CHILD = Path(__file__).with_name("child.py")


class Child:
    """An engine in another process."""

    def __init__(
        self,
        tmp_path: Path,
        *documents: dict[str, Any],
        resume: bool = False,
        prefix: tuple[str, ...] = (sys.executable,),
        env: dict[str, str] | None = None,
    ) -> None:
        self.folder = tmp_path / "run"
        manifest = tmp_path / "manifest.json"
        manifest.write_text(json.dumps(documents))
        words = [*prefix, str(CHILD), str(manifest), str(self.folder), *(["resume"] if resume else [])]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=env, start_new_session=True)

    def wait_for_log(self, node: str, text: str) -> None:
        """Until a node has written something."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with suppress(RunNotFound):  # it has hardly begun
                for record in read_journal(self.folder).nodes.values():
                    log = self.folder / "logs" / f"{record['id']}.main.out"
                    if record["name"] == f"{NAME}.{node}" and log.exists() and text in log.read_text():
                        return
            time.sleep(0.05)
        raise AssertionError(f"{node} never wrote {text}")

    def result(self) -> Result:
        out, _ = self.process.communicate(timeout=30)
        return Result(json.loads(out), self.folder)


def marker() -> str:
    return f"fault-{os.getpid()}-{time.monotonic_ns()}"


def gone(mark: str) -> bool:
    until = time.monotonic() + 10
    while processes_with(mark) and time.monotonic() < until:
        time.sleep(0.05)
    return not processes_with(mark)


def interrupted_manifest(mark: str, *, last: str = "true") -> dict[str, Any]:
    """`a` leaves a value; `b` starts, says so, and goes on for long; `c` needs both."""
    first = sh("first", "date +%N%s > /tmp/p", outputs={"p": "/tmp/p"})
    long = sh("long", f"echo begun; : {mark}; {last}")
    use = sh("use", "echo '{{inputs.parameters.v}}' > /tmp/p", inputs=("v",), outputs={"p": "/tmp/p"})
    tasks = (
        call("a", "first"),
        call("n", "noop"),
        call("b", "long", depends="a && n"),
        call("c", "use", depends="b", v="{{tasks.a.outputs.parameters.p}}"),
    )
    return workflow(first, long, use, NOOP, dag(*tasks))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_killed_engine_leaves_no_process_and_is_resumed(tmp_path: Path) -> None:
    mark = marker()
    child = Child(tmp_path, interrupted_manifest(mark, last="test -e /var/tmp/go-{mark} || sleep 300".replace("{mark}", mark)))
    child.wait_for_log("b", "begun")
    child.process.send_signal(signal.SIGKILL)
    child.process.wait(timeout=10)
    assert gone(mark)
    value = read_journal(child.folder).nodes["wf.a"]["outputs"]
    go = Path(f"/var/tmp/go-{mark}")
    go.touch()
    try:
        again = Child(tmp_path, interrupted_manifest(mark), resume=True)
        result = again.result()
    finally:
        go.unlink()
    assert result.phase == "Succeeded"
    assert result.node("a")["outputs"] == value
    assert result.output("c", "p") == result.output("a", "p")
    assert result.log("b") == b"begun\n"
    assert not (child.folder / "work").exists()
    assert not (child.folder / "control").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_an_interrupt_ends_all_processes_and_says_where_the_run_stands(number: int, tmp_path: Path) -> None:
    mark = marker()
    child = Child(tmp_path, interrupted_manifest(mark, last="trap '' TERM; sleep 300 & sleep 300"))
    child.wait_for_log("b", "begun")
    child.process.send_signal(number)
    out, _ = child.process.communicate(timeout=20)
    assert child.process.returncode == 130
    goes_on = f"airflow-argo run --resume {child.folder} goes on with it"
    assert out == f"wf: interrupted; 2 nodes have ended, not yet: wf.b; {goes_on}\n"
    assert processes_with(mark) == []
    assert {entry.name for entry in child.folder.iterdir()} == {"artifacts", "claims", "journal.jsonl", "logs"}


def test_ctrl_c_reaches_the_engine_alone(tmp_path: Path) -> None:
    """The terminal signals the whole process group; tasks are in groups of their own, so that they end by SIGTERM."""
    mark = marker()
    script = f"trap 'echo int' INT; trap 'echo term; exit 0' TERM; echo begun; : {mark}; while :; do sleep 0.1; done"
    child = Child(tmp_path, workflow(sh("job", script), dag(call("b", "job"))))
    child.wait_for_log("b", "begun")
    os.killpg(child.process.pid, signal.SIGINT)
    child.process.communicate(timeout=20)
    log = next((child.folder / "logs").glob("*.main.out")).read_text()
    assert log.split() == ["begun", "term"]


def test_a_run_that_has_ended_can_be_resumed_to_the_same_end(tmp_path: Path) -> None:
    first = execute(tmp_path, workflow(sh("job", "echo x; exit 1"), dag(call("a", "job"))))
    again = resume_from(tmp_path / "run").run()
    assert (again["phase"], again["nodes"]) == (first.phase, first.status["nodes"])


def test_resume_goes_on_with_retries_loops_and_groups(tmp_path: Path) -> None:
    """What is cut off at any line of the journal ends as if nothing had happened."""
    job = sh("job", "test {{retries}} = 1 && echo {{inputs.parameters.v}} > /tmp/p", inputs=("v",), outputs={"p": "/tmp/p"})
    job["retryStrategy"] = {"limit": 2}
    loop = {**call("l", "job", depends="n", v="{{item}}"), "withItems": [1, 2]}
    steps = {"name": "steps", "steps": [[{"name": "x", "template": "noop"}], [{"name": "y", "template": "noop"}]]}
    use = sh("use", "echo '{{inputs.parameters.v}}' > /tmp/p", inputs=("v",), outputs={"p": "/tmp/p"})
    last = call("z", "use", depends="l && s", v="{{tasks.l.outputs.parameters.p}}")
    manifest = workflow(NOOP, job, steps, use, dag(call("n", "noop"), loop, call("s", "steps"), last))
    whole = execute(tmp_path, manifest)
    assert whole.phase == "Succeeded"
    lines = (whole.folder / "journal.jsonl").read_text().splitlines(keepends=True)
    for cut in range(1, len(lines)):
        folder = tmp_path / f"cut-{cut}"
        folder.mkdir()
        (folder / "journal.jsonl").write_text("".join(lines[:cut]) + lines[cut][: len(lines[cut]) // 2])
        status = resume_from(folder).run()
        outcome = {node["name"]: (node["phase"], node.get("outputs")) for node in status["nodes"].values()}
        assert outcome == {node["name"]: (node["phase"], node.get("outputs")) for node in whole.status["nodes"].values()}, cut


def test_a_lock_goes_back_to_who_had_it(tmp_path: Path) -> None:
    job = sh("job", "true", synchronization={"mutexes": [{"name": "m"}]})
    whole = execute(tmp_path, workflow(job, dag(call("b", "job"), call("a", "job"))))
    lines = (whole.folder / "journal.jsonl").read_text().splitlines(keepends=True)
    folder = tmp_path / "again"
    folder.mkdir()
    for cut in range(1, len(lines)):
        (folder / "journal.jsonl").write_text("".join(lines[:cut]))
        nodes = read_journal(folder).nodes.values()
        holder = next((node["name"] for node in nodes if node["phase"] == "Running" and node["type"] == "Pod"), None)
        if holder:
            break
    order: list[str] = []
    engine = resume_from(folder)
    engine.run(
        lambda event: order.append(event.node["name"]) if getattr(event, "node", {"phase": ""})["phase"] == "Running" else None
    )
    pods = [name for name in order if name != NAME]
    assert pods[0] == holder


def test_a_folder_is_used_once(tmp_path: Path) -> None:
    execute(tmp_path, workflow(NOOP))
    with pytest.raises(RunExists):
        execute(tmp_path, workflow(NOOP))


def test_two_engines_do_not_execute_one_run(tmp_path: Path) -> None:
    child = Child(tmp_path, workflow(sh("job", "echo begun; sleep 300"), dag(call("b", "job"))))
    child.wait_for_log("b", "begun")
    try:
        with pytest.raises(RunIsGoingOn):
            resume_from(child.folder).run()
    finally:
        child.process.send_signal(signal.SIGINT)
        child.process.communicate(timeout=20)


def test_there_is_nothing_to_resume(tmp_path: Path) -> None:
    with pytest.raises(RunNotFound):
        resume_from(tmp_path)
    (tmp_path / "journal.jsonl").write_text('{"run": {"uid')
    with pytest.raises(RunNotFound):
        resume_from(tmp_path)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root may become somebody else")
def test_without_root(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    for parent in tmp_path.parents:
        if parent != Path("/tmp") and Path("/tmp") in parent.parents:
            parent.chmod(0o755)
    job = sh("job", "id -u > /tmp/p; ls /tmp >> /tmp/p", outputs={"p": "/tmp/p"})
    result = Child(
        tmp_path, workflow(job, dag(call("a", "job"))), prefix=(*NOBODY, nobodys_python()), env=path_of_modules()
    ).result()
    assert result.status["engine"]["isolation"] in ("namespace", "rewrite")
    assert result.output("a", "p").split()[0] == "65534"
    assert set(result.output("a", "p").split()[1:]) <= {"p", "argo"}


NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all")


def path_of_modules() -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.defpath}


def nobodys_python() -> str:
    """A Python of this version that everybody may execute."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        if (
            Path(python).exists()
            and not subprocess.run(
                [*NOBODY, python, "-c", "import os, sys; sys.exit(not os.access(sys.executable, os.X_OK))"], check=False
            ).returncode
        ):
            return python
    pytest.skip("no Python that others may execute")


def test_an_engine_runs_once(tmp_path: Path) -> None:
    engine = Engine(load([workflow(NOOP)]), name=NAME, folder=tmp_path / "run")
    engine.run()
    with pytest.raises(Exception, match="has run already"):
        engine.run()
