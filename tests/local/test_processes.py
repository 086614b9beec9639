"""Containers as processes: what they see, how they end, and that nothing of them is left."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.local import LogLine

from .manifests import call, dag, execute, py, sh, workflow

OF_ARGO = ("CONTAINER_NAME", "NODE_ID", "WORKFLOW_NAME", "INCLUDE_SCRIPT_OUTPUT", "DEADLINE")
BOTH = pytest.mark.parametrize("isolation", ["namespace", "rewrite"])


@pytest.fixture
def isolation(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def needs_namespaces(isolation: str) -> None:
    if isolation == "namespace" and sys.platform != "linux":
        pytest.skip("mount namespaces are Linux's")


def processes_with(marker: str) -> list[int]:
    """The processes whose command line has a text."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if marker.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


@BOTH
def test_tasks_at_once_do_not_see_each_others_files(isolation: str, tmp_path: Path) -> None:
    needs_namespaces(isolation)
    write = "echo {{inputs.parameters.v}} > /tmp/out; sleep 0.3; cp /tmp/out /tmp/again; ls /tmp > /tmp/seen"
    job = sh("job", write, inputs=("v",), outputs={"out": "/tmp/out", "again": "/tmp/again", "seen": "/tmp/seen"})
    result = execute(tmp_path, workflow(job, dag(call("a", "job", v="1"), call("b", "job", v="2"))), isolation=isolation)
    assert result.status["engine"]["isolation"] == isolation
    assert [result.output("a", "again"), result.output("b", "again")] == ["1", "2"]
    assert set(result.output("a", "seen").split()) <= {"again", "out", "seen", "argo"}
    assert not Path("/tmp/again").exists()


@BOTH
@pytest.mark.parametrize("path", ["/workspace/x/out.txt", "/out", "/data", "/var/lib/thing/out", "/tmp/a/b/c"])
def test_declared_paths_anywhere(isolation: str, path: str, tmp_path: Path) -> None:
    needs_namespaces(isolation)
    job = sh("job", f"printf %s {{{{inputs.parameters.v}}}} > {path}", inputs=("v",), outputs={"out": path})
    result = execute(tmp_path, workflow(job, dag(call("a", "job", v="1"), call("b", "job", v="2"))), isolation=isolation)
    assert [result.output("a", "out"), result.output("b", "out")] == ["1", "2"]
    assert not Path(path).exists()


@BOTH
def test_python_sees_its_own_tmp(isolation: str, tmp_path: Path) -> None:
    needs_namespaces(isolation)
    source = "import os, tempfile\nopen('/tmp/r', 'w').write(tempfile.gettempdir() + ' ' + str(os.path.exists('/tmp/r')))"
    result = execute(tmp_path, workflow(py("main", source, outputs={"r": "/tmp/r"})), isolation=isolation)
    folder, exists = result.output("", "r").split()
    assert exists == "True"
    assert folder == "/tmp" if isolation == "namespace" else folder.startswith(str(tmp_path))


def test_python3_is_the_running_one(tmp_path: Path) -> None:
    result = execute(tmp_path, workflow(sh("main", "command -v python3 > /tmp/r", outputs={"r": "/tmp/r"})))
    assert result.output("", "r") == str(Path(sys.executable).parent / "python3")


def test_environment_is_minimal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("WANTED", "yes")
    main = sh("main", "env > /tmp/r; echo $WANTED > /tmp/w", outputs={"r": "/tmp/r", "w": "/tmp/w"})
    result = execute(tmp_path, workflow(main), pass_env=["WANTED", "NOT_THERE"])
    names = {line.partition("=")[0] for line in result.output("", "r").splitlines()}
    ours = {"AIRFLOW_ARGO_PROCESS", "WANTED"} | {f"ARGO_{name}" for name in OF_ARGO}
    of_shell = {"PWD", "OLDPWD", "SHLVL", "_"}
    assert names - of_shell == {"PATH", "HOME", "LANG", "TMPDIR"} | ours
    assert result.output("", "w") == "yes"
    assert "hunter2" not in (result.folder / "journal.jsonl").read_text()


def test_variables_in_command_and_arguments(tmp_path: Path) -> None:
    container = {
        "image": "any",
        "command": ["sh", "-c", 'printf "%s|" "$@" > /tmp/r', "sh"],
        "args": ["$(A)", "$(B)", "$$(A)", "$(NOT)", "x$(A)y", "$"],
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)2"}],
    }
    main = {"name": "main", "container": container}
    main["outputs"] = {"parameters": [{"name": "r", "valueFrom": {"path": "/tmp/r"}}]}
    assert execute(tmp_path, workflow(main)).output("", "r") == "1|12|$(A)|$(NOT)|x1y|$|"


