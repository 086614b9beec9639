"""A real API server, a double of the controller in a namespace of our own, and a real Airflow with a database of its own."""

from __future__ import annotations

import json
import subprocess
import uuid
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
from tests.provider.airflow_processes import PYTHON, migrated
from tests.provider.double import EngineController
from tests.provider.postgres import PostgresServer, postgres_programs


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory):
    """A home with a migrated SQLite database, and the variables that point a process to it."""
    return migrated(tmp_path_factory.mktemp("airflow"), dags=Path(__file__).parent / "dags")


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL of our own."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL can't be installed here")
    with PostgresServer(programs) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_home(request, tmp_path):
    """As `airflow_home`, for one test alone, on each database."""
    server = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    return migrated(tmp_path, server.database(f"airflow_{uuid.uuid4().hex[:8]}") if server else "")


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
        command = [PYTHON, str(Path(__file__).parent / "run_dag.py"), name, json.dumps(conf or {})]
        environment = {**airflow_home, "AIRFLOW_CONN_ARGO_DEFAULT": connection}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout, check=False)
        last = done.stdout.strip().rpartition("\n")[2]
        assert last.startswith("{"), done.stdout[-3000:] + done.stderr[-3000:]
        return {**json.loads(last), "log": done.stdout + done.stderr}

    return run
