"""What every DAG file with a task of ours imports, each time that Airflow reads it."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import json, sys
from airflow_argo.decorators.argo import argo_task
from airflow_argo.offload import ArgoTaskGroup, argo_task_group, offload
from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator
from airflow_argo.sensors.argo import ArgoWorkflowSensor
print(json.dumps(sorted(sys.modules)))
"""


def test_reading_a_dag_file_needs_neither_the_model_nor_the_compiler(tmp_path):
    environment = {"PATH": "/usr/bin:/bin", "AIRFLOW_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    modules = json.loads(done.stdout.splitlines()[-1])
    late = ("airflow_argo.model", "airflow_argo.compiler", "airflow_argo.lint", "airflow_argo.local", "kubernetes", "hera")
    assert [name for name in modules if name.startswith(late)] == []
