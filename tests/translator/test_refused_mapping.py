"""Mappings that Airflow loads and can't expand are refused; what only chance decides with fail_fast is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment

HEADER = """
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, task, task_group

@task
def given(values):
    return values

@task
def show(x):
    return x

"""
IN_DICT = """
with DAG("refused", schedule=None):
    show.expand_kwargs([{"x": given(1)}])
"""
OF_CLASSIC = """
with DAG("refused", schedule=None):
    BashOperator.partial(task_id="run").expand_kwargs([{"bash_command": given("echo").operator.output}])
"""
OF_MEMBER = """
@task_group
def g(x):
    return given(x)

with DAG("refused", schedule=None):
    show.expand(x=g.expand(x=[[1], [2]]))
"""
IN_LIST_OF_GROUP = """
@task_group
def g(x):
    return show(x)

with DAG("refused", schedule=None):
    two = given(2)
    two >> g.expand(x=[1, {"in": [two]}])
"""
OF_CONCAT = """
with DAG("refused", schedule=None):
    given.expand(values=given.override(task_id="one")([1]).concat(given.override(task_id="two")([2])))

    @task
    def pair(x, y):
        return [x, y]

    concatenated = given([1, 2]).concat(given([3]))
    pair.expand(x=concatenated, y=[1, 2])
    pair.expand(x=[1, 2], y={})
"""
BY_BUILTIN = """
with DAG("refused", schedule=None):
    show.expand(x=given(["a"]).zip(given(["b"]).map(str.upper)))
"""
BY_OWN = """
def own(value):
    return value.upper()

with DAG("refused", schedule=None):
    show.expand(x=given(["a"]).zip(given(["b"]).map(own).map(lambda value: value)))
"""
PARALLEL = """
with DAG("fast", schedule=None, fail_fast=True):
    given(1) >> [show.override(task_id="a")(1), show.override(task_id="b")(2)]
"""
CHAIN = """
with DAG("fast", schedule=None, fail_fast=True):
    given(1) >> show(1) >> show.override(task_id="last")(2)
"""


def codes_of(text: str, folder: Path) -> list[tuple[str, str]]:
    prepare_environment()
    file = folder / "dag.py"
    file.write_text(HEADER + text)
    (dag,) = load_dags(file)
    return [(one.code, one.severity.value) for one in translate(dag).diagnostics]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(IN_DICT, id="in dict"),
        pytest.param(OF_CLASSIC, id="classic"),
        pytest.param(IN_LIST_OF_GROUP, id="in a list of a group"),
        pytest.param(OF_MEMBER, id="of a member"),
        pytest.param(OF_CONCAT.format("concatenated"), id="of a concat behind others"),
        pytest.param(OF_CONCAT.format("concatenated.zip(concatenated)"), id="of a zip of those"),
        pytest.param(BY_BUILTIN, id="by a function without source"),
    ],
)
def test_what_airflow_never_expands_is_refused(text: str, tmp_path: Path) -> None:
    assert ("AA215", "error") in codes_of(text, tmp_path)


def test_what_is_put_together_is_taken_alone_or_before_others(tmp_path: Path) -> None:
    assert codes_of(OF_CONCAT.format("concatenated.zip(given([1]))"), tmp_path) == []


def test_functions_of_the_file_are_applied(tmp_path: Path) -> None:
    assert ("AA215", "error") not in codes_of(BY_OWN, tmp_path)


def test_fail_fast_is_a_warning_where_tasks_run_side_by_side(tmp_path: Path) -> None:
    assert ("AA221", "warning") in codes_of(PARALLEL, tmp_path)


def test_fail_fast_is_exact_in_a_chain(tmp_path: Path) -> None:
    assert codes_of(CHAIN, tmp_path) == []
