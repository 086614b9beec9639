"""The same requests, carried out by an Argo server: its REST API instead of Kubernetes' own.

What is asked stays a `Call`; here it gets the Argo server's path, query and body, and its answers the shapes of Kubernetes:
objects as they are, errors as a Status, and the lines of a watch without the `result` around them.
Source: Argo's api/openapi-spec/swagger.json; server/workflow/workflow_server.go (WatchWorkflows), gRPC gateway's error bodies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from airflow_argo.cluster.client import Api, Login, Patience, Stream, client_of
from airflow_argo.cluster.config import DEFAULT_NAMESPACE, Connection
from airflow_argo.cluster.errors import (
    ArgoNotInstalledError,
    ClusterError,
    ConfigurationError,
    NotAnApiServerError,
    NotFoundError,
    RejectedError,
    UnauthorizedError,
)
from airflow_argo.cluster.resources import (
    CLUSTER_WORKFLOW_TEMPLATES,
    CRON_WORKFLOWS,
    WORKFLOW_TEMPLATES,
    WORKFLOWS,
    Call,
    Manifest,
)

if TYPE_CHECKING:
    from kubernetes.client import ApiClient, Configuration

_PLACES: Final = {
    WORKFLOWS: ("workflows", "workflow"),
    WORKFLOW_TEMPLATES: ("workflow-templates", "template"),
    CLUSTER_WORKFLOW_TEMPLATES: ("cluster-workflow-templates", "template"),
    CRON_WORKFLOWS: ("cron-workflows", "cronWorkflow"),
}
"""Resource → its place in the URL, and the field of a body that holds the object."""

_GRPC_TO_HTTP: Final = {3: 422, 5: 404, 6: 409, 7: 403, 8: 429, 9: 409, 11: 410, 16: 401}
_REASONS: Final = {6: "AlreadyExists"}
_GONE: Final = ("too old resource version", "Expired")
_NO_NAMESPACE: Final = re.compile(r'namespaces "([^"]*)" not found')
_END_OF_WATCH: Final = "EOF"
_SENT_EVENT: Final = b"data:"
_OTHER_FIELDS: Final = (b":", b"event:", b"id:", b"retry:")
"""Of server-sent events: comments, which keep the connection open, and what a watch doesn't need. Source: WHATWG HTML, 9.2."""


@dataclass(frozen=True, slots=True)
class ServerCall(Call):
    """A call with the path and query that the Argo server has for it.

    Attributes:
        action: what is done to the object, e.g. `stop`; a PUT.
    """

    action: str = ""

    @property
    def path(self) -> str:
        """The URL's path."""
        place = "workflow-events" if self.verb == "watch" else _PLACES[self.resource][0]
        space = (self.namespace,) if self.resource.namespaced else ()
        return "/".join(["/api/v1", place, *space, *filter(None, (self.name, self.action))])

    @property
    def method(self) -> str:
        """The HTTP method."""
        return "PUT" if self.action and self.action != "log" else super(ServerCall, self).method


