"""Templates that differ in texts alone are one template, and each task gets what it got before."""

from __future__ import annotations

from unittest import mock

import pytest
from accepted import accept

from airflow_argo.argo.limits import MAX_TEMPLATES
from airflow_argo.compiler import objects
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.model.graph import ForLoop, Graph, Step
from airflow_argo.model.jobs import Backoff, Container, OutputSpec, Resource, Retry
from airflow_argo.model.values import Constant, Item, Text, Type
from airflow_argo.model.workflow import Workflow
from airflow_argo.runners.local import LocalRunner

MANY = 210


def said(number):
    """A job that says which one it is, in everything that can be different."""
    return Container(
        image="alpine",
        command=("sh", "-c", f"echo {number} $0 $WHO > /tmp/said; exit {int(number == 1)}"),
        args=(f"a{number} {{{{x}}}}",),
        env=(("WHO", f"$(x) {number}"),),
        outputs=(OutputSpec("said", Type.TEXT, path="/tmp/said"),),
        retry=Retry(number % 5, "any", Backoff(number + 1)),
        timeout_seconds=100 + number,
    )


def loop(number):
    items = Constant.of([f"{number}-{one}" for one in range(number % 3 + 1)])
    body = Container(image="alpine", command=("echo",), args=(Text((f"{number}: ", Item(f"t{number}", "x"))),))
    return ForLoop(Graph((Step("body", body),)), (("x", items),))


def created(number):
    return Resource(
        action="create", manifest=Constant.of({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"made-{number}"}})
    )


KINDS = {"pods": said, "loops": loop, "resources": created}


def compiled(body, count=MANY):
    return compile_workflow(
        Workflow(name="many", graph=Graph(tuple(Step(f"t{number}", body(number)) for number in range(count))))
    )


@pytest.mark.parametrize("kind", KINDS)
def test_any_number_of_one_kind_fits(kind):
    manifest = compiled(KINDS[kind]).manifest()
    assert len(manifest["spec"]["templates"]) < 20
    accept(manifest)


def test_what_differs_in_more_than_texts_does_not_fit():
    jobs = {number: Container(image="alpine", command=("echo", *["more"] * number)) for number in range(MAX_TEMPLATES + 1)}
    with pytest.raises(objects.DefinitionError, match="templates, and Argo takes 200"):
        compiled(jobs.__getitem__, len(jobs))


@pytest.mark.parametrize("kind", KINDS)
def test_each_gets_what_it_got_before(kind, tmp_path):
    """In processes; those that fail have the same reason to."""
    apart = compiled(KINDS[kind], 4).manifest()
    with mock.patch.object(objects, "SHARED_ABOVE", 0):
        together = compiled(KINDS[kind], 4).manifest()
    assert len(together["spec"]["templates"]) < len(apart["spec"]["templates"])
    assert seen(together, tmp_path / "together") == seen(apart, tmp_path / "apart")


def seen(manifest, folder):
    """What a run shows of each step: its state, what it gave out, and what its pods wrote."""
    run = LocalRunner(folder=folder).run(manifest, on_progress=lambda _: None)
    steps = {step.id: (step.state, step.outputs, [(one.id, one.state) for one in step.walk()]) for step in run.tree}
    return steps, sorted((line.step, line.text) for line in run.logs())


def test_a_template_of_any_length_of_loops_runs_each_item(tmp_path):
    with mock.patch.object(objects, "SHARED_ABOVE", 0):
        manifest = compiled(loop, 4).manifest()
    (each,) = [one for one in manifest["spec"]["templates"] if "container" in one]
    assert each["container"]["args"] == ["{{inputs.parameters.args}}{{= inputs.parameters['x'] }}"]
    run = LocalRunner(folder=tmp_path).run(manifest, on_progress=lambda _: None)
    assert [[item.id for item in step.children] for step in run.tree] == [
        ["[0]"],
        ["[0]", "[1]"],
        ["[0]", "[1]", "[2]"],
        ["[0]"],
    ]
