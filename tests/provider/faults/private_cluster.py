"""An etcd and an API server of our own that may be killed, from the programs of the cluster that tests use."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

PROGRAM = Path(os.environ.get("LAB", Path.home() / ".cache" / "kubelab")) / "kubelab"
CRDS = Path(__file__).parents[4] / "shared" / "cluster" / "argo" / "crds"


def available():
    """Whether the programs and Argo's CRDs are here."""
    return PROGRAM.exists() and _crds().is_dir()


def _crds():
    return Path(os.environ.get("ARGO_CRDS", CRDS))


def _free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class PrivateCluster:
    """Use as a context manager."""

    def __init__(self):
        self._token = secrets.token_hex(16)
        self._etcd_port, self._peer_port, self._port = _free_ports(3)
        self._server = self._etcd = None

    def __enter__(self):
        self._folder = Path(tempfile.mkdtemp(prefix="private-cluster-"))
        (self._folder / "tokens.csv").write_text(f"{self._token},admin,admin,system:masters\n")
        subprocess.run(["openssl", "genrsa", "-out", str(self._folder / "sa.key"), "2048"], check=True, capture_output=True)
        etcd, peer = f"http://127.0.0.1:{self._etcd_port}", f"http://127.0.0.1:{self._peer_port}"
        self._etcd = self._start(
            "etcd", "--data-dir", self._folder / "etcd", "--unsafe-no-fsync", "--log-level", "error",
            "--listen-client-urls", etcd, "--advertise-client-urls", etcd, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
        )  # fmt: skip
        self._start_server()
        self._until_ready(120)
        (self._folder / "kubeconfig").write_text(_json(self.kubeconfig()))
        command = ["kubectl", "--kubeconfig", str(self._folder / "kubeconfig"), "apply", "--server-side", "-f", str(_crds())]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
        self._until_served(60)
        return self

    def __exit__(self, *exception):
        for process in (self._server, self._etcd):
            if process:
                process.kill()
                process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def restart(self):
        """Kill the API server, start another, and wait until it serves."""
        self._server.kill()
        self._server.wait()
        self._start_server()
        self._until_ready(120)

    def kubeconfig(self, namespace="default"):
        certificate = base64.b64encode((self._folder / "pki" / "apiserver.crt").read_bytes()).decode()
        server = {"server": f"https://127.0.0.1:{self._port}", "tls-server-name": "kubernetes"}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {**server, "certificate-authority-data": certificate}}],
            "users": [{"name": "u", "user": {"token": self._token}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": namespace}}],
            "current-context": "x",
        }

    def _start_server(self):
        key = self._folder / "sa.key"
        self._server = self._start(
            "apiserver", "--etcd-servers", f"http://127.0.0.1:{self._etcd_port}", "--secure-port", self._port,
            "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--cert-dir", self._folder / "pki",
            "--service-cluster-ip-range", "10.97.0.0/16", "--service-account-issuer", "https://kubernetes.default.svc",
            "--service-account-key-file", key, "--service-account-signing-key-file", key,
            "--token-auth-file", self._folder / "tokens.csv", "--authorization-mode", "RBAC",
            "--endpoint-reconciler-type", "none",
        )  # fmt: skip

    def _start(self, *arguments):
        log = (self._folder / f"{arguments[0]}.log").open("ab")
        return subprocess.Popen([str(PROGRAM), *map(str, arguments)], stdout=log, stderr=log, cwd=self._folder)

    def _until_ready(self, seconds):
        self._until("/readyz", seconds)

    def _until_served(self, seconds):
        self._until("/apis/argoproj.io/v1alpha1/namespaces/default/workflows", seconds)

    def _until(self, path, seconds):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        request = urllib.request.Request(
            f"https://127.0.0.1:{self._port}{path}", headers={"Authorization": f"Bearer {self._token}"}
        )
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self._server.poll() is None, (self._folder / "apiserver.log").read_text()[-2000:]
            with suppress(OSError), urllib.request.urlopen(request, context=context, timeout=5):
                return
            time.sleep(0.2)
        raise AssertionError(f"the private API server doesn't serve {path}")


def _json(value):
    import json

    return json.dumps(value)
