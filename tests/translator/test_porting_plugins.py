"""What Airflow 1.10 gave at the top of its packages, its own and plugins', is imported from where it is."""

from __future__ import annotations

import ast
from pathlib import Path

from airflow_argo.translator.loading import prepare_environment
from airflow_argo.translator.porting import ported
from airflow_argo.translator.porting_names import OLD_HOMES

prepare_environment()

PLUGIN = """
from airflow.plugins_manager import AirflowPlugin
import operators
from hooks.store import StoreHook
class Mine(AirflowPlugin):
    name = "mine"
    operators = [operators.Load, operators.Check]
    hooks = [StoreHook]
"""


def test_what_plugins_put_into_airflows_packages_is_imported_from_their_folder(tmp_path: Path) -> None:
    texts = {
        "plugins/__init__.py": PLUGIN,
        "plugins/operators/__init__.py": "from operators.load import Load",
        "plugins/operators/load.py": "from airflow.sdk import BaseOperator\nclass Load(BaseOperator): pass",
        "plugins/operators/other.py": "class Unlisted: pass",
        "plugins/operators/checks.py": "class Check: pass\nclass Helper: pass",
        "plugins/hooks/store.py": "class StoreHook: pass",
        "dags/team/dag.py": """
from airflow import DAG
from airflow.hooks import StoreHook
from airflow.hooks.mine import StoreHook as Store
from airflow.operators import (BashOperator, Load,
                               Unlisted)
from airflow.operators.mine import Check as C, Load
from airflow.operators.other_plugin import Load as L
with DAG('d', schedule_interval=None):
    BashOperator(task_id='a', bash_command=f'{StoreHook} {Unlisted} {C} {L} {Store}') >> Load(task_id='b')
""",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    lines = ported(tmp_path / "dags/team/dag.py").text.replace("; ", "\n").splitlines()
    assert {
        "from hooks.store import StoreHook",
        "from hooks.store import StoreHook as Store",
        "from operators.load import Load",
        "from operators.checks import Check as C",
        "from airflow.operators import Unlisted",
        "from airflow.operators.other_plugin import Load as L",
        "from airflow.providers.standard.operators.bash import BashOperator",
    } <= {line.strip() for line in lines}


def test_all_that_airflow_1_gave_at_the_top_of_its_packages_is_moved(tmp_path: Path) -> None:
    gone = {"HdfsSensor", "S3PrefixSensor", "SubDagOperator"}
    text = "".join(f"from {home.rpartition('.')[0]} import {name}\nprint({name})\n" for name, home in OLD_HOMES.items())
    (tmp_path / "dag.py").write_text(text + "from airflow.operators.sensors import SqlSensor as Sql\nprint(Sql)\n")
    made = ported(tmp_path / "dag.py")
    imports = [node for node in ast.walk(ast.parse(made.text)) if isinstance(node, ast.ImportFrom)]
    stayed = {
        alias.name
        for node in imports
        for alias in node.names
        if not str(node.module).startswith(("airflow.sdk", "airflow.providers"))
    }
    assert stayed == gone
