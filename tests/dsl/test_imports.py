"""What `import airflow_argo` costs, and that all of its names are there."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import airflow_argo

HEAVY = {"airflow", "kubernetes", "hera", "pendulum", "rich", "yaml", "asyncio", "http", "urllib3"}
DSL = "Workflow, ContainerJob, ResourceJob, ScriptJob, WorkflowParam, for_loop, while_loop, when, run_with, step"

PROGRAM = """
import json, sys, time
before = set(sys.modules)
begin = time.process_time()
{statement}
seconds = time.process_time() - begin
print(json.dumps([seconds, sorted({{name.split('.')[0] for name in set(sys.modules) - before}})]))
"""


def fresh(statement, times=5):
    """(seconds of processor time, names of top-level modules) of a statement in a new interpreter: the best of some."""
    program = [sys.executable, "-c", PROGRAM.format(statement=statement)]
    runs = (subprocess.run(program, capture_output=True, text=True, check=True) for _ in range(times))
    return min(json.loads(run.stdout) for run in runs)


@pytest.mark.parametrize("statement", ["import airflow_argo", f"from airflow_argo import {DSL}"])
def test_importing_costs_next_to_nothing(statement):
    seconds, modules = fresh(statement)
    busy_machine = 3 * fresh("import typing, re, enum")[0]  # 10 ms each on one that isn't
    assert seconds < max(0.05, busy_machine)
    assert HEAVY.isdisjoint(modules)
    assert "dataclasses" not in modules


@pytest.mark.parametrize("name", airflow_argo.__all__)
def test_every_public_name_is_there_without_airflow_and_kubernetes(name):
    assert getattr(airflow_argo, name) is not None


def test_no_public_name_loads_airflow_or_the_kubernetes_client():
    _, modules = fresh("from airflow_argo import *", times=1)
    assert {"airflow", "kubernetes", "hera"}.isdisjoint(modules)


def test_the_names_for_type_checkers_are_those_at_run_time():
    import ast
    from pathlib import Path

    tree = ast.parse(Path(airflow_argo.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    checked = {
        alias.asname: f"{node.module}" for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert checked == airflow_argo._HOME
    assert set(airflow_argo.__all__) == set(checked) <= set(dir(airflow_argo))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Workfow'"):
        airflow_argo.Workfow  # noqa: B018
