"""A real API server, a double of the controller in a namespace of our own, and a real Airflow with a database of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.cluster.conftest import (  # noqa: F401 - fixtures
    admin,
    api,
    certificate,
    cluster,
    kubeconfig,
    namespace,
    proxied,
    proxy,
)
from tests.provider.double import EngineController


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory):
    """A home with a migrated SQLite database, and the variables that point a process to it."""
    home = tmp_path_factory.mktemp("airflow")
    foreign = ("AIRFLOW", "_AIRFLOW")  # what other tests of this process set for themselves
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(foreign)},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parent / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], env=environment, check=True, capture_output=True)
    return environment


@pytest.fixture
def controller(api):  # noqa: F811
    """Something that runs the workflows of the test's namespace."""
    with EngineController(api) as double:
        yield double
        assert not double.errors


@pytest.fixture
def connection(kubeconfig, namespace):  # noqa: F811
    """`argo_default`, as JSON."""
    content = yaml.safe_load(Path(kubeconfig).read_text())
    extra = {"namespace": namespace, "kube_config": content, "ui_url": "https://argo.example.com/"}
    return json.dumps({"conn_type": "argo", "extra": extra})


@pytest.fixture
def secrets(kubeconfig):  # noqa: F811
    """What must be seen nowhere: the keys and tokens of the kubeconfig."""
    users = yaml.safe_load(Path(kubeconfig).read_text())["users"]
    return [value for one in users for key, value in one["user"].items() if key in ("client-key-data", "token", "password")]


@pytest.fixture
def run_dag(airflow_home, connection):
    """Runs a DAG of dags/ by `dag.test()` in its own process. Gives state, tasks (id → state), xcoms (id → key → value)."""

    def run(name, conf=None, timeout=300):
        command = [sys.executable, str(Path(__file__).parent / "run_dag.py"), name, json.dumps(conf or {})]
        environment = {**airflow_home, "AIRFLOW_CONN_ARGO_DEFAULT": connection}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout, check=False)
        last = done.stdout.strip().rpartition("\n")[2]
        assert last.startswith("{"), done.stdout[-3000:] + done.stderr[-3000:]
        return {**json.loads(last), "log": done.stdout + done.stderr}

    return run
