"""The whole of it on workflows that a real controller runs."""

from __future__ import annotations

import os
import time

import pytest
import yaml

from airflow_argo.cluster import WaitTimeoutError

pytestmark = [pytest.mark.cluster, pytest.mark.controller, pytest.mark.timeout(180)]

IMAGE = os.environ.get("ARGO_TEST_IMAGE", "lab/task:1")


def workflow(text):
    content = yaml.safe_load(text.replace("IMAGE", IMAGE))
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": "real-", "labels": {"airflow-argo-test": "real"}},
        "spec": {"entrypoint": "main", **content},
    }


@pytest.fixture
def run(controlled):
    """Submits workflows, and removes them in the end."""
    names = []

    def submit(manifest, **options):
        submission = controlled.submit(manifest, **options)
        names.append(submission.name)
        return submission.name

    yield submit
    for name in names:
        controlled.delete(name, missing_ok=True)


def until(cluster, name, condition, timeout=60):
    """The first state of a workflow that fulfils a condition."""
    for snapshot in cluster.watch(name, timeout=timeout):
        if condition(snapshot):
            return snapshot
    raise AssertionError("it ended before")


def phases(snapshot):
    return {node["displayName"]: node["phase"] for node in snapshot.nodes.values()}


PODS = """
templates:
- name: main
  dag: {tasks: [{name: a, template: talk}, {name: b, template: talk, depends: a}]}
- name: talk
  container:
    image: IMAGE
    command: [sh, -c]
    args: ["for i in 1 2 3; do echo {{node.name}} says $i; sleep 0.3; done; echo 'no end of line' | tr -d '\\n'"]
"""


def test_submitting_watching_and_the_logs(controlled, run):
    name = run(workflow(PODS))
    said = [(line.node, line.text) for line in controlled.logs(name, follow=True)]
    wanted = [text for node in "ab" for text in [*(f"{name}.{node} says {number}" for number in (1, 2, 3)), "no end of line"]]
    assert said == list(zip("aaaabbbb", wanted, strict=True))
    done = controlled.wait(name, timeout=60)
    assert (done.phase, done.progress) == ("Succeeded", "2/2")
    assert [(line.node, line.text) for line in controlled.logs(name)] == said
    assert {line.container for line in controlled.logs(name, containers=("init", "wait"))} == {"init", "wait"}


def test_all_phases_of_progress_are_seen(controlled, run):
    seen = [snapshot.progress for snapshot in controlled.watch(run(workflow(PODS)), timeout=60)]
    assert seen == sorted(seen)
    assert seen[-1] == "2/2"


SLEEP = """
onExit: bye
templates:
- {name: main, container: {image: IMAGE, command: [sleep, "300"]}}
- {name: bye, suspend: {duration: "0"}}
"""


@pytest.mark.parametrize(("method", "handlers"), [("stop", 1), ("terminate", 0)])
def test_ending_early(controlled, run, method, handlers):
    name = run(workflow(SLEEP))
    until(controlled, name, lambda snapshot: snapshot.progress == "0/1" and snapshot.phase == "Running")
    time.sleep(1)
    getattr(controlled, method)(name)
    done = controlled.wait(name, timeout=90)
    assert done.phase == "Failed"
    assert f"Stopped with strategy '{method.capitalize()}'" in done.message
    assert sum(node["displayName"].endswith(".onExit") for node in done.nodes.values()) == handlers
    if method == "stop":
        assert controlled.retry(name).phase == ""
        controlled.terminate(name)
        assert controlled.wait(name, timeout=90).phase == "Failed"


APPROVAL = """
templates:
- name: main
  dag:
    tasks:
    - {name: ask, template: ask}
    - name: use
      depends: ask
      template: use
      arguments: {parameters: [{name: p, value: "{{= tasks.ask.outputs.parameters.answer }}"}]}
- name: ask
  suspend: {}
  outputs: {parameters: [{name: answer, valueFrom: {supplied: {}, default: "by default"}, globalName: said}]}
- name: use
  inputs: {parameters: [{name: p}]}
  suspend: {duration: "0"}
"""


