"""A double of a kubelet: a Node object, and logs that tests write, cut off and end. API servers take it for a real one."""

from __future__ import annotations

import ssl
import threading
import time
import uuid
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from airflow_argo.cluster.client import MERGE_PATCH
from airflow_argo.cluster.errors import ClusterError
from airflow_argo.cluster.resources import PODS, Call, Resource

NODES = Resource("Node", "nodes", group="", version="v1", namespaced=False)
SERVICE_ACCOUNTS = Resource("ServiceAccount", "serviceaccounts", group="", version="v1")
UNSCHEDULABLE = {"key": "airflow-argo/test", "effect": "NoSchedule"}


class Log:
    """One container's log. `cut_after`: for each reading in turn the lines after which it breaks; then none breaks."""

    def __init__(self):
        self.lines, self.ended, self.cut_after, self.readings = [], False, [], []
        self.changed = threading.Condition()

    def write(self, *texts, stamp=None):
        with self.changed:
            for text in texts:
                now = time.time()
                time_of = stamp or time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1e9):09}Z"
                self.lines.append(f"{time_of} {text}\n".encode())
            self.changed.notify_all()

    def end(self):
        with self.changed:
            self.ended = True
            self.changed.notify_all()


class KubeletDouble:
    def __init__(self, api, certificate):
        self.name, self._api, self.logs = f"double-{uuid.uuid4().hex[:6]}", api, {}
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                with suppress(OSError):
                    double.serve(self)

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate / "tls.crt", certificate / "tls.key")
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self._register()

    def _register(self):
        spec = {"unschedulable": True, "taints": [UNSCHEDULABLE]}
        self._api.send(
            Call("create", NODES, ""), {"apiVersion": "v1", "kind": "Node", "metadata": {"name": self.name}, "spec": spec}
        )
        status = {
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self._server.server_port}},
        }
        self._api.send(Call("patch", NODES, "", self.name, "status"), {"status": status}, content_type=MERGE_PATCH)
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
        with suppress(ClusterError):  # a controller manager may be faster
            self._api.send(Call("create", SERVICE_ACCOUNTS, self._api.namespace), account)

    def close(self):
        self._api.send(Call("delete", NODES, "", self.name))
        self._server.shutdown()
        self._server.server_close()

    def run(self, workflow, node, *, containers=("main", "wait"), state="running"):
        """A pod of a workflow's node, on this kubelet."""
        pod = f"{workflow}-{node}"
        label = "workflows.argoproj.io/"
        meta = {
            "name": pod,
            "labels": {f"{label}workflow": workflow},
            "annotations": {f"{label}node-id": node, f"{label}node-name": f"{workflow}.{node}"},
        }
        spec = {
            "nodeName": self.name,
            "restartPolicy": "Never",
            "tolerations": [{"operator": "Exists"}],
            "containers": [{"name": name, "image": "none"} for name in containers],
        }
        self._api.send(
            Call("create", PODS, self._api.namespace), {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}
        )
        for name in containers:
            self.logs[pod, name] = Log()
        self.state(pod, state, containers)
        return self.logs[pod, containers[0]]

    def state(self, pod, state, containers=("main", "wait")):
        details = {"terminated": {"exitCode": 0}, "waiting": {"reason": "PodInitializing"}}.get(state, {})
        statuses = [
            {"name": name, "image": "none", "imageID": "", "ready": False, "restartCount": 0, "state": {state: details}}
            for name in containers
        ]
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        status = {"phase": "Succeeded" if state == "terminated" else "Running", "containerStatuses": statuses, "startTime": now}
        self._api.send(Call("patch", PODS, self._api.namespace, pod, "status"), {"status": status}, content_type=MERGE_PATCH)

    def finish(self, workflow, node):
        """The pod's containers end, and with them their logs."""
        pod = f"{workflow}-{node}"
        self.state(pod, "terminated")
        for (name, _), log in self.logs.items():
            if name == pod:
                log.end()

    def delete(self, pod):
        force = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0}
        self._api.send(Call("delete", PODS, self._api.namespace, pod), force)

    def serve(self, handler):
        """`/containerLogs/NAMESPACE/POD/CONTAINER` with follow, sinceTime and tailLines."""
        parts = urlsplit(handler.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        _, kind, _, pod, container = parts.path.split("/")
        log = self.logs.get((pod, container)) if kind == "containerLogs" else None
        handler.send_response(200 if log else 404)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        if log:
            log.readings.append(query)
            limit = log.cut_after.pop(0) if log.cut_after else None
            if self._send(handler, log, query, limit):
                return
        handler.wfile.write(b"0\r\n\r\n")

    def _send(self, handler, log, query, limit):
        """The lines; True if the reading was broken off."""
        at, sent = self._start(log, query), 0
        while True:
            with log.changed:
                while at >= len(log.lines) and not log.ended and query.get("follow") == "true":
                    log.changed.wait(1)
                line = log.lines[at] if at < len(log.lines) else None
            if limit is not None and sent >= limit:
                handler.close_connection = True
                return True
            if line is None:
                return False
            handler.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            handler.wfile.flush()
            at, sent = at + 1, sent + 1

    def _start(self, log, query):
        since = query.get("sinceTime", "")[:19].encode()
        first = next((number for number, line in enumerate(log.lines) if line[:19] >= since), len(log.lines))
        return max(first, len(log.lines) - int(query["tailLines"])) if "tailLines" in query else first
