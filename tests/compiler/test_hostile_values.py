"""Data is never code: texts that look like tags, variables or quotes arrive as they were made, wherever they go."""

from __future__ import annotations

import json
import os

import pytest
from accepted import accept
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_argo import ContainerJob, LocalRunner, Workflow
from airflow_argo.compiler.objects import compile_workflow

from .hostile import IMAGE, TEXTS, hostile_workflow, looks


def failed(run):
    """What went wrong, and what was said about it."""
    ends = {step.id: step.message for step in run.tree if step.state not in ("success", "skipped")}
    return {step: (message, [line.text for line in run.logs() if line.step == step]) for step, message in ends.items()}


def test_here(tmp_path):
    manifest = accept(compile_workflow(hostile_workflow().to_model()).manifest())
    run = LocalRunner(folder=tmp_path).run(manifest, on_progress=lambda _: None)
    assert failed(run) == {}
    assert run.status == "Succeeded"
    outputs = {one["name"]: one["value"] for one in run.raw_status()["outputs"]["parameters"]}
    assert outputs == TEXTS


@pytest.mark.cluster
@pytest.mark.controller
def test_on_argo():
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster with Argo")
    from airflow_argo import ArgoRunner

    namespace = os.environ.get("ARGO_NAMESPACE", "argo")
    run = ArgoRunner(namespace=namespace).run(hostile_workflow(), wait=False)
    try:
        run.wait(timeout=400)
        assert failed(run) == {}
        assert run.status == "Succeeded"
        outputs = {one["name"]: one.get("value", "") for one in run.raw_status()["outputs"]["parameters"]}
        assert outputs == TEXTS
    finally:
        run.delete()


special = st.sampled_from("{}=$()'\"\\ \n\tab1-./#%`")
other = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
texts = st.text(alphabet=st.one_of(special, other), max_size=40)
WRITE = """
import json
for name, text in json.loads(sys.argv[1]).items():
    open("/tmp/" + name, "w", newline="", encoding="utf-8").write(text)
"""


@settings(max_examples=8, deadline=None)
@given(values=st.lists(texts, min_size=10, max_size=10))
def test_any_text_as_a_literal_and_as_a_value(tmp_path_factory, values):
    values = [text.removesuffix("\n") for text in values]  # Argo takes one from the end of an output
    expected = {f"t{number}": text for number, text in enumerate(values)}
    make = looks("make", WRITE, json.dumps(expected), outputs=list(expected))
    check = "for name, text in zip(EXPECTED, sys.argv[1:], strict=True): look(name, text)"
    literal = looks("literal", check, *values, expected=expected)
    value = looks("value", check, *(make.output[name] for name in expected), expected=expected)
    around = [f"{text}{make.output[name]}{text}" for name, text in expected.items()]
    mixed = looks("mixed", check, *around, expected={name: text * 3 for name, text in expected.items()})
    manifest = accept(compile_workflow(Workflow("any", [make, literal, value, mixed]).to_model()).manifest())
    run = LocalRunner(folder=tmp_path_factory.mktemp("run")).run(manifest, on_progress=lambda _: None)
    assert failed(run) == {}


def test_a_word_that_no_process_can_get_is_an_error_that_says_so(tmp_path):
    make = ContainerJob("make", IMAGE, ["sh", "-c", "head -c 140000 /dev/zero | tr '\\0' x > /tmp/long"], outputs=["long"])
    use = ContainerJob("use", IMAGE, "echo", [make.output.long])
    run = LocalRunner(folder=tmp_path).run(Workflow("w", [make, use]), on_progress=lambda _: None)
    assert run.steps["use"].state == "failed"
    assert "too long for a command line" in run.steps["use"].message


def test_a_result_that_argo_would_cut_is_an_error_that_says_so(tmp_path):
    make = ContainerJob("make", IMAGE, ["sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x"])
    use = ContainerJob("use", IMAGE, "cat /tmp/x", files={"/tmp/x": make.output.result})
    run = LocalRunner(folder=tmp_path).run(Workflow("w", [make, use]), on_progress=lambda _: None)
    assert run.steps["make"].state == "success", failed(run)
    assert run.steps["use"].state == "failed"
    assert "the output of make is too long" in run.steps["use"].message
