"""Large values travel as artifacts where the settings say so, and fail with the reason where they can't."""

from __future__ import annotations

import logging
from functools import partial

import pytest

from airflow_argo.compiler.bodies import jobs_of
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.compiler.read_by_argo import read_by_argo
from airflow_argo.model.jobs import passes_artifacts
from airflow_argo.operators.results import returned
from airflow_argo.pod import large
from airflow_argo.runners.local import LocalRunner
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from tests.translator.large_dags import HEAD, ends_of, workflow_of

TRAVELS = """
    @task
    def big():
        return {"rows": ["x" * 100] * 50_000, "n": 5, "pair": (1, 2)}

    @task(retries=1, retry_delay=timedelta(0))
    def again(ti=None):
        if ti.try_number == 1:
            ti.xcom_push(key="text", value="t" * 200_000)
            raise ValueError("once")
        ti.xcom_push(key="text", value="y" * 3_000_000)
        return "z" * 2_000_000

    @task
    def skips():
        from airflow.sdk.exceptions import AirflowSkipException

        raise AirflowSkipException("so")

    @task
    def fails(ti=None):
        ti.xcom_push(key="k", value="w" * 400_000)
        raise ValueError("no")

    @task(executor_config={})
    def one(got, ti=None):
        assert len(got["rows"]) == 50_000 and got["pair"] == (1, 2)
        return [len(ti.xcom_pull(task_ids="again", key="text")), len(ti.xcom_pull(task_ids="again"))]

    @task
    def real(got):
        import airflow
        return got["rows"]

    @task(trigger_rule="all_done")
    def two(rows, ti=None):
        pulled = [ti.xcom_pull(task_ids="skips"), ti.xcom_pull(task_ids="fails"), ti.xcom_pull(task_ids="big")["n"]]
        return [len(rows), *pulled, len(ti.xcom_pull(task_ids="fails", key="k"))]

    made = big()
    [made, again()] >> one(made)
    [skips(), fails()] >> two(real(made))
    made >> BashOperator(task_id="echo", bash_command="echo {{ ti.xcom_pull(task_ids='big')['n'] }}")

large()
"""


@pytest.fixture
def translated(tmp_path):
    return partial(workflow_of, tmp_path)


@pytest.fixture
def ran(tmp_path):
    return partial(ends_of, tmp_path)


def test_values_over_the_limit_arrive_by_artifacts(ran):
    steps, _ = ran(TRAVELS)
    assert steps["one"] == ("success", [3_000_000, 2_000_000])
    assert steps["two"] == ("success", [50_000, None, None, 5, 400_000])
    assert steps["big"][1]["n"] == 5
    assert steps["echo"] == ("success", "5")
    assert [steps[name][0] for name in ("again", "skips", "fails")] == ["success", "skipped", "failed"]


ALIKE = """
    @task(multiple_outputs=True)
    def rows():
        return {"rows": ["x" * 100] * 50_000, "n": 5}

    @task
    def each(number, got):
        return {"all": [number] * 20_000, "n": got["n"]}

    @task
    def together(got, n):
        return [len(got), [one["n"] for one in got], len(got[1]["all"]), n]

    made = rows()
    together(each.partial(got=made).expand(number=[1, 2, 3]), made["n"])

large()
"""


def test_values_that_compress_travel_without_artifacts(ran):
    steps, _ = ran(ALIKE, HEAD.replace('"yes"', '"no"'))
    assert steps["together"] == ("success", [3, [5, 5, 5], 20_000, 5])


READ = """
    from airflow.sdk import task_group

    @task.branch
    def choose(): return "items"

    @task
    def items(): return [1]

    @task
    def list_(): return [2]

    @task
    def each(i): return [i]

    @task
    def again(i): return i

    @task.short_circuit
    def goes_on(got): return got

    @task(multiple_outputs=True)
    def both(got): return {"a": 1, "b": [2]}

    @task_group
    def grouped(i):
        return again.override(task_id="inner")(i)

    @task
    def last(*got, **more): return None

    made, parts = items(), both(goes_on(again.override(task_id="plain")(1)))
    choose() >> made
    once = each.expand(i=made)
    added = items.override(task_id="put_together")().concat(items.override(task_id="more")())
    ends = again.expand(i=once), grouped.expand(i=list_()), each.override(task_id="of_added").expand(i=added)
    last(*ends, parts["a"], parts["b"], words="{{ ti.xcom_pull(task_ids='plain') }}")

large()
"""


