"""Connections of type `argo`, and of type `kubernetes`."""

import asyncio
import json

import pytest
from airflow.sdk import Connection

from airflow_argo.cluster.errors import ConfigurationError
from airflow_argo.hooks.argo import ArgoHook
from airflow_argo.hooks.connection import ArgoConnection
from airflow_argo.provider import CONNECTION_FIELDS, get_provider_info

CONFIG = {
    "clusters": [{"name": "c", "cluster": {"server": "https://1.2.3.4:6443"}}],
    "users": [{"name": "u", "user": {"token": "SECRET-TOKEN"}}],
    "contexts": [
        {"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "of-x"}},
        {"name": "y", "context": {"cluster": "c", "user": "u"}},
    ],
    "current-context": "x",
}


def connection(conn_type="argo", extra=None, **fields):
    return ArgoConnection.of("c", Connection(conn_id="c", conn_type=conn_type, extra=json.dumps(extra or {}), **fields))


def hook(extra):
    return ArgoHook("c", connection=connection(extra=extra))


def test_a_kubeconfig_in_the_connection(tmp_path):
    path = tmp_path / "config"
    path.write_text(json.dumps(CONFIG))
    for given in ({"kube_config": CONFIG}, {"kube_config": json.dumps(CONFIG)}, {"kube_config_path": str(path)}):
        assert hook(given).cluster.server == "https://1.2.3.4:6443"
        assert hook(given).namespace == "of-x"
        assert hook({**given, "cluster_context": "y"}).namespace == "default"
        assert hook({**given, "namespace": "own"}).namespace == "own"


def test_kubernetes_connections_can_be_used_too():
    made = connection(
        "kubernetes", {"extra__kubernetes__namespace": "n", "extra__kubernetes__in_cluster": False}, host="ignored"
    )
    assert (made.namespace, made.server) == ("n", "")


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"in_cluster": "perhaps"}, "in_cluster is 'perhaps'"),
        ({"in_cluster": True, "kube_config_path": "/x"}, "in_cluster and kube_config_path"),
        ({"kube_config": "a: [SECRET"}, "neither YAML nor JSON"),
        ({"kube_config": "text"}, "no kubeconfig"),
        ({"namespace": ["a"]}, "namespace is of type list; give a text"),
        ({"kube_config_path": True}, "kube_config_path is of type bool"),
        ({"ui_url": "javascript://x"}, "ui_url is 'javascript://x'"),
    ],
)
def test_what_is_wrong_is_said_without_secrets(extra, said):
    with pytest.raises(ConfigurationError, match="connection 'c'") as raised:
        connection(extra=extra)
    assert said in str(raised.value)
    assert "SECRET" not in str(raised.value)


def test_a_field_that_means_nothing_is_said():
    found = connection(extra={"in-cluster": True, "team": "x", "extra__argo__namespace": "n"})
    assert found.remarks == (
        "its extra has 'in-cluster', which means nothing; did you mean 'in_cluster'?",
        "its extra has 'team', which means nothing",
    )
    assert connection("kubernetes", {"xcom_sidecar_container_image": "x"}).remarks == ()


@pytest.mark.parametrize("extra", ["namespace: SECRET", '["SECRET"]', '{"namespace": "SECRET"'])
def test_an_extra_that_airflow_takes_for_empty_leads_to_no_other_cluster(extra):
    with pytest.raises(ConfigurationError, match="connection 'c': its extra is no JSON object") as raised:
        ArgoConnection.of("c", Connection(conn_id="c", conn_type="argo", extra=extra))
    assert "SECRET" not in str(raised.value)


@pytest.mark.parametrize("conn_id", ["argo_default", "other"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"conn_type": "argo", "extra": {"token": "SECRET"', "can't be read as a connection; write it as"),
        ('{"conn_type": "argo", "namespace": "SECRET"}', "can't be read as a connection"),
        ("argo://SECRET:port", "can't be read as a connection"),
        ("argo.SECRET.com", "has no type and nothing else that can be read"),
        ('["SECRET"]', "has no type"),
    ],
)
def test_a_variable_that_is_no_connection_leads_to_no_other_cluster(conn_id, text, said, monkeypatch):
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", text)
    for look in (lambda: ArgoHook(conn_id).connection, lambda: asyncio.run(ArgoHook.make(conn_id))):
        with pytest.raises(ConfigurationError, match=said) as caught:
            look()
        assert "SECRET" not in str(caught.value)


def test_an_empty_variable_is_none(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_ARGO_DEFAULT", " ")
    assert ArgoHook().connection == ArgoConnection("argo_default")


def test_a_plain_name_comes_before_one_with_a_prefix():
    assert connection(extra={"extra__kubernetes__namespace": "", "namespace": "n"}).namespace == "n"
    assert connection(extra={"extra__kubernetes__namespace": "old", "namespace": "n"}).namespace == "n"


@pytest.mark.parametrize(
    ("given", "url"),
    [("argo.example.com/argo/", "https://argo.example.com/argo"), ("http://argo:2746/", "http://argo:2746"), ("", "")],
)
def test_links_lead_to_a_url_with_a_scheme(given, url, monkeypatch):
    assert connection(extra={"ui_url": given}).ui_url == url
    monkeypatch.setenv("AIRFLOW__ARGO__UI_URL", given)
    assert hook({"namespace": "n", "kube_config": CONFIG}).workflow_url("w") == (f"{url}/workflows/n/w" if url else "")


def test_a_broken_kubeconfig_is_an_error_without_its_content():
    with pytest.raises(ConfigurationError) as raised:
        _ = hook({"kube_config": {**CONFIG, "current-context": "z"}}).cluster
    assert "SECRET" not in str(raised.value)
    assert "SECRET" not in repr(connection(extra={"kube_config": CONFIG}, password="SECRET"))


def test_the_form_has_the_fields_that_are_read():
    fields = get_provider_info()["connection-types"][0]["conn-fields"]
    assert fields is CONNECTION_FIELDS
    read = {"namespace", "in_cluster", "kube_config_path", "kube_config", "cluster_context", "disable_verify_ssl"}
    assert read <= set(fields)


@pytest.mark.parametrize(
    ("fields", "server"),
    [
        ({"host": "argo.example.com"}, "https://argo.example.com"),
        ({"host": "https://argo.example.com:2746/"}, "https://argo.example.com:2746"),
        ({"host": "argo.example.com", "schema": "http", "port": 2746}, "http://argo.example.com:2746"),
        ({"host": "https://argo.example.com/argo/", "port": 2746}, "https://argo.example.com:2746/argo"),
        ({"host": "argo.example.com:2746/argo", "port": 80}, "https://argo.example.com:2746/argo"),
        ({"host": "[::1]", "port": 2746}, "https://[::1]:2746"),
        ({"host": "https://argo.example.com/argo/api/v1/"}, "https://argo.example.com/argo"),
    ],
)
def test_the_argo_servers_url(fields, server):
    assert connection(**fields).server == server


@pytest.mark.parametrize(
    "host", ["ftp://x", "https://", "argo example com", "https://x:port", "https://x/workflows?limit=5", "https://u:SECRET@x"]
)
def test_what_is_no_url_of_an_argo_server_is_refused(host):
    with pytest.raises(ConfigurationError, match="connection 'c': its host ") as raised:
        connection(host=host)
    assert "SECRET" not in str(raised.value)
