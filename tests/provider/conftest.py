"""A real API server, a real Airflow with a database of its own, and a controller: the cluster's, or a double in our namespace.

Tests that take `controller` run where the cluster's own one does (ARGO_NAMESPACE, by default `argo`), module after module.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import tempfile
import uuid
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from airflow_argo.cluster import Cluster, Patience
from airflow_argo.cluster.resources import Call, Resource
from airflow_argo.hooks.argo import ArgoHook
from airflow_argo.hooks.connection import ArgoConnection
from tests.cluster.conftest import (  # noqa: F401 - fixtures
    CONTROLLER_NAMESPACE,
    admin,
    api,
    certificate,
    cluster,
    kubeconfig,
    no_controller,
    own_namespace,
    proxied,
    proxy,
)
from tests.provider.airflow_processes import PYTHON, migrated
from tests.provider.argo_server import TOKEN, ArgoServerDouble
from tests.provider.double import EngineController
from tests.provider.made import made_by_airflow
from tests.provider.marks import Marks
from tests.provider.postgres import PostgresServer, postgres_programs

NODES = Resource("Node", "nodes", group="", version="v1", namespaced=False)


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


@pytest.fixture(scope="module")
def namespace(admin, request):  # noqa: F811 - a fixture
    """For one module's tests: of its own, or that of the cluster's controller, which no other test uses meanwhile."""
    takes = any("controller" in one.fixturenames for one in request.session.items if one.path == request.path)
    if not takes or request.getfixturevalue("no_controller"):
        with own_namespace(admin, request) as name:
            yield name
        return
    with Path(tempfile.gettempdir(), f"argo-tests-in-{CONTROLLER_NAMESPACE}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        remove_workflows(admin)
        yield CONTROLLER_NAMESPACE
        remove_workflows(admin)


def remove_workflows(admin):  # noqa: F811 - a fixture
    """Those that an Airflow has made."""
    there = Cluster(admin.in_namespace(CONTROLLER_NAMESPACE))
    for one in made_by_airflow(there):
        there.delete(one.name, missing_ok=True)


@pytest.fixture(scope="module")
def controller(admin, namespace):  # noqa: F811 - a fixture
    """Something that runs the workflows of the module's namespace."""
    if namespace == CONTROLLER_NAMESPACE:
        yield
        return
    with EngineController(admin.in_namespace(namespace)) as double:
        yield
        assert not double.errors


@pytest.fixture(scope="module")
def image_with_airflow(namespace):
    """For pods that need an Airflow: one of those that the cluster's nodes have, by IMAGES."""
    if namespace != CONTROLLER_NAMESPACE:
        return "lab/task:1"
    found = [one for one in os.environ.get("IMAGES", "").split() if "airflow" in one]
    if not found:
        pytest.skip("IMAGES names no image with Airflow that the cluster's nodes have")
    return found[0]


@pytest.fixture
def marks(admin, namespace):  # noqa: F811 - a fixture
    """What pods tell us. If the API server is on this machine, so is the only node; else it sees us where we come from."""
    host = urlsplit(admin.place.server).hostname
    if namespace != CONTROLLER_NAMESPACE:
        address = "127.0.0.1"
    elif ip_address(socket.gethostbyname(host)).is_loopback:
        [node] = admin.send(Call("list", NODES, ""))["items"]
        address = next(one["address"] for one in node["status"]["addresses"] if one["type"] == "InternalIP")
    else:
        with socket.create_connection((host, urlsplit(admin.place.server).port or 443)) as connected:
            address = connected.getsockname()[0]
    with Marks(address) as made:
        yield made


@pytest.fixture
def connection(kubeconfig, namespace):  # noqa: F811 - a fixture
    """`argo_default`, as JSON."""
    content = yaml.safe_load(Path(kubeconfig).read_text())
    extra = {"namespace": namespace, "kube_config": content, "ui_url": "https://argo.example.com/"}
    return json.dumps({"conn_type": "argo", "extra": extra})


@pytest.fixture
def secrets(kubeconfig):  # noqa: F811 - a fixture
    """What must be seen nowhere: the keys and tokens of the kubeconfig."""
    users = yaml.safe_load(Path(kubeconfig).read_text())["users"]
    return [value for one in users for key, value in one["user"].items() if key in ("client-key-data", "token", "password")]


@pytest.fixture
def run_dag(airflow_home, connection):
    """Runs a DAG of dags/ by `dag.test()` in its own process. Gives state, tasks (id → state), xcoms (id → key → value)."""

    def run(name, conf=None, timeout=300, dated=True):
        command = [PYTHON, str(Path(__file__).parent / "run_dag.py"), name, json.dumps(conf or {}), "dated" if dated else ""]
        environment = {**airflow_home, "AIRFLOW_CONN_ARGO_DEFAULT": connection}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout, check=False)
        last = done.stdout.strip().rpartition("\n")[2]
        assert last.startswith("{"), done.stdout[-3000:] + done.stderr[-3000:]
        return {**json.loads(last), "log": done.stdout + done.stderr}

    return run


@pytest.fixture
def argo_server(api, certificate):  # noqa: F811 - a fixture
    """A double of an Argo server before the API server."""
    double = ArgoServerDouble(api, certificate)
    yield double
    double.close()


@pytest.fixture
def hook(argo_server, certificate, namespace):  # noqa: F811 - a fixture
    """Makes a hook that asks the Argo server; with fields of its connection."""

    def made(**fields):
        known = {"server": argo_server.url, "token": TOKEN, "namespace": namespace, "ca_file": str(certificate / "tls.crt")}
        return ArgoHook("c", connection=ArgoConnection("c", **{**known, **fields}), patience=Patience(answer=10, faults=2))

    return made
