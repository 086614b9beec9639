"""A proxy between client and API server, at fault on demand: it counts, delays, answers itself, and breaks connections."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import urllib3

from airflow_argo.cluster.client import split_lines


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict
    time: float
    body: bytes = b""
    client: tuple = ()

    @property
    def is_watch(self):
        return self.query.get("watch") == "true" or "/workflow-events/" in self.path

    @property
    def is_list(self):
        return self.method == "GET" and not self.is_watch and self.path.rpartition("/")[2] in ("workflows", "pods")

    @property
    def is_creation(self):
        """Of a workflow, by the Kubernetes API or an Argo server's."""
        return self.method == "POST" and re.search(r"/(workflows|api/v1/workflows/[^/]+)\Z", self.path) is not None


@dataclass
class Plan:
    """What to do with one request.

    `answer`: (status, headers, body) instead of the server's. `delay`: seconds before anything. `drop`: close without an
    answer, `lose`: the same, or answer as `answer` says, after the server has done it. `first`: a line before the server's.
    `cut`, `freeze`: seconds after which a stream is broken or says nothing more. `query`: what to change of it. `before`,
    `after`: done before the server is asked, and after it has answered. `change`: what becomes of each line of the answer.
    `headers`: of the answer, instead of the server's.
    """

    answer: tuple | None = None
    delay: float = 0.0
    drop: bool = False
    lose: bool = False
    first: bytes = b""
    cut: float | None = None
    freeze: float | None = None
    query: dict = field(default_factory=dict)
    before: Callable[[], object] | None = None
    after: Callable[[], object] | None = None
    change: Callable[[bytes], bytes] | None = None
    headers: dict = field(default_factory=dict)


class QuietServer(ThreadingHTTPServer):
    """Clients that break off, or are killed, are what it is there for."""

    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        pass


class FaultyProxy:
    def __init__(self, upstream):
        self.requests: list[Request] = []
        self.plan: Callable[[Request], Plan | None] = lambda request: None
        self._upstream = upstream
        self._connections: set[socket.socket] = set()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                with suppress(OSError, urllib3.exceptions.HTTPError):
                    proxy.serve(self)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the standard library's names

            def log_message(self, *args):
                pass

        self._server = QuietServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self.cut()

    def cut(self):
        """Break all connections that are open now."""
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def count(self, predicate=lambda request: True):
        return sum(1 for request in self.requests if predicate(request))

    def serve(self, handler):
        parts = urlsplit(handler.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        request = Request(handler.command, parts.path, query, time.monotonic(), body, handler.client_address)
        self.requests.append(request)
        plan = self.plan(request) or Plan()
        self._connections.add(handler.connection)
        try:
            self._carry_out(handler, request, plan, body)
        finally:
            self._connections.discard(handler.connection)

    def _carry_out(self, handler, request, plan, body):
        time.sleep(plan.delay)
        if plan.before:
            plan.before()
        if plan.drop:
            handler.close_connection = True
            return
        if plan.answer and not plan.lose:
            self._answer(handler, *plan.answer)
            return
        response = self._forward(handler, request, plan, body)
        if plan.after:
            plan.after()
        if plan.lose:
            response.read()
            handler.close_connection = True
            if plan.answer:
                self._answer(handler, *plan.answer)
            return
        date = {"Date": response.headers["Date"]} if "Date" in response.headers else {}
        known = {"Content-Type": response.headers["Content-Type"], "Transfer-Encoding": "chunked", **date}
        self._head(handler, response.status, {**known, **plan.headers})
        self._stream(handler, response, plan)

    def _forward(self, handler, request, plan, body):
        headers = {key: handler.headers[key] for key in ("Authorization", "Content-Type", "Accept") if key in handler.headers}
        url = request.path + ("?" + urlencode({**request.query, **plan.query}) if request.query else "")
        return self._upstream(request.method, url, body, headers)

    def _answer(self, handler, status, headers, text):
        self._head(handler, status, {"Content-Length": str(len(text)), **headers})
        handler.wfile.write(text)

    def _head(self, handler, status, headers):
        handler.send_response_only(status)
        for key, value in headers.items():
            handler.send_header(key, value)
        handler.end_headers()

    def _stream(self, handler, response, plan):
        began = time.monotonic()
        if plan.cut is not None:
            threading.Timer(plan.cut, lambda: handler.connection.shutdown(socket.SHUT_RDWR)).start()
        if plan.first:
            self._chunk(handler, plan.first)
        chunks = response.stream(65536)
        for data in (plan.change(line) + b"\n" for line in split_lines(chunks)) if plan.change else chunks:
            if plan.freeze is not None and time.monotonic() - began >= plan.freeze:
                continue
            self._chunk(handler, data)
        if plan.freeze is None:
            self._chunk(handler, b"")

    def _chunk(self, handler, data):
        handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        handler.wfile.flush()


def upstream_of(api):
    """Requests to the server of an Api, with its trust but not its credentials."""
    host, pool = api._client.configuration.host, api._client.rest_client.pool_manager

    def send(method, url, body, headers):
        options = {"preload_content": False, "retries": False, "timeout": urllib3.Timeout(connect=5, read=600)}
        return pool.request(method, host + url, body=body or None, headers=headers, **options)

    return send
