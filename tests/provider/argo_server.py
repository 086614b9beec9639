"""A small HTTPS server that answers as an Argo server does, and keeps its objects in a real API server."""

from __future__ import annotations

import json
import ssl
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import urllib3

from airflow_argo.cluster import Cluster, ClusterError, NotFoundError
from airflow_argo.cluster.client import Api
from airflow_argo.cluster.resources import CRON_WORKFLOWS, WORKFLOW_TEMPLATES, WORKFLOWS, Call, query
from airflow_argo.triggers.judge import label_matcher
from tests.cluster.proxy import QuietServer

TOKEN = "MARKED-SECRET-TOKEN"
CODES = {  # error of the API server → HTTP status and gRPC code, as the gRPC gateway has them
    "NotFoundError": (404, 5),
    "AlreadyExistsError": (409, 6),
    "ConflictError": (409, 10),
    "InvalidError": (400, 3),
    "ForbiddenError": (403, 7),
    "ServerFaultError": (503, 14),
    "UnreachableError": (503, 14),
}
PLACES = {
    "workflows": (WORKFLOWS, "workflow"),
    "workflow-events": (WORKFLOWS, ""),
    "workflow-templates": (WORKFLOW_TEMPLATES, "template"),
    "cron-workflows": (CRON_WORKFLOWS, "cronWorkflow"),
}


