"""What campaigns need: an Airflow, a cluster with a controller or its double, and proxies between, at fault on demand."""

from __future__ import annotations

import json
import secrets
import uuid
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

from airflow_argo.cluster import Cluster
from airflow_argo.cluster.client import connect
from airflow_argo.cluster.config import find_connection
from airflow_argo.cluster.resources import NAMESPACES, Call
from tests.cluster.conftest import remove_namespace
from tests.provider.airflow_processes import AirflowProcesses, migrated
from tests.provider.argo_server import ArgoServerDouble
from tests.provider.double import EngineController
from tests.provider.faults.campaign import Scene
from tests.provider.faults.faults import FAULTS
from tests.provider.faults.guarded_proxy import GuardedProxy
from tests.provider.faults.ledger import Ledger
from tests.provider.faults.private_cluster import PrivateCluster
from tests.provider.postgres import PostgresServer, postgres_programs

DAGS = Path(__file__).parent / "dags"
# A scheduler writes all tasks of a query to its workers' pipe before it looks whether a worker lives: they have to fit in there
SETTINGS = {
    "AIRFLOW__CORE__PARALLELISM": "32",
    "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "200",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "4",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "6",
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__MAX_TIS_PER_QUERY": "16",
}


class Place:
    """A namespace on a cluster: with a controller or its double in it, and a ledger of all that happens there."""

    def __init__(self, stack, config, *, keep=False):
        self.api = connect(find_connection(config), "default")
        self.namespace = f"faults-{uuid.uuid4().hex[:6]}"
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}
        self.api.send(Call("create", NAMESPACES, ""), space)
        if not keep:
            stack.callback(remove_namespace, self.api, self.namespace)
        here = self.api.in_namespace(self.namespace)
        self.cluster = Cluster(here)
        self.ledger = stack.enter_context(Ledger(here))
        self.controller = stack.enter_context(EngineController(here))


class Stage:
    """Made by `stage`. What only some campaigns need is made when the first of them comes."""

    def __init__(self, stack, folder, kubeconfig, count):
        self._stack, self._folder = stack, folder
        self._place = Place(stack, kubeconfig)
        self._proxy = GuardedProxy(self._place.api, folder / "token")
        stack.callback(self._proxy.close)
        self._server = GuardedProxy(self._place.api, folder / "server-token", self._argo_server())
        stack.callback(self._server.close)
        self._private = PrivateCluster()
        self.airflow = stack.enter_context(self._airflow(count))
        self.airflow.until_parsed(*(dag for fault in FAULTS.values() for dag in fault.dags))

    def scene(self, fault):
        """A scene for a fault."""
        if fault.connection == "argo_restarted":
            return Scene(
                self.airflow, self._proxy, self._private_place.cluster, self._private_place.ledger, restartable=self._private
            )
        proxy = self._server if fault.connection == "argo_server" else self._proxy
        return Scene(self.airflow, proxy, self._place.cluster, self._place.ledger)

    @cached_property
    def _private_place(self):
        self._stack.enter_context(self._private)
        place = Place(self._stack, self._private.kubeconfig(), keep=True)
        (self._folder / "private.json").write_text(json.dumps(self._private.kubeconfig(place.namespace)))
        return place

    def _argo_server(self):
        """Requests to a double of an Argo server."""
        certificate = _certificate(self._folder)
        double = ArgoServerDouble(self._place.api, certificate)
        self._stack.callback(double.close)
        self._argo_server_token = double.token
        return double.upstream()

    def _airflow(self, count):
        extra = {"namespace": self._place.namespace, "kube_config": self._proxy.kubeconfig()}
        server = {"namespace": self._place.namespace, "token_file": str(self._folder / "server-token")}
        connections = {
            "argo_default": json.dumps({"conn_type": "argo", "extra": extra}),
            "argo_server": json.dumps({"conn_type": "argo", "host": self._server.url, "extra": server}),
            "argo_restarted": json.dumps(
                {"conn_type": "argo", "extra": {"kube_config_path": str(self._folder / "private.json")}}
            ),
        }
        environment = airflow_home(self._stack, self._folder)
        return AirflowProcesses(environment, DAGS, connections, {**SETTINGS, "CAMPAIGN_COUNT": str(count)})


@contextmanager
def stage(folder, kubeconfig, count):
    """All of it; `count` tasks a campaign."""
    with ExitStack() as stack:
        yield Stage(stack, folder, kubeconfig, count)


def airflow_home(stack, folder):
    """The environment of an Airflow on PostgreSQL, or on SQLite where that can't be installed."""
    programs = postgres_programs()
    server = stack.enter_context(PostgresServer(programs)) if programs else None
    return migrated(folder, server.database(f"airflow_{secrets.token_hex(4)}") if server else "")


def _certificate(folder):
    from tests.cluster.conftest import write_certificate

    return write_certificate(folder / "tls")
