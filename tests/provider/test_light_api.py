"""What a triggerer makes of a connection is what Airflow's own hook makes of it."""

import json
import subprocess
import sys

import pytest

from airflow_argo.hooks.connection import ArgoConnection
from airflow_argo.hooks.kubernetes import kubernetes_api, light_kubernetes_api

SERVER = {"server": "https://1.2.3.4:6443", "insecure-skip-tls-verify": True}
CONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [
        {"name": "c", "cluster": SERVER},
        {"name": "d", "cluster": {"server": "https://5.6.7.8", "tls-server-name": "kubernetes"}},
    ],
    "users": [{"name": "u", "user": {"token": "t"}}, {"name": "v", "user": {"username": "a", "password": "b"}}],
    "contexts": [
        {"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "of-x"}},
        {"name": "y", "context": {"cluster": "d", "user": "v"}},
    ],
    "current-context": "x",
}


def facts(api):
    headers = {}
    api._client.update_params_for_auth(headers, [], ["BearerToken"])
    configuration = api._client.configuration
    return {
        "host": configuration.host,
        "namespace": api.namespace,
        "headers": headers,
        "verify": configuration.verify_ssl,
        "tls_server_name": configuration.tls_server_name,
    }


@pytest.mark.parametrize("way", ["kube_config", "kube_config_path", "KUBECONFIG"])
@pytest.mark.parametrize("more", [{}, {"cluster_context": "y"}, {"namespace": "own"}, {"verify": False}])
def test_both_ways_are_one(way, more, tmp_path, monkeypatch):
    path = tmp_path / "config"
    path.write_text(json.dumps(CONFIG))
    monkeypatch.setenv("KUBECONFIG", str(path) if way == "KUBECONFIG" else str(tmp_path / "none"))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(path))  # read when it is imported
    given = {"kube_config": {"kube_config": CONFIG}, "kube_config_path": {"kube_config_path": str(path)}}.get(way, {})
    connection = ArgoConnection("c", **given, **more)
    assert facts(light_kubernetes_api(connection)) == facts(kubernetes_api(connection))


def test_a_triggerer_loads_no_hook_of_airflows(tmp_path):
    program = """
import asyncio, json, sys
from airflow_argo.hooks.argo import ArgoHook
from airflow_argo.triggers.argo import ArgoWorkflowTrigger
api = asyncio.run(ArgoHook.make("c")).api
large = ("kubernetes_asyncio", "airflow.providers.cncf.kubernetes.hooks.kubernetes")
print(json.dumps([api.place.server, [name for name in large if name in sys.modules]]))
"""
    connection = json.dumps({"conn_type": "argo", "extra": {"kube_config": CONFIG}})
    environment = {"AIRFLOW_CONN_C": connection, "PATH": "/usr/bin:/bin", "AIRFLOW_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == ["https://1.2.3.4:6443", []]