class ArgoServerDouble:
    """Facts of the server: `token` is what it takes, `base` the path that it lives under.

    `archive`: workflows that have ended and are gone, by namespace and name, if it `archives`; looks fall back to it.
    `sends_events`: watches are answered as server-sent events.
    `pod_logs`: lines, each after its time, by pod and container; `cuts`: connections of followed logs that break.
    """

    def __init__(self, api: Api, certificate, base=""):
        self.token, self.requests, self.pod_logs, self.base = TOKEN, [], {}, base
        self.archive, self.archives, self.sends_events = {}, False, False
        self.cuts, self.logs_asked = 0, []
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                with suppress(OSError):
                    double.serve(self, api)

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the standard library's names

            def log_message(self, *args):
                pass

        self._server = QuietServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate / "tls.crt", certificate / "tls.key")
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"https://localhost:{self._server.server_port}{base}"

    def upstream(self):
        """Requests to it, for a proxy that has made sure who sends them."""
        pool = urllib3.PoolManager(cert_reqs="CERT_NONE", assert_hostname=False, maxsize=64)
        urllib3.disable_warnings()

        def send(method, url, body, headers):
            headers = {**headers, "Authorization": f"Bearer {self.token}"}
            options = {"preload_content": False, "retries": False, "timeout": urllib3.Timeout(connect=5, read=600)}
            return pool.request(method, self.url + url, body=body or None, headers=headers, **options)

        return send

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def serve(self, handler, api):
        parts = urlsplit(handler.path)
        options = {key.partition(".")[2] or key: values[0] for key, values in parse_qs(parts.query).items()}
        body = json.loads(handler.rfile.read(int(handler.headers.get("Content-Length") or 0)) or "{}")
        self.requests.append((handler.command, parts.path))
        if handler.headers.get("Authorization") != f"Bearer {self.token}":
            return self.answer(handler, 401, {"code": 16, "message": "token not valid. see https://argo-workflows…"})
        try:
            if not parts.path.startswith(f"{self.base}/api/v1/"):
                return self.answer(handler, 404, {"code": 5, "message": "Not Found", "details": []})
            self.route(handler, api, parts.path.removeprefix(f"{self.base}/api/v1/").split("/"), options, body)
        except ClusterError as error:
            code, grpc = CODES.get(type(error).__name__, (500, 13))
            self.answer(handler, code, {"code": grpc, "message": str(error), "details": []})

    def route(self, handler, api, path, options, body):
        place, namespace, *rest = path
        resource, field = PLACES[place]
        space, name, action = api.in_namespace(namespace), rest[0] if rest else "", rest[1] if len(rest) > 1 else ""
        if place == "workflow-events":
            return self.watch(handler, space, options)
        if action == "log":
            return self.log(handler, options)
        if action:
            return self.answer(handler, 200, getattr(Cluster(space), action)(name).manifest)
        verb = {"POST": "create", "PUT": "update", "DELETE": "delete"}.get(handler.command, "get" if name else "list")
        call = Call(verb, resource, namespace, name, "", query(**options) if verb == "list" else ())
        if resource is WORKFLOWS and verb in ("get", "list"):
            return self.answer(handler, 200, self.looked_up(space, call))
        if self.archives and resource is WORKFLOWS and verb == "delete":
            self.keep(space.send(Call("get", WORKFLOWS, namespace, name)))
        return self.answer(handler, 200, space.send(call, body.get(field)))

    def keep(self, workflow):
        """Put a workflow that has ended into the archive, as a controller with a database does."""
        if (workflow.get("status") or {}).get("phase") in ("Succeeded", "Failed", "Error"):
            self.archive[workflow["metadata"]["namespace"], workflow["metadata"]["name"]] = workflow

    def looked_up(self, api, call):
        if call.verb == "get":
            try:
                return api.send(call)
            except NotFoundError:
                if (call.namespace, call.name) not in self.archive:
                    raise
                return self.archive[call.namespace, call.name]
        found = api.send(call)
        matches = label_matcher(dict(call.query).get("labelSelector", ""))
        there = {one["metadata"]["uid"] for one in found.get("items") or ()}
        archived = [
            one
            for (namespace, _), one in self.archive.items()
            if namespace == call.namespace
            and one["metadata"]["uid"] not in there
            and matches(one["metadata"].get("labels") or {})
        ]
        last = not (found.get("metadata") or {}).get("continue")
        return {**found, "items": [*(found.get("items") or ()), *(archived if last else ())]}

    def log(self, handler, options):
        """As WorkflowLogs: of each pod that has the container the last lines, by time. While `cuts`, half of them."""
        found = []
        for (pod, container), lines in self.pod_logs.items():
            if container == options["container"]:
                found += [(line, pod) for line in lines[-int(options.get("tailLines", 0)) :]]
        stamped = "timestamps" in options
        entries = [{"content": line if stamped else line.partition(" ")[2], "podName": pod} for line, pod in sorted(found)]
        self.logs_asked.append(options)
        if self.cuts and options.get("follow"):
            self.cuts -= 1
            self.head(handler, 200)
            for entry in entries[: len(entries) // 2]:
                self.tell(handler, json.dumps({"result": entry}).encode())
            handler.close_connection = True  # without the end of the answer
            return None
        return self.answer(handler, 200, *({"result": entry} for entry in entries))

    def watch(self, handler, api, options):
        stream = api.open(Call("watch", WORKFLOWS, api.namespace, query=query(**{**options, "watch": True})), 600)
        self.head(handler, 200, "text/event-stream" if self.sends_events else "application/json")
        if self.sends_events:
            self.chunk(handler, b":\n\n")
        for line in stream.lines():
            self.tell(handler, json.dumps({"result": json.loads(line)}).encode())
        self.tell(handler, b'{"error":{"grpc_code":8,"http_code":429,"message":"EOF","http_status":"Too Many Requests"}}')
        self.chunk(handler, b"")

    def tell(self, handler, message):
        self.chunk(handler, b"data: " + message + b"\n\n" if self.sends_events else message + b"\n")

    def answer(self, handler, status, *objects):
        self.head(handler, status)
        for one in objects:
            self.chunk(handler, json.dumps(one).encode() + b"\n")
        self.chunk(handler, b"")

    def head(self, handler, status, content_type="application/json"):
        handler.send_response(status)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()

    def chunk(self, handler, data):
        handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        handler.wfile.flush()