class ArgoServerApi(Api):
    """One connection to one Argo server; safe to be used by many threads at once."""

    def send_once(self, call: Call, body: Manifest | None = None, *, content_type: str = "application/json") -> Manifest:
        """The answer to a call that is sent once."""
        try:
            return super().send_once(call, body, content_type=content_type)
        except ClusterError as error:
            raise _in_its_words(error) from None

    def open(self, call: Call, read_timeout: float) -> Stream:
        """As for an API server; of a line only what is in `result`."""
        try:
            plain = super().open(call, read_timeout)
        except ClusterError as error:
            raise _in_its_words(error) from None
        return ServerStream(plain.place, plain.call, plain._response, read_timeout)  # noqa: SLF001 - the same stream

    def act(self, name: str, action: str, body: Manifest) -> Manifest:
        """Do something to a workflow. Returns the workflow."""
        call = ServerCall("update", WORKFLOWS, self.namespace, name, action=action)
        return self.send(call, {"name": name, "namespace": self.namespace, **body})

    def _request(self, call: Call, read_timeout: float, payload: bytes | None, content_type: str) -> Any:
        if call.resource not in _PLACES or call.verb == "patch":
            raise RejectedError(self.place, call, 501, "an Argo server can't do that; connect through the Kubernetes API")
        sent = self._body(call, payload)
        response = super()._request(self._as_server_call(call), read_timeout, sent, content_type)
        return response if response.status < 300 else Refusal.of(response)

    def _as_server_call(self, call: Call) -> ServerCall:
        if isinstance(call, ServerCall):
            return call
        prefix = {"list": "listOptions.", "watch": "listOptions.", "delete": "deleteOptions."}.get(call.verb, "")
        query = () if call.verb in ("create", "update") else tuple((prefix + key, value) for key, value in call.query)
        return ServerCall(call.verb, call.resource, call.namespace, call.name, "", query)

    def _body(self, call: Call, payload: bytes | None) -> bytes | None:
        """The object in the field where the Argo server expects it; options of a deletion go into the query."""
        if isinstance(call, ServerCall) or payload is None or call.verb == "delete":
            return None if call.verb == "delete" else payload
        body: Manifest = {"namespace": call.namespace, _PLACES[call.resource][1]: json.loads(payload)}
        if call.verb == "update":
            body["name"] = call.name
        if ("dryRun", "All") in call.query:
            body["serverDryRun"] = True
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _in_its_words(error: ClusterError) -> ClusterError:
    """The error, with what cures it here: there is no kubeconfig, and the URL may have a wrong path."""
    if isinstance(error, UnauthorizedError):
        error.cure = "give the connection a token that the Argo server takes, such as that of `argo auth token`"
    if isinstance(error, NotAnApiServerError):
        error.finding = error.finding.replace("no Kubernetes API's", "no Argo server's")
    if isinstance(error, ArgoNotInstalledError) or (isinstance(error, NotFoundError) and not error.name):
        error.finding = "there is no API of an Argo server at this URL (404 Not Found)"
        error.cure = "check the URL: it may need the path at which the server is (ARGO_BASE_HREF), and none of a page of its UI"
    return error


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no success, with a body as an API server writes it."""

    status: int
    headers: Any
    data: bytes

    @classmethod
    def of(cls, response: Any) -> Refusal:
        """Reads the answer. `{"code": 5, "message": …}` is a Status; anything else stays what it is."""
        data = response.read()
        response.release_conn()
        try:
            answer = json.loads(data)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or "message" not in answer:
            return cls(response.status, response.headers, data)
        status = as_status(answer, response.status)
        return cls(int(status["code"]), response.headers, json.dumps(status).encode())

    def read(self) -> bytes:
        """The body."""
        return self.data

    def release_conn(self) -> None:
        """It is released already."""


def as_status(answer: Manifest, http_status: int) -> Manifest:
    """A Kubernetes Status for an error of the gRPC gateway: `code` and `message`, or in streams `grpc_code` and `http_code`."""
    message = str(answer.get("message", ""))
    code = answer.get("grpc_code", answer.get("code"))
    if not isinstance(code, int):  # of a proxy before it, which has texts there
        code = 0
    status = 410 if any(word in message for word in _GONE) else _GRPC_TO_HTTP.get(code, http_status)
    found = {"kind": "Status", "code": status, "message": message, "reason": _REASONS.get(code, "")}
    space = _NO_NAMESPACE.search(message)
    return {**found, "details": {"kind": "namespaces", "name": space[1]}} if space else found


class ServerStream(Stream):
    """A watch's lines as an API server writes them. That the server's own watch has ended is the end, not an error.

    The answer is JSON lines, or server-sent events where something on the way asks for those.
    """

    def lines(self) -> Iterator[bytes]:
        """Each line without the `result` around it."""
        for line in super().lines():
            text = line.strip().removeprefix(_SENT_EVENT).lstrip()
            if not text.startswith(b"{"):
                if text and not line.startswith(_OTHER_FIELDS):
                    yield text  # whoever reads it says what is wrong with it
                continue
            try:
                answer = json.loads(text)
            except ValueError:
                yield text
                continue
            if isinstance(error := answer.get("error"), dict):
                if error.get("message") == _END_OF_WATCH:
                    return
                answer = {"result": {"type": "ERROR", "object": as_status(error, int(error.get("http_code") or 500))}}
            yield json.dumps(answer.get("result", answer)).encode()


def connect_argo_server(
    url: str,
    namespace: str,
    *,
    token: str = "",
    token_file: str = "",
    ca_file: str = "",
    verify: bool = True,
    patience: Patience | None = None,
    new_token: Callable[[], str] | None = None,
) -> ArgoServerApi:
    """An Api of an Argo server; nothing is sent yet.

    Args:
        url: with scheme, e.g. https://argo.example.com:2746.
        namespace: that calls are for; "" is "default".
        token: `Bearer …`, `Basic …`, or a bare token, which is a Bearer's.
        token_file: a file with it instead, read anew for each request.
        ca_file: that the server's certificate is checked with.
        verify: False: its certificate isn't checked.
        patience: how long the server is waited for.
        new_token: gives the token anew, when the server no longer accepts the one it has.

    Raises:
        ConfigurationError: a file can't be read.
    """
    for file in filter(None, (ca_file, token_file)):
        if not Path(file).is_file():
            raise ConfigurationError(file, "there is no such file", "correct the connection's fields")

    def client(token: str) -> ApiClient:
        return client_of(Connection(_configuration(url, token, token_file, ca_file, verify), namespace, url))

    renew = None if new_token is None else (lambda: client(new_token()))
    return ArgoServerApi(Login(client(token), renew), namespace or DEFAULT_NAMESPACE, patience)


def _configuration(url: str, token: str, token_file: str, ca_file: str, verify: bool) -> Configuration:
    from kubernetes.client import Configuration

    configuration = Configuration()
    configuration.host, configuration.verify_ssl, configuration.ssl_ca_cert = url.rstrip("/"), verify, ca_file or None
    if token:
        configuration.api_key = {"BearerToken": header(token)}
    if token_file:
        _follow(configuration, Path(token_file))
    return configuration


def header(token: str) -> str:
    """The Authorization header for a token."""
    return token if token.startswith(("Bearer ", "Basic ")) else f"Bearer {token}"


def _follow(configuration: Configuration, path: Path) -> None:
    def read_again(current: Configuration) -> None:
        current.api_key = {"BearerToken": header(path.read_text().strip())}

    read_again(configuration)  # the hook is asked only where there is a key already
    configuration.refresh_api_key_hook = read_again
