"""The hook over an Argo server's REST API, by TLS and tokens."""

import threading

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


def test_a_workflow_is_submitted_once_watched_and_read(hook, api):
    cluster = hook().cluster
    made = cluster.submit(NO_OP, name="one", key="k", labels={"a": "b"})
    assert not made.adopted
    assert cluster.submit(NO_OP, name="one", key="k").adopted
    with pytest.raises(AlreadyExistsError):
        cluster.submit(NO_OP, name="one", key="another")
    outputs = {"parameters": [{"name": "x", "value": "1"}]}
    threading.Timer(1, lambda: set_status(api, "one", "Succeeded", outputs=outputs)).start()
    assert cluster.wait("one", uid=made.uid, timeout=100).outputs == {"x": "1"}
    assert [one.name for one in cluster.list(label_selector="a=b")] == ["one"]
    cluster.delete("one")
    with pytest.raises(NotFoundError):
        cluster.get("one")


def test_templates_and_actions_are_the_servers(hook, argo_server):
    cluster = hook().cluster
    assert cluster.apply(TEMPLATE) == ("WorkflowTemplate/greet",)
    assert cluster.apply(TEMPLATE) == ()
    made = cluster.submit_from("workflowtemplate/greet", parameters={"word": "x"})
    assert cluster.stop(made.name).manifest["spec"]["shutdown"] == "Stop"
    assert ("PUT", f"/api/v1/workflows/{cluster.namespace}/{made.name}/stop") in argo_server.requests


def test_what_the_server_cannot_do_is_said(hook):
    with pytest.raises(RejectedError, match="Kubernetes API"):
        hook().cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {}})
    with pytest.raises(InvalidError):
        hook().cluster.submit({**NO_OP, "spec": {"templates": 3}})
    assert not hook().can_annotate


def test_tokens(hook, argo_server, tmp_path):
    good, text = hook().test_connection()
    assert good, text
    good, text = hook(token="WRONG-SECRET").test_connection()
    assert not good
    assert "SECRET" not in text
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    renewed = hook(token="", token_file=str(file))
    assert renewed.test_connection()[0]
    argo_server.token = "next"
    with pytest.raises(UnauthorizedError):
        renewed.cluster.get("x")
    file.write_text("next")
    with pytest.raises(NotFoundError):
        renewed.cluster.get("x")


def test_a_certificate_that_nobody_trusts_is_refused_unless_said_otherwise(hook):
    with pytest.raises(TlsError):
        next(iter(hook(ca_file="").cluster.list()), None)
    assert hook(ca_file="", verify=False).test_connection()[0]


@pytest.mark.parametrize("sends_events", [False, True])
def test_a_watch_is_read_as_lines_and_as_events(hook, argo_server, api, sends_events):
    argo_server.sends_events = sends_events
    made = hook().cluster.submit(NO_OP)
    threading.Timer(1, lambda: set_status(api, made.name, "Succeeded")).start()
    assert hook().cluster.wait(made.name, uid=made.uid, timeout=100).phase == "Succeeded"


def test_what_the_archive_has_is_read_though_it_is_gone(hook, argo_server, api):
    argo_server.archives, cluster = True, hook().cluster
    made = cluster.submit(NO_OP, labels={"archived": "yes"})
    set_status(api, made.name, "Succeeded", outputs={"parameters": [{"name": "x", "value": "1"}]})
    cluster.delete(made.name)
    assert cluster.get(made.name).outputs == {"x": "1"}
    assert [one.uid for one in cluster.list(label_selector="archived=yes")] == [made.uid]
    assert cluster.wait(made.name, uid=made.uid, timeout=5).outputs == {"x": "1"}


def test_a_server_may_live_under_a_path(api, certificate, namespace):
    double = ArgoServerDouble(api, certificate, base="/argo")
    connection = ArgoConnection("c", server=double.url, token=TOKEN, namespace=namespace, ca_file=str(certificate / "tls.crt"))
    try:
        hook = ArgoHook("c", connection=connection, patience=Patience(answer=10, faults=0))
        made = hook.cluster.submit(NO_OP)
        assert hook.cluster.get(made.name).uid == made.uid
        assert hook.workflow_url(made.name).startswith(f"{double.url}/workflows/{namespace}/")
    finally:
        double.close()
