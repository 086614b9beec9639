"""Finding the cluster: kubectl's search, the merging of files, and messages that name the file and hide what is secret."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess

import pytest
import yaml

from airflow_argo.cluster import config
from airflow_argo.cluster.config import find_connection, merged
from airflow_argo.cluster.errors import ConfigurationError

CERTIFICATE = base64.b64encode(b"-----BEGIN CERTIFICATE-----\n").decode()


def kubeconfig(name="c", server="https://server:6443", user=None, namespace=None, current=True, **cluster):
    context = {"cluster": name, "user": name} | ({"namespace": namespace} if namespace else {})
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server, **cluster}}],
        "users": [{"name": name, "user": user or {"token": "s3cret"}}],
        "contexts": [{"name": name, "context": context}],
    } | ({"current-context": name} if current else {})


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    for name in ("KUBERNETES_SERVICE_HOST", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content))
    return path


def headers_of(connection):
    from kubernetes.client import ApiClient

    headers = {}
    ApiClient(configuration=connection.configuration).update_params_for_auth(headers, [], ["BearerToken"])
    return headers


def test_content_as_a_dict(home):
    found = find_connection(kubeconfig(namespace="team"))
    assert (found.configuration.host, found.namespace) == ("https://server:6443", "team")
    assert headers_of(found) == {"authorization": "Bearer s3cret"}


def test_a_context_without_namespace_means_default(home):
    assert find_connection(kubeconfig()).namespace == "default"


def test_the_file_in_the_home_folder(home):
    write(home / ".kube/config", kubeconfig(server="https://home"))
    assert find_connection().configuration.host == "https://home"


def test_the_environment_comes_before_the_home_folder(home, monkeypatch):
    write(home / ".kube/config", kubeconfig(server="https://home"))
    monkeypatch.setenv("KUBECONFIG", str(write(home / "other", kubeconfig(server="https://other"))))
    assert find_connection().configuration.host == "https://other"


def test_an_argument_comes_before_the_environment(home, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(write(home / "other", kubeconfig(server="https://other"))))
    assert find_connection(write(home / "mine", kubeconfig(server="https://mine"))).configuration.host == "https://mine"


def test_another_context(home):
    both = merged([kubeconfig("a", "https://a"), kubeconfig("b", "https://b", namespace="nb")])
    found = find_connection(both, context="b")
    assert (found.configuration.host, found.namespace) == ("https://b", "nb")


def test_several_files_missing_ones_are_passed_over(home, monkeypatch):
    first, second = kubeconfig("a", "https://a", current=False), kubeconfig("b")
    paths = [home / "missing", write(home / "a", first), write(home / "b", second)]
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, paths)))
    assert "context 'b'" in find_connection().source
    assert find_connection(context="a").configuration.host == "https://a"


def test_the_first_file_that_says_something_wins():
    one, two = kubeconfig("x", "https://one"), kubeconfig("x", "https://two") | {"current-context": "other"}
    both = merged([one, two])
    assert both["clusters"] == one["clusters"]
    assert both["current-context"] == "x"


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl, the judge, is not installed")
def test_merging_is_kubectls(tmp_path):
    contents = [
        kubeconfig("a", "https://a1", current=False),
        kubeconfig("b", "https://b", namespace="nb"),
        merged([kubeconfig("a", "https://a2"), kubeconfig("c", "https://c")]),
    ]
    paths = [str(write(tmp_path / f"{number}", content)) for number, content in enumerate(contents)]
    environ = {"KUBECONFIG": os.pathsep.join(paths), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    command = ["kubectl", "config", "view", "--raw", "-o", "json"]
    theirs = json.loads(subprocess.run(command, env=environ, capture_output=True, check=True).stdout)
    ours = merged(contents)
    assert ours["current-context"] == theirs["current-context"]
    for section in ("clusters", "users", "contexts"):
        assert sorted(ours[section], key=lambda entry: entry["name"]) == theirs[section]


def test_paths_are_relative_to_the_file_that_names_them(home):
    (home / "kube").mkdir()
    (home / "kube/ca.crt").write_text("ca")
    (home / "kube/token").write_text("from-file\n")
    content = kubeconfig(user={"tokenFile": "token"}, **{"certificate-authority": "ca.crt"})
    found = find_connection(write(home / "kube/config", content))
    assert found.configuration.ssl_ca_cert == str(home / "kube/ca.crt")
    assert headers_of(found) == {"authorization": "Bearer from-file"}


def test_a_token_file_is_read_again(home):
    """Tokens of projected volumes are replaced every hour."""
    (home / "token").write_text("first")
    found = find_connection(kubeconfig(user={"tokenFile": str(home / "token")}))
    assert headers_of(found) == {"authorization": "Bearer first"}
    (home / "token").write_text("second\n")
    assert headers_of(found) == {"authorization": "Bearer second"}


def test_the_proxy_of_a_cluster(home):
    found = find_connection(kubeconfig(**{"proxy-url": "http://jane:s3cret@proxy:3128"}))
    assert found.configuration.proxy == "http://jane:s3cret@proxy:3128"
    assert "s3cret" not in repr(found)


@pytest.fixture
def pod(home, monkeypatch):
    """What Kubernetes puts into each pod."""
    folder = home / "serviceaccount"
    folder.mkdir()
    (folder / "token").write_text("pod-token")
    (folder / "ca.crt").write_text("ca")
    (folder / "namespace").write_text("pod-ns\n")
    monkeypatch.setattr(config, "IN_CLUSTER_FOLDER", folder)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    return folder


def test_in_a_pod_without_kubeconfig(pod):
    found = find_connection()
    assert (found.configuration.host, found.namespace) == ("https://10.0.0.1:443", "pod-ns")
    assert headers_of(found)["authorization"].lower() == "bearer pod-token"


def test_in_a_pod_with_kubeconfig(pod, home):
    write(home / ".kube/config", kubeconfig(server="https://home"))
    assert find_connection().configuration.host == "https://home"
    assert find_connection(in_cluster=True).configuration.host == "https://10.0.0.1:443"


def test_in_a_pod_with_an_empty_kubeconfig(pod, home):
    write(home / ".kube/config", {"apiVersion": "v1", "kind": "Config", "clusters": [], "contexts": [], "users": []})
    assert find_connection().configuration.host == "https://10.0.0.1:443"


def test_in_a_pod_that_must_not_be_used(pod):
    with pytest.raises(ConfigurationError, match="looked for"):
        find_connection(in_cluster=False)


def test_outside_of_a_pod(home):
    with pytest.raises(ConfigurationError, match="in-cluster configuration: Service host/port is not set"):
        find_connection(in_cluster=True)


BAD = [
    ({"current-context": ""}, "has no current context; pass context=, one of: 'c'"),
    ({"current-context": "gone"}, "has no context 'gone'; use one of: 'c'"),
    ({"clusters": []}, "has no cluster 'c'; repair the context 'c'"),
    ({"users": []}, "has no user 'c'; repair the context 'c'"),
    ({"clusters": [{"name": "c", "cluster": {}}]}, "the cluster 'c' has no server"),
    ({"clusters": [{"name": "c", "cluster": {"server": "https://x", "certificate-authority": "/no/ca"}}]}, "/no/ca"),
    ({"users": [{"name": "c", "user": {"client-certificate-data": "s3cret!", "client-key-data": "s3cret!"}}]}, "no base64"),
    ({"users": [{"name": "c", "user": {"exec": {"command": "/no/such/login"}}}]}, "'/no/such/login' gave no credentials"),
]


@pytest.mark.parametrize(("change", "message"), BAD, ids=[message[:30] for _, message in BAD])
def test_what_is_missing_is_named(home, change, message):
    path = write(home / "config", kubeconfig() | change)
    with pytest.raises(ConfigurationError) as caught:
        find_connection(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [("users: [token: s3cret", "is no YAML"), ("- s3cret", "is no kubeconfig"), ("\tx: s3cret", "is no YAML (line 1)")],
)
def test_a_file_that_is_none(home, text, message):
    (home / "config").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        find_connection(home / "config")
    assert message in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_no_file_at_all(home):
    with pytest.raises(ConfigurationError, match=r"looked for .*\.kube/config; set KUBECONFIG, pass kubeconfig="):
        find_connection()
    with pytest.raises(ConfigurationError, match="looked for /no/such/file"):
        find_connection("/no/such/file")


def test_the_kubernetes_packages_defaults_are_left_alone(home):
    from kubernetes.client import Configuration

    before = Configuration._default
    one, two = find_connection(kubeconfig(server="https://one")), find_connection(kubeconfig(server="https://two"))
    assert (one.configuration.host, two.configuration.host) == ("https://one", "https://two")
    assert Configuration._default is before