@pytest.mark.parametrize("given", [None, "by hand"])
def test_resuming(controlled, run, given):
    name = run(workflow(APPROVAL))
    until(controlled, name, lambda snapshot: phases(snapshot).get("ask") == "Running")
    with pytest.raises(WaitTimeoutError):
        controlled.wait(name, timeout=1)
    if given:
        controlled.set_node(name, "displayName=ask", outputs={"answer": given}, phase="Succeeded")
    else:
        controlled.resume(name)
    done = controlled.wait(name, timeout=30)
    assert done.phase == "Succeeded"
    (use,) = (node for node in done.nodes.values() if node["displayName"] == "use")
    assert use["inputs"]["parameters"] == [{"name": "p", "value": given or "by default"}]


def test_a_refusal(controlled, run):
    name = run(workflow(APPROVAL))
    until(controlled, name, lambda snapshot: phases(snapshot).get("ask") == "Running")
    controlled.stop(name, node_selector="displayName=ask", message="no")
    done = controlled.wait(name, timeout=30)
    assert (done.phase, phases(done)["ask"], phases(done)["use"]) == ("Failed", "Failed", "Omitted")


def test_suspending_and_going_on(controlled, run):
    manifest = workflow(APPROVAL)
    manifest["spec"]["suspend"] = True
    name = run(manifest)
    with pytest.raises(WaitTimeoutError):
        controlled.wait(name, timeout=2)
    assert controlled.get(name).nodes == {}
    controlled.resume(name)
    until(controlled, name, lambda snapshot: phases(snapshot).get("ask") == "Running")


def test_resubmitting(controlled, run):
    first = run(workflow("templates: [{name: main, suspend: {duration: '0'}}]"))
    controlled.wait(first, timeout=30)
    again = controlled.resubmit(first)
    assert controlled.wait(again.name, uid=again.uid, timeout=30).phase == "Succeeded"
    controlled.delete(again.name)


LARGE = """
templates:
- name: main
  dag:
    tasks:
    - name: many
      template: echo
      withSequence: {count: "40"}
      arguments: {parameters: [{name: p, value: "{{= sprig.repeat(40000, 'x') }}"}]}
    - {name: ask, template: ask, depends: many}
- {name: echo, inputs: {parameters: [{name: p}]}, suspend: {duration: "0"}}
- {name: ask, suspend: {}}
"""


def test_a_status_that_the_controller_has_compressed(controlled, run):
    name = run(workflow(LARGE))
    snapshot = until(controlled, name, lambda snapshot: phases(snapshot).get("ask") == "Running")
    assert snapshot.manifest["status"]["compressedNodes"]
    assert "nodes" not in snapshot.manifest["status"]
    assert len(snapshot.nodes) == 43
    controlled.resume(name)
    assert controlled.wait(name, timeout=30).phase == "Succeeded"


def test_a_workflow_that_the_controller_refuses(controlled, run):
    done = controlled.wait(run(workflow("templates: [{name: other, suspend: {}}]")), timeout=30)
    assert done.phase == "Failed"
    assert done.message.startswith("invalid spec:")
    assert list(controlled.logs(done.name)) == []


def test_from_a_template_with_a_parameter(controlled, run):
    template = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "WorkflowTemplate",
        "metadata": {"name": "real-template"},
        "spec": {
            "entrypoint": "main",
            "arguments": {"parameters": [{"name": "d", "value": "bad"}]},
            "templates": [{"name": "main", "suspend": {"duration": "{{workflow.parameters.d}}"}}],
        },
    }
    controlled.apply(template)
    submission = controlled.submit_from("wftmpl/real-template", parameters={"d": 0})
    assert controlled.wait(submission.name, timeout=30).phase == "Succeeded"
    controlled.delete(submission.name)


def test_phases_are_listed_by_the_controllers_labels(controlled, run):
    name = run(workflow("templates: [{name: main, suspend: {duration: '0'}}]"))
    controlled.wait(name, timeout=30)
    assert name in [found.name for found in controlled.list(phases=["Succeeded"], label_selector="airflow-argo-test=real")]
    assert name not in [found.name for found in controlled.list(phases=["Failed", "Error"])]
