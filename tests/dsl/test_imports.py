"""What `import airflow_argo` costs, and that all of its names are there."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import airflow_argo

FREE = {"ast", "collections", "contextlib", "copyreg", "dis", "enum", "functools", "importlib", "inspect", "itertools"}
FREE |= {"keyword", "linecache", "opcode", "operator", "re", "reprlib", "sre_compile", "sre_constants", "sre_parse", "token"}
FREE |= {"tokenize", "types", "typing", "warnings", "weakref"}
"""Modules that most programs have loaded anyway, or that take next to no time."""
DSL = "Workflow, ContainerJob, ResourceJob, ScriptJob, WorkflowParam, for_loop, while_loop, when, run_with, step"

PROGRAM = """
import json, sys
before = set(sys.modules)
{statement}
print(json.dumps(sorted({{name.split('.')[0] for name in set(sys.modules) - before}})))
"""


def loaded_by(statement):
    """The top-level modules that a statement loads in a new interpreter."""
    program = [sys.executable, "-c", PROGRAM.format(statement=statement)]
    return set(json.loads(subprocess.run(program, capture_output=True, text=True, check=True).stdout))


@pytest.mark.parametrize("statement", ["import airflow_argo", f"from airflow_argo import {DSL}"])
def test_importing_loads_nothing_that_takes_time(statement):
    loaded = {name for name in loaded_by(statement) if not name.startswith("_")}  # those that begin so are C
    assert loaded - FREE == {"airflow_argo"}


@pytest.mark.parametrize("name", airflow_argo.__all__)
def test_every_public_name_is_there_without_airflow_and_kubernetes(name):
    assert getattr(airflow_argo, name) is not None


def test_no_public_name_loads_airflow_or_the_kubernetes_client():
    assert {"airflow", "kubernetes", "hera"}.isdisjoint(loaded_by("from airflow_argo import *"))


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