def test_what_argo_reads_itself_is_told_to_the_pods_that_make_it(translated):
    workflow = translated(READ, HEAD.replace('"yes"', '"no"'))
    read = read_by_argo(workflow)
    found = {step.id: read[id(job)] for step, job, _ in jobs_of(workflow.graph) if id(job) in read}
    assert found == {
        "choose": ("follow",),
        "goes_on": ("follow",),
        **dict.fromkeys(("put_together", "more"), ("return_value",)),
    }


ODD = """
    @task
    def odd():
        import random
        return random.Random(1).randbytes(NUMBER).hex()

    @task
    def read(given):
        return len(given)

    read(odd())

large()
"""
ODD_INSTANCE = """
    @task
    def odd(item):
        import random
        return random.Random(item).randbytes(NUMBER).hex()

    @task
    def read(given):
        return len(given[0])

    read(odd.expand(item=[1]))

large()
"""


@pytest.mark.parametrize(("body", "number", "most"), [(ODD, 160_000, 200), (ODD_INSTANCE, 80_000, 100)])
def test_without_the_setting_the_error_names_it(body, number, most, ran):
    steps, log = ran(body.replace("NUMBER", str(number)), HEAD.replace('"yes"', '"no"'))
    assert steps["odd"][0] == "failed"
    assert f"when compressed; at most {most} KiB can be passed between tasks; where Argo has an artifact repository" in log
    assert "the setting xcom_artifacts" in log


@pytest.mark.parametrize(("body", "number"), [(ODD, 140_000), (ODD_INSTANCE, 64_000)])
def test_what_a_task_may_pass_on_argo_can_store(body, number, ran):
    steps, _ = ran(body.replace("NUMBER", str(number)), HEAD.replace('"yes"', '"no"'))
    assert steps["read"] == ("success", 2 * number)


TOGETHER_TOO_LARGE = """
    @task
    def some(seed, before):
        import random
        return random.Random(seed).randbytes(20_000).hex()

    before = None
    for seed in range(40):
        before = some.override(task_id=f"some_{seed}")(seed, before)

large()
"""


@pytest.mark.parametrize(("setting", "fits"), [("yes", True), ("100000", False)])
def test_values_that_have_no_room_together_travel_so_too(setting, fits, ran):
    steps, _ = ran(TOGETHER_TOO_LARGE, HEAD.replace('"yes"', f'"{setting}"'))
    assert ({state for state, _ in steps.values()} == {"success"}) is fits


DECIDES = """
    @task.branch
    def choose():
        return "a"

    @task(multiple_outputs=True)
    def some():
        return {"n": 1, "text": "x" * 200_000}

    @task
    def a(n, text):
        return n + len(text)

    got = some()
    [got, choose()] >> a(got["n"], got["text"])

large()
"""


def test_only_what_is_large_travels_so_and_is_not_among_the_outputs_in_airflow(tmp_path, translated, caplog, monkeypatch):
    manifest = compile_workflow(translated(DECIDES)).manifest()
    run = LocalRunner(folder=tmp_path / "run").run(manifest, on_progress=lambda _: None)
    monkeypatch.setattr(large, "REPOSITORIES", [])  # as Airflow looks at runs on a cluster
    outputs = returned(run.tree, logging.getLogger("test"))
    assert outputs == {"choose": "a", "a": 200_001}
    assert "What 'some' returned is not among the outputs: a value of 195 KiB is in an artifact" in caplog.text


CHAIN = """
    @task
    def passes(given):
        return given

    @task
    def each(number, given):
        return [number] * len(given)

    @task(trigger_rule="all_done")
    def last(*given):
        return [len(one) for one in given[:2]] + [[len(inner) for inner in given[2]]]

    begun = passes("x" * 200_000)
    mapped = each.partial(given=begun).expand(number=[1, 2])
    previous = mapped
    for number in range(230):
        waits = EmptyOperator(task_id=f"t{number}")
        previous >> waits
        previous = waits
    again = passes(begun)
    waits >> again
    last(begun, again, mapped)

large()
"""


def test_values_travel_through_the_parts_of_a_dag_that_is_cut(ran):
    empty = "from airflow.providers.standard.operators.empty import EmptyOperator"
    steps, _ = ran(CHAIN, HEAD.replace("import dag, task", f"import dag, task\n{empty}"))
    assert steps["last"] == ("success", [200_000, 200_000, [200_000, 200_000]])


def test_a_part_of_a_dag_that_airflow_reads_back_has_none(tmp_path):
    from airflow_argo.translator.outside import Outside

    prepare_environment()
    path = tmp_path / "large.py"
    path.write_text(HEAD + TRAVELS)
    (dag,) = load_dags(path)
    workflow = translate(dag, outside=Outside(frozenset(dag.task_dict))).required()
    assert [step.id for step in workflow.graph.steps if passes_artifacts(step.body) and step.body.large] == []
