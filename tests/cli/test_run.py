"""`airflow-argo run`, and what one does with runs on this machine."""

import io
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from airflow_argo.diagnostics import ExitCode
from tests.cli.conftest import MANIFEST

SLOW = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: slow}
spec:
  entrypoint: main
  templates:
  - name: main
    dag:
      tasks:
      - {name: first, template: quick}
      - {name: second, template: slow, depends: first}
  - name: quick
    script: {image: a, command: [sh], source: "echo first ran"}
  - name: slow
    script: {image: a, command: [sh], source: "echo begun; test -e $SHARED/go-on || sleep 60"}
"""


def test_a_dag_file_with_two_bash_tasks_runs(cli, two_tasks):
    answer = cli("run", two_tasks, "--name", "one")
    assert answer.code == ExitCode.OK
    assert "hello | hello" in answer.err
    assert "✔ bye success" in answer.err
    assert answer.err.rstrip().endswith("Succeeded: 2 success")


def test_a_parameter_makes_it_fail_and_json_says_which_step(cli, two_tasks):
    answer = cli("run", two_tasks, "-p", "code=3", "-o", "json")
    assert answer.code == ExitCode.RUN_FAILED
    assert answer.json["phase"] == "Failed"
    assert [(step["id"], step["state"]) for step in answer.json["steps"]] == [("hello", "success"), ("bye", "failed")]
    assert "exit code 3" in answer.json["steps"][1]["message"]


def test_a_failed_run_is_listed_read_retried_and_deleted(cli, write, shared):
    marker = shared / "came-by"
    path = write("fails.yaml", MANIFEST.replace("echo hi", f"test -e {marker} && echo hi"))
    assert cli("run", path, "--name", "fails").code == ExitCode.RUN_FAILED
    (listed,) = cli("list", "--local", "-o", "json").json
    assert (listed["name"], listed["phase"]) == ("fails", "Failed")
    assert cli("wait", "fails", "--local").code == ExitCode.RUN_FAILED
    marker.write_text("")
    again = cli("retry", "fails", "--local")
    assert again.code == ExitCode.OK, again.err
    assert cli("logs", "fails", "--local").out == "fails | hi you\n"
    assert cli("delete", "fails", "--local").code == ExitCode.OK
    assert cli("list", "--local").err == "there are no workflows on this machine\n"


def test_a_run_that_succeeded_is_retried_only_where_a_selector_says(cli, manifest):
    cli("run", manifest, "--name", "fine")
    refused = cli("retry", "fine", "--local")
    assert refused.code != ExitCode.OK
    assert "has succeeded" in refused.err
    assert "go together" in cli("retry", "fine", "--local", "--restart-successful").err
    again = cli("retry", "fine", "--local", "--restart-successful", "--node-field-selector", "displayName=fine")
    assert again.code == ExitCode.OK, again.err


def test_a_manifest_comes_from_stdin_with_parameters_of_a_file_and_of_the_line(cli, write, monkeypatch):
    file = write("values.yaml", "who: file\n")
    for options, expected in (((), "file"), (("-p", "who=line"), "line")):
        monkeypatch.setattr(sys, "stdin", io.StringIO(MANIFEST))
        answer = cli("run", "-", "-f", file, *options)
        assert f"hi {expected}" in answer.err


def test_outputs_of_the_workflow_are_the_answer(cli, write):
    path = write(
        "outputs.yaml",
        """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: out-}
spec:
  entrypoint: main
  templates:
  - name: main
    script: {image: a, command: [sh], source: 'echo "[1, 2]" > /tmp/list'}
    outputs: {parameters: [{name: list, globalName: list, valueFrom: {path: /tmp/list}}]}
""",
    )
    assert cli("run", path).out == "list = [1, 2]\n"
    assert cli("run", path, "-o", "json").json["outputs"] == {"list": [1, 2]}


def test_what_the_engine_does_not_do_has_an_exit_code_of_its_own(cli, write):
    path = write(
        "http.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: r-}\n"
        "spec: {entrypoint: main, templates: [{name: main, http: {url: 'https://example.com'}}]}\n",
    )
    answer = cli("run", path, "-o", "json")
    assert answer.code == ExitCode.UNSUPPORTED
    assert "http" in answer.json["unsupported"]


@pytest.fixture
def shared():
    """A folder that tasks see too; each has a /tmp of its own."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


@pytest.fixture
def slow_run(write, tmp_path, shared):
    """A run in a process of its own, at its second step."""
    path = write("slow.yaml", SLOW.replace("$SHARED", str(shared)))
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    process = subprocess.Popen(
        [sys.executable, "-m", "airflow_argo", "run", str(path), "--name", "slow"],
        env=environment, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
    )  # fmt: skip
    for line in process.stderr:
        if "begun" in line:
            break
    yield process
    process.kill()
    process.wait()
    process.stderr.close()


def test_a_run_of_another_process_is_watched_and_stopped(cli, slow_run):
    assert cli("wait", "slow", "--local", "--timeout", "0.5").code == ExitCode.TIMEOUT
    assert "is going on" in cli("delete", "slow", "--local").err
    assert cli("stop", "slow", "--local").code == ExitCode.OK
    assert cli("logs", "slow", "--local", "--follow").out.count("begun") == 1
    assert slow_run.wait(20) == ExitCode.RUN_FAILED
    assert "is not going on" in cli("stop", "slow", "--local").err


def test_an_interrupted_run_goes_on_where_it_was(cli, slow_run, shared):
    slow_run.send_signal(signal.SIGINT)
    rest = slow_run.stderr.read()
    assert slow_run.wait(20) == ExitCode.INTERRUPTED
    assert "interrupted" in rest
    assert "broke off" in cli("list", "--local").out
    (shared / "go-on").write_text("")
    answer = cli("run", "--resume", "slow")
    assert answer.code == ExitCode.OK
    assert "first ran" not in answer.err


def test_a_run_that_was_killed_goes_on_too(cli, slow_run, shared):
    slow_run.kill()
    slow_run.wait()
    time.sleep(0.2)
    (shared / "go-on").write_text("")
    assert cli("run", "--resume", "slow").code == ExitCode.OK


def test_a_taken_name_is_refused(cli, manifest):
    cli("run", manifest, "--name", "taken")
    again = cli("run", manifest, "--name", "taken")
    assert again.code == ExitCode.BAD_INPUT
    assert "taken" in again.err
