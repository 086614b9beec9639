"""The hook over an Argo server's REST API, by TLS and tokens."""

import threading
import time

import pytest

from airflow_argo.cluster import (
    AlreadyExistsError,
    InvalidError,
    NotFoundError,
    Patience,
    RejectedError,
    TlsError,
    UnauthorizedError,
)
from airflow_argo.hooks.argo import ArgoHook
from airflow_argo.hooks.connection import ArgoConnection
from tests.cluster.conftest import NO_OP
from tests.cluster.controller import set_status
from tests.provider.argo_server import TOKEN, ArgoServerDouble
from tests.provider.test_submit import TEMPLATE

pytestmark = pytest.mark.cluster


@pytest.fixture
def server(api, certificate):
    double = ArgoServerDouble(api, certificate)
    yield double
    double.close()


@pytest.fixture
def hook(server, certificate, namespace):
    def made(**fields):
        known = {"server": server.url, "token": TOKEN, "namespace": namespace, "ca_file": str(certificate / "tls.crt")}
        return ArgoHook("c", connection=ArgoConnection("c", **{**known, **fields}), patience=Patience(answer=10, faults=2))

    return made


def test_a_workflow_is_submitted_once_watched_and_read(hook, api):
    cluster = hook().cluster
    made = cluster.submit(NO_OP, name="one", key="k", labels={"a": "b"})
    assert not made.adopted
    assert cluster.submit(NO_OP, name="one", key="k").adopted
    with pytest.raises(AlreadyExistsError):
        cluster.submit(NO_OP, name="one", key="another")
    outputs = {"parameters": [{"name": "x", "value": "1"}]}
    threading.Timer(1, lambda: set_status(api, "one", "Succeeded", outputs=outputs)).start()
    started = time.monotonic()
    assert cluster.wait("one", uid=made.uid, timeout=20).outputs == {"x": "1"}
    assert time.monotonic() - started < 10
    assert [one.name for one in cluster.list(label_selector="a=b")] == ["one"]
    cluster.delete("one")
    with pytest.raises(NotFoundError):
        cluster.get("one")


def test_templates_and_actions_are_the_servers(hook, server):
    cluster = hook().cluster
    assert cluster.apply(TEMPLATE) == ("WorkflowTemplate/greet",)
    assert cluster.apply(TEMPLATE) == ()
    made = cluster.submit_from("workflowtemplate/greet", parameters={"word": "x"})
    assert cluster.stop(made.name).manifest["spec"]["shutdown"] == "Stop"
    assert ("PUT", f"/api/v1/workflows/{cluster.namespace}/{made.name}/stop") in server.requests
    server.pod_logs = {"w-a-1": ["hello", "x"], "w-b-2": ["y"]}
    assert [line.text for line in cluster.logs(made.name)] == ["hello", "x", "y"]
    assert [line.text for line in cluster.logs(made.name, nodes=["w-2"])] == ["y"]


def test_what_the_server_cannot_do_is_said(hook):
    with pytest.raises(RejectedError, match="Kubernetes API"):
        hook().cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {}})
    with pytest.raises(InvalidError):
        hook().cluster.submit({**NO_OP, "spec": {"templates": 3}})
    assert not hook().can_annotate


def test_tokens(hook, server, tmp_path):
    good, text = hook().test_connection()
    assert good, text
    good, text = hook(token="WRONG-SECRET").test_connection()
    assert not good
    assert "SECRET" not in text
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    renewed = hook(token="", token_file=str(file))
    assert renewed.test_connection()[0]
    server.token = "next"
    with pytest.raises(UnauthorizedError):
        renewed.cluster.get("x")
    file.write_text("next")
    with pytest.raises(NotFoundError):
        renewed.cluster.get("x")


def test_a_certificate_that_nobody_trusts_is_refused_unless_said_otherwise(hook):
    with pytest.raises(TlsError):
        next(iter(hook(ca_file="").cluster.list()), None)
    assert hook(ca_file="", verify=False).test_connection()[0]
