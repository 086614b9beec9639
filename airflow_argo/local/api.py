"""Kubernetes' API for pods of runs here: workflows, their templates and Secrets, by HTTP on this machine alone.

Only what `airflow_argo.pod.airflow_task` asks: list, get, create and delete; of Secrets, which nobody can read here, create and
patch. Whoever doesn't know the address, which
has a secret in it, gets nothing.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from airflow_argo.local.objects import ARGO, ApiError, Object, merged

if TYPE_CHECKING:
    from airflow_argo.local.world import World

_KINDS: Final = {"workflows": "Workflow", "workflowtemplates": "WorkflowTemplate"}
CORE: Final = "api/v1"
_STATUS: Final = {"NotFound": 404, "AlreadyExists": 409, "Invalid": 422}


class LocalApi:
    """The server; it answers until it is closed."""

    def __init__(self, world: World) -> None:
        self._secret = secrets.token_urlsafe(24)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(world, f"/{self._secret}"))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="api", daemon=True).start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/{self._secret}"

    def close(self) -> None:
        """It answers nobody any more."""
        self._server.shutdown()
        self._server.server_close()


def _handler(world: World, prefix: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def do_DELETE(self) -> None:
            self._answer("DELETE")

        def do_PATCH(self) -> None:
            self._answer("PATCH")

        def _answer(self, method: str) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            try:
                status, found = 200, _do(world, method, self.path, prefix, body)
            except ApiError as error:
                status, found = _STATUS.get(error.reason, 400), {"kind": "Status", "message": error.message}
            data = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: what tasks ask is theirs."""

    return Handler


def _do(world: World, method: str, path: str, prefix: str, body: Any) -> Any:
    url = urlsplit(path)
    if url.path.startswith(f"{prefix}/{CORE}/"):
        return _do_with_secret(world, method, url.path.removeprefix(f"{prefix}/{CORE}/namespaces/"), body)
    base = f"{prefix}/apis/{ARGO}/namespaces/"
    namespace, _, rest = url.path[len(base) :].partition("/")
    plural, _, name = rest.partition("/")
    kind = _KINDS.get(plural)
    if not url.path.startswith(base) or kind is None:
        raise ApiError("NotFound", "the server could not find the requested resource")
    if method == "POST":
        return world.create({**body, "metadata": {"namespace": namespace, **body["metadata"]}}, "")
    if method == "DELETE":
        world.delete(kind, namespace, name)
        return {"kind": "Status", "status": "Success"}
    if name:
        return world.store.get(kind, namespace, name)
    selector = parse_qs(url.query).get("labelSelector", [""])[0]
    wanted = [part.partition("=")[::2] for part in selector.split(",") if part]
    found = world.store.listed(kind, namespace)
    items = [one for one in found if all((one["metadata"].get("labels") or {}).get(key) == value for key, value in wanted)]
    return {"apiVersion": ARGO, "kind": f"{kind}List", "metadata": {}, "items": items}


def _do_with_secret(world: World, method: str, path: str, body: Any) -> Any:
    namespace, _, rest = path.partition("/")
    plural, _, name = rest.partition("/")
    if plural == "secrets" and method == "POST":
        made = world.create({**body, "metadata": {"namespace": namespace, **body["metadata"]}}, "")
    elif plural == "secrets" and method == "PATCH":
        made = world.change("Secret", namespace, name, lambda item: merged(_as_stored(item), body))
    else:
        raise ApiError("NotFound", "the server could not find the requested resource")
    return {key: value for key, value in made.items() if key != "data"}


def _as_stored(secret: Object) -> Object:
    """A Secret as the API server keeps it: all of it is data."""
    texts = secret.get("stringData") or {}
    data = {**(secret.get("data") or {}), **{key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}}
    return {**{key: value for key, value in secret.items() if key != "stringData"}, "data": data}
