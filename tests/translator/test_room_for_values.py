"""A value that Argo has no room for, with all that its readers keep of it, fails its own task: no run breaks off."""

from __future__ import annotations

import pytest
from accepted import accept

from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.runners.local import LocalRunner
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment

HEAD = """
import random
from datetime import datetime, timedelta
from airflow.sdk import dag, task

RETRIES = {"retries": 2, "retry_delay": timedelta(seconds=1)}

@dag(start_date=datetime(2024, 1, 1), schedule=None)
def room():
    @task
    def make():
        return random.Random(1).randbytes(NUMBER).hex()

    @task
    def rows():
        return [random.Random(1).randbytes(NUMBER).hex(), 1]

    @task(multiple_outputs=True)
    def keys():
        return {"large": random.Random(1).randbytes(NUMBER).hex(), "small": 1}

    @task
    def read(given, number=0):
        return 1
"""

SHAPES = {
    "three readers": ("given = make(); [read(given) for _ in range(3)]", 60, 80),
    "eight readers": ("given = make(); [read(given) for _ in range(8)]", 25, 40),
    "tries": ("read.override(**RETRIES)(make.override(**RETRIES)())", 70, 90),
    "instances": ("read.partial(given=make()).expand(number=[1])", 70, 90),
    "items": ("read.override(**RETRIES).expand(given=rows())", 20, 40),
    "one of two keys": ("given = keys(); read(given['large']); [read(given['small']) for _ in range(20)]", 60, 80),
    "an instance": ("given = make.partial().expand_kwargs([{}]); [read(given) for _ in range(4)]", 30, 60),
}


@pytest.fixture
def ran(tmp_path):
    def run(body, kib):
        prepare_environment()
        path = tmp_path / "room.py"
        path.write_text(HEAD.replace("NUMBER", str(kib * 1024)) + f"    {body}\n\nroom()\n")
        (dag,) = load_dags(path)
        manifest = accept(compile_workflow(translate(dag).required()).manifest())
        return LocalRunner(folder=tmp_path / "run").run(manifest, on_progress=lambda _: None)

    return run


@pytest.mark.parametrize(("body", "kib"), [(body, fits) for body, fits, _ in SHAPES.values()], ids=list(SHAPES))
def test_what_fits_travels(body, kib, ran):
    run = ran(body, kib)
    assert {step.state for step in run.steps.values()} == {"success"}


@pytest.mark.parametrize(("body", "kib"), [(body, over) for body, _, over in SHAPES.values()], ids=list(SHAPES))
def test_what_does_not_fails_its_own_task(body, kib, ran):
    run = ran(body, kib)
    assert run.status == "Failed"
    assert "waits for ever" not in run.message
    assert "can be passed between tasks" in " ".join(line.text for line in run.logs())
