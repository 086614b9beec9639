"""What a DAG file does to the place where it is imported, beyond its own globals."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from airflow_argo.settings import load_settings
from airflow_argo.translator.dag_files import dags_of_file
from airflow_argo.translator.import_effects import ImportEffects, effects_of
from airflow_argo.translator.loading import prepare_environment
from airflow_argo.translator.python_settings import python_settings

prepare_environment()

DAG = "from airflow.sdk import DAG\n{}\nwith DAG('d', schedule=None): pass\n"


@pytest.mark.parametrize(
    ("statements", "effect"),
    [
        ("import os; os.environ['IMPORTED_X'] = '1' + '2'", "sets IMPORTED_X"),
        ("import os; os.environ.update({'IMPORTED_X': str(1)})", "sets IMPORTED_X"),
        ("def f():\n    import os; os.environ.setdefault('IMPORTED_X', os.getcwd())\nf()", "sets IMPORTED_X"),
        ("import os; os.environ['IMPORTED_X'] = '{{inputs.parameters.x}}'", "sets IMPORTED_X"),
        ("import os; os.environ['IMPORTED_X'] = 'a'; os.chdir('/')", "changes the folder it is in"),
        ("import beside", "sets IMPORTED_Y"),
        ("from pathlib import Path; Path(__file__).with_name('made').mkdir(exist_ok=True)", "makes or removes {folder}/made"),
        ("from pathlib import Path; Path(__file__).with_name('made').write_text('')", "writes {folder}/made"),
        ("import os; os.chdir('/')", "changes the folder it is in"),
        ("import os; os.umask(0o077)", "sets who may use the files that it makes"),
        ("import sys; sys.path.append('/nowhere')", None),
        ("import os; print(os.environ.get('HOME'), open(__file__).read())", None),
        ("import logging; logging.getLogger('a').setLevel(10)", None),
    ],
)
def test_effects_are_seen_and_undone(tmp_path: Path, statements: str, effect: str | None) -> None:
    (tmp_path / "beside.py").write_text("import os\nos.environ['IMPORTED_Y'] = '1'\n")
    file = tmp_path / "dag.py"
    file.write_text(DAG.format(statements))
    before = (dict(os.environ), Path.cwd(), list(sys.path))
    with dags_of_file(str(file), load_settings(file)) as (dags, _):
        found = effects_of(next(dags)).beyond
        there = dict(os.environ)
    assert found == (effect and effect.format(folder=tmp_path))
    assert (there != before[0]) == any(word in statements for word in ("IMPORTED", "beside"))
    assert (dict(os.environ), Path.cwd(), list(sys.path)) == before


@pytest.mark.parametrize(
    ("statements", "effect"),
    [
        ("import sys; sys.setrecursionlimit(4321)", "sets the depth to which calls may go"),
        ("def f():\n    import socket; socket.setdefaulttimeout(4.5)\nf()", "sets the timeout of sockets"),
        ("import locale; locale.setlocale(locale.LC_ALL, 'C.UTF-8')", "sets the locale"),
        ("import decimal; decimal.getcontext().prec = 4", "sets how decimals are calculated"),
        ("import decimal; decimal.getcontext().traps[decimal.Inexact] = True", "sets how decimals are calculated"),
        ("import warnings; warnings.simplefilter('error')", None),  # Airflow, too, forgets that after the import
        ("import ssl; ssl._create_default_https_context = ssl._create_unverified_context", "sets how certificates are checked"),
        ("import beside", "sets the depth to which calls may go"),
    ],
)
def test_what_is_set_for_all_of_python_is_seen_and_undone(tmp_path: Path, statements: str, effect: str | None) -> None:
    (tmp_path / "beside.py").write_text("import sys\nsys.setrecursionlimit(4321)\n")
    file = tmp_path / "dag.py"
    file.write_text(DAG.format(statements))
    before = python_settings()
    with dags_of_file(str(file), load_settings(file)) as (dags, _):
        assert effects_of(next(dags)) == ImportEffects(for_python=effect)
        assert (python_settings() != before) == (effect is not None)
    assert python_settings() == before


def test_variables_that_are_written_in_the_file_are_known(tmp_path: Path) -> None:
    file = tmp_path / "dag.py"
    sets = (
        "def f():\n    import os; os.environ.update({'IMPORTED_X': 'a', 'IMPORTED_Y': ''}); os.environ['IMPORTED_X'] = 'b'\nf()"
    )
    file.write_text(DAG.format(sets))
    with dags_of_file(str(file), load_settings(file)) as (dags, _):
        dag = next(dags)
    assert effects_of(dag) == ImportEffects({"IMPORTED_X": "b", "IMPORTED_Y": ""})


def test_what_a_file_that_airflow_imported_says_of_the_environment(tmp_path: Path) -> None:
    from airflow import sdk

    file = tmp_path / "dag.py"
    for text, effects in (
        ("import os\nos.environ['X'] = '1'\n", ImportEffects(beyond="sets environment variables")),
        ("import sys\nsys.setrecursionlimit(9)\n", ImportEffects(for_python="sets the depth to which calls may go")),
        ("import os\n", ImportEffects()),
    ):
        file.write_text(text)
        dag = sdk.DAG("d", schedule=None)
        dag.fileloc = str(file)
        assert effects_of(dag) == effects