def test_environment_from_objects_and_fields(tmp_path: Path) -> None:
    objects = [
        {"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"k": "from map", "ALL": "all"}},
        {"kind": "Secret", "metadata": {"name": "s"}, "data": {"k": "aHVudGVyMg=="}, "stringData": {"t": "plain"}},
    ]
    env = [
        {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
        {"name": "S", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {"name": "O", "valueFrom": {"secretKeyRef": {"name": "none", "key": "k", "optional": True}}},
        {"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "L", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['team']"}}},
        {"name": "NS", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
    ]
    main = sh(
        "main", 'echo "$C|$S|$O|$N|$L|$NS|$P_ALL|$t" > /tmp/r', outputs={"r": "/tmp/r"}, metadata={"labels": {"team": "x"}}
    )
    main["container"] |= {
        "env": env,
        "envFrom": [{"prefix": "P_", "configMapRef": {"name": "c"}}, {"secretRef": {"name": "s"}}],
    }
    result = execute(tmp_path, workflow(main), *objects)
    assert result.output("", "r") == "from map|hunter2||wf|x|default|all|plain"


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (["sh", "-c", "exit 7"], "7", "main: Error (exit code 7)"),
        (["sh", "-c", "kill -9 $$$$"], "137", "main: Error (exit code 137)"),
        (["sh", "-c", "kill -SEGV $$$$"], "139", "main: Error (exit code 139)"),
        (
            ["no-such-program"],
            "64",
            (
                "main: Error (exit code 64): failed to find name in PATH: "
                'exec: "no-such-program": executable file not found in $PATH'
            ),
        ),
    ],
)
def test_ends_of_processes(command: list[str], code: str, message: str, tmp_path: Path) -> None:
    main = {"name": "main", "container": {"image": "any", "command": command}}
    result = execute(tmp_path, workflow(main))
    assert (result.phase, result.exit_code(""), result.message) == ("Failed", code, message)


def test_a_process_that_outlives_its_parent_is_ended(tmp_path: Path) -> None:
    marker = f"outlive-{os.getpid()}"
    script = f"setsid sh -c 'sleep 300; : {marker}' >/dev/null 2>&1 & (sh -c 'sleep 300; : {marker}' &) ; sleep 0.2; exit 0"
    started = time.monotonic()
    result = execute(tmp_path, workflow(sh("main", script)))
    assert result.phase == "Succeeded"
    assert time.monotonic() - started < 100
    if sys.platform == "linux":
        assert processes_with(marker) == []


def test_a_process_may_close_its_output(tmp_path: Path) -> None:
    result = execute(tmp_path, workflow(sh("main", "exec >&- 2>&-; sleep 0.2; : > /tmp/r", outputs={"r": "/tmp/r"})))
    assert result.phase == "Succeeded"


def test_a_process_that_ignores_sigterm_is_killed_after_the_grace(tmp_path: Path) -> None:
    script = "trap '' TERM; while :; do sleep 0.1; done"
    started = time.monotonic()
    result = execute(tmp_path, workflow(sh("main", script, activeDeadlineSeconds=1)), grace=0.5)
    assert (result.phase, result.message) == ("Failed", "Pod was active on the node longer than the specified deadline")
    assert time.monotonic() - started > 1


def test_standard_output_and_error_are_kept_and_streamed(tmp_path: Path) -> None:
    lines: list[LogLine] = []

    def on_event(event: Any) -> None:
        if isinstance(event, LogLine):
            lines.append(event)

    script = r"echo one; sleep 0.3; echo two >&2; printf 'b\377d\r\nno end'"
    result = execute(tmp_path, workflow(sh("main", script)), on_event=on_event)
    assert result.log("") == b"one\nb\xffd\r\nno end"
    assert result.log("", "err") == b"two\n"
    assert [(line.stream, line.text) for line in lines if line.stream == "stdout"] == [
        ("stdout", "one"),
        ("stdout", "b�d"),
        ("stdout", "no end"),
    ]
    assert {line.node for line in lines} == {result.node()["id"]}


def test_a_gigabyte_of_log(tmp_path: Path) -> None:
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seen: list[str] = []
    result = execute(
        tmp_path,
        workflow(sh("main", "yes 0123456789abcdef0123456789abcdef | head -c 1073741824; echo; echo end")),
        on_event=lambda event: seen.append(event.text) if isinstance(event, LogLine) else None,
    )
    assert result.phase == "Succeeded"
    log = result.folder / "logs" / f"{result.node()['id']}.main.out"
    assert log.stat().st_size == 1073741824 + 5
    assert seen[-1] == "end"
    assert any("are left out here" in line for line in seen)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert used < (200_000 if sys.platform == "linux" else 200_000_000)


def test_many_children_at_once(tmp_path: Path) -> None:
    result = execute(tmp_path, workflow(sh("main", "for i in $(seq 300); do (sleep 0.1; exit 1) & done; wait; echo done")))
    assert (result.phase, result.log("")) == ("Succeeded", b"done\n")


@BOTH
def test_working_directory(isolation: str, tmp_path: Path) -> None:
    needs_namespaces(isolation)
    main = sh("main", "pwd > /tmp/r; echo x > here", outputs={"r": "/tmp/r", "here": "/work/place/here"})
    main["container"]["workingDir"] = "/work/place"
    result = execute(tmp_path, workflow(main), isolation=isolation)
    assert result.output("", "here") == "x"
    assert result.output("", "r").endswith("/work/place")


def test_no_folder_of_a_task_is_left(tmp_path: Path) -> None:
    main = sh("main", "mkdir /tmp/d; touch /tmp/d/f; chmod 000 /tmp/d; chmod 555 /tmp")
    result = execute(tmp_path, workflow(main))
    assert result.phase == "Succeeded"
    assert {entry.name for entry in result.folder.iterdir()} == {"artifacts", "journal.jsonl", "logs", "status.json"}


def test_no_more_processes_at_once_than_allowed(tmp_path: Path) -> None:
    source = (
        "import time\nfor name in ('from', 'to'):\n    open('/tmp/' + name, 'w').write(str(time.time()))\n    time.sleep(0.3)"
    )
    job = py("job", source, outputs={"from": "/tmp/from", "to": "/tmp/to"})
    names = [f"t{number}" for number in range(5)]
    result = execute(tmp_path, workflow(job, dag(*(call(name, "job") for name in names))), max_processes=2)
    times = [(float(result.output(name, "from")), float(result.output(name, "to"))) for name in names]
    overlaps = [sum(start <= begin < end for start, end in times) for begin, _ in times]
    assert max(overlaps) == 2
