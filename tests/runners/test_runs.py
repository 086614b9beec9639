"""`LocalRunner`, and the `Run` that it gives: the same surface as for a run on Argo."""

import inspect
import threading

import pytest

from airflow_argo.diagnostics import InputError
from airflow_argo.runners.argo_run import ArgoRun
from airflow_argo.runners.local import LocalRunner
from airflow_argo.runners.local_run import LocalRun
from airflow_argo.runners.local_runs import RecordedRun, find_run, recorded_runs
from airflow_argo.runners.run import Run, RunFailed
from airflow_argo.runners.waiting import NotDoneInTime


def workflow(*tasks, **spec):
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": "t-"},
        "spec": {"entrypoint": "main", "templates": [{"name": "main", "dag": {"tasks": list(tasks)}}], **spec},
    }


def task(name, source, after="", **more):
    inline = {"script": {"image": "a", "command": ["sh"], "source": source}, **more}
    return {"name": name, "inline": inline, **({"depends": after} if after else {})}


@pytest.fixture
def runner(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return LocalRunner()


def quiet(progress):
    pass


def test_a_run_tells_its_states_outputs_and_logs(runner):
    good = task("good", "echo hi; echo 3 > /tmp/n")
    good["inline"]["outputs"] = {"parameters": [{"name": "n", "valueFrom": {"path": "/tmp/n"}, "globalName": "n"}]}
    bad, after = task("bad", "echo oh; exit 2", "good"), task("after", "true", "bad")
    run = runner.run(workflow(good, bad, after), on_progress=quiet)
    assert (run.status, run.done, run.succeeded) == ("Failed", True, False)
    assert {id: step.state for id, step in run.steps.items()} == {
        "good": "success",
        "bad": "failed",
        "after": "upstream_failed",
    }
    assert run.outputs == {"n": 3}
    assert run.steps["good"].seconds is not None
    assert [(line.step, line.text) for line in run.logs()] == [("good", "hi"), ("bad", "oh")]
    with pytest.raises(RunFailed, match=r"bad failed: main: Error \(exit code 2\)"):
        run.check()


def test_a_run_goes_on_in_the_background_and_is_waited_for(runner):
    run = runner.run(workflow(task("a", "sleep 1; echo done")), wait=False)
    assert not run.done
    with pytest.raises(NotDoneInTime, match=r"not done after 0\.1 seconds"):
        run.wait(0.1)
    assert [line.text for line in run.logs(follow=True)] == ["done"]
    assert run.wait(20).succeeded


def test_a_run_in_the_background_is_stopped(runner):
    begun = threading.Event()
    run = runner.run(workflow(task("a", "echo begun; sleep 60")), wait=False)
    waiting = threading.Thread(target=lambda: run.wait(on_progress=lambda progress: begun.set() if progress.lines else None))
    waiting.start()
    assert begun.wait(20)
    run.stop()
    waiting.join(20)
    assert run.status == "Failed"


def test_progress_is_told_some_times_a_second_and_at_the_end(runner):
    told = []
    tasks = [task(f"t{number}", f"echo {number}") for number in range(20)]
    runner.run(workflow(*tasks), on_progress=told.append)
    assert [step.state for step in told[-1].steps] == ["success"] * 20
    assert len(told) < 60
    lines = {line.text: line.step for progress in told for line in progress.lines}
    assert lines == {str(number): f"t{number}" for number in range(20)}


def test_steps_that_have_not_begun_are_there_from_the_start(runner):
    seen = []
    runner.run(workflow(task("a", "sleep 0.5"), task("b", "true", "a")), on_progress=lambda one: seen.append(one.steps))
    assert any([(step.id, step.state) for step in steps] == [("a", "running"), ("b", "pending")] for steps in seen)


def test_attempts_and_items_have_paths(runner):
    tried = task("tried", 'echo "try {{retries}}"; test {{retries}} -eq 1')
    tried["inline"]["retryStrategy"] = {"limit": "2"}
    arguments = {"parameters": [{"name": "x", "value": "{{item}}"}]}
    loop = {"name": "loop", "template": "say", "arguments": arguments, "withItems": ["a", "b"]}
    source = "echo {{inputs.parameters.x}}"
    say = {
        "name": "say",
        "inputs": {"parameters": [{"name": "x"}]},
        "script": {"image": "a", "command": ["sh"], "source": source},
    }
    made = workflow(tried, loop)
    made["spec"]["templates"].append(say)
    run = runner.run(made, on_progress=quiet)
    assert {(line.step, line.text) for line in run.logs()} == {
        ("tried / try 1", "try 0"), ("tried / try 2", "try 1"), ("loop / [0]", "a"), ("loop / [1]", "b"),
    }  # fmt: skip


def test_tries_of_an_item_that_is_one_job_are_those_of_the_item(runner):
    tried = task("job", "echo {{retries}}; test {{retries}} -eq 1")
    tried["inline"]["retryStrategy"] = {"limit": "2"}
    made = workflow({"name": "loop", "template": "each", "withItems": ["a", "b"]})
    made["spec"]["templates"].append({"name": "each", "dag": {"tasks": [tried]}})
    run = runner.run(made, on_progress=quiet)
    assert {(line.step, line.text) for line in run.logs()} == {
        (f"loop / [{item}] / try {number}", str(number - 1)) for item in (0, 1) for number in (1, 2)
    }


def test_a_run_is_found_again_by_its_name(runner):
    run = runner.run(workflow(task("a", "echo hi")), name="mine", on_progress=quiet)
    found = find_run("mine")
    assert (found.status, [line.text for line in found.logs()]) == ("Succeeded", ["hi"])
    assert found.tree == run.tree
    assert [one.name for one in recorded_runs()] == ["mine"]
    found.delete()
    with pytest.raises(InputError, match="no run on this machine is named 'mine'"):
        find_run("mine")


def test_retry_runs_what_failed_and_what_came_after_it(runner, tmp_path):
    first = runner.run(workflow(task("a", "echo a"), task("b", "exit 1", "a"), task("c", "echo c", "b")), on_progress=quiet)
    assert first.status == "Failed"
    again = first.retry(on_progress=quiet)
    assert again.name == first.name
    assert {id: step.state for id, step in again.steps.items()} == {"a": "success", "b": "failed", "c": "upstream_failed"}
    starts = [run.steps["a"].node["startedAt"] for run in (first, again)]
    assert starts[0] == starts[1]


def test_a_folder_of_its_own_for_the_runs(tmp_path):
    run = LocalRunner(folder=tmp_path / "here").run(workflow(task("a", "true")), name="x", on_progress=quiet)
    assert run.folder == tmp_path / "here" / "x"
    assert find_run(str(run.folder)).succeeded


def test_all_runs_have_the_same_surface():
    public = {name for name, _ in inspect.getmembers(Run) if not name.startswith("_")}
    for kind in (LocalRun, ArgoRun, RecordedRun):
        assert not inspect.isabstract(kind)
        for name in public:
            own, of_all = getattr(kind, name), getattr(Run, name)
            if inspect.isfunction(of_all):
                assert inspect.signature(own).parameters == inspect.signature(of_all).parameters, (kind, name)


def test_what_is_nothing_that_runs_is_refused(runner):
    with pytest.raises(InputError, match="is nothing that runs; give a Workflow, an Airflow DAG or a manifest"):
        runner.run(3)
    with pytest.raises(InputError, match="2 Workflows"):
        runner.run([workflow(), workflow()])
