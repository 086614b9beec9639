"""What an Argo server, or something before it, answers with when it is not what was asked: an error of ours, with a cure."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from airflow_argo.cluster import (
    ArgoNotInstalledError,
    NamespaceNotFoundError,
    NotFoundError,
    Patience,
    ServerFaultError,
    UnauthorizedError,
)
from airflow_argo.cluster.argo_server import connect_argo_server
from airflow_argo.cluster.argo_server_cluster import ArgoServerCluster
from airflow_argo.cluster.errors import NotAnApiServerError


@pytest.fixture(scope="module")
def server():
    """Answers everything with its `answer`: status, and body as text or JSON; what asks for a log with its `log`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            of_log = self.path.partition("?")[0].endswith("/log")
            status, body = self.server.log if of_log else self.server.answer
            data = body if isinstance(body, str) else json.dumps(body)
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if data.startswith("<") else "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data.encode())

        do_POST = do_PUT = do_GET  # noqa: N815 - the standard library's names

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


@pytest.fixture
def asked(server):
    url = f"http://127.0.0.1:{server.server_port}/argo"
    with ArgoServerCluster(connect_argo_server(url, "n", token="t", patience=Patience(faults=0.0))) as cluster:
        yield cluster


SPEC = {"entrypoint": "a", "templates": [{"name": "a", "suspend": {}}]}
WORKFLOW = {"kind": "Workflow", "metadata": {"name": "w"}, "spec": SPEC}
NOTHING = "no API of an Argo server at this URL .*; check the URL: it may need the path"


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        ((401, {"code": 16, "message": "token not valid"}), UnauthorizedError, "give the connection a token"),
        ((404, {"code": 5, "message": "Not Found"}), NotFoundError, NOTHING),
        ((404, "<html>nginx</html>"), ArgoNotInstalledError, NOTHING),
        ((404, {"code": 5, "message": 'namespaces "n" not found'}), NamespaceNotFoundError, "there is no namespace 'n'"),
        ((503, {"code": "ServiceUnavailable", "message": "x"}), ServerFaultError, r"has a fault \(HTTP 503\): x"),
        ((429, {"code": None, "message": "x"}), ServerFaultError, "is overloaded"),
    ],
)
def test_a_refusal(server, asked, answer, error, said):
    server.answer = answer
    with pytest.raises(error, match=said):
        list(asked.list())


@pytest.mark.parametrize(
    "body",
    [{}, [], None, "<html>log in</html>", '"<html>"', {"items": {}}, {"items": [None]}, {"metadata": []}, {"status": "UP"}],
)
def test_a_success_that_is_none(server, asked, body):
    server.answer = (200, "null" if body is None else body)
    named = (lambda: asked.get("w"), lambda: asked.submit(WORKFLOW), lambda: asked.stop("w"))
    for ask in (lambda: list(asked.list()), *named, lambda: next(iter(asked.watch("w", timeout=5)))):
        with pytest.raises(NotAnApiServerError, match=r"the answer is no Argo server's: HTTP 200.*a login page or a proxy"):
            ask()


@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        ("<html>log in</html>", NotAnApiServerError, "a login page or a proxy may stand before it"),
        ("[]", NotAnApiServerError, "is no Kubernetes API's"),
        ({"error": {"grpc_code": 14, "http_code": 503, "message": "no kubelet"}}, ServerFaultError, "no kubelet"),
    ],
)
def test_a_log_that_is_none(server, asked, body, error, said):
    server.answer, server.log = (200, WORKFLOW), (200, body)
    with pytest.raises(error, match=said):
        list(asked.logs("w"))


def test_a_log(server, asked):
    lines = [{"result": {"podName": "w-1", "content": "one"}}, {"result": {"podName": "w-1"}}]  # gRPC leaves empty texts out
    server.answer, server.log = (200, WORKFLOW), (200, "\n".join(map(json.dumps, lines)))
    assert [line.text for line in asked.logs("w")] == ["one", ""]
