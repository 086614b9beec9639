"""HTTP operators run as themselves: the same requests reach a real server, and the same comes of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from airflow_argo.comparison.ends import differences
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from tests.parity.airflow_side import LOGICAL_DATE, Airflow
from tests.parity.argo_side import Refused, run_by_engine

FILE = Path(__file__).parent / "requesting" / "http.py"


class Server(ThreadingHTTPServer):
    """Keeps what it is asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked: list[str] = []

    def taken(self) -> list[str]:
        """What it was asked, sorted, and then forgotten. What isn't there, once: the clock decides how often a sensor looks."""
        asked, self.asked = self.asked, []
        return sorted([one for one in asked if "/missing" not in one] + sorted({one for one in asked if "/missing" in one}))


class _Answer(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        own = "with its run" if self.headers.get("X-Own") else ""
        line = f"{self.command} {self.path} {body} {self.headers.get('Authorization')} {own}"
        is_second = line in server.asked
        server.asked.append(line)
        code = 404 if "missing" in self.path or ("second_time" in self.path and not is_second) else 200
        code = {"/moved": 302, "/broken": 503}.get(self.path, code)
        answer = (body if self.path == "/echo" else f"ünlike {self.path}").encode()
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "/text")
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = _answer  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        connection = {
            "conn_type": "http",
            "host": f"http://127.0.0.1:{running.server_address[1]}",
            "login": "me",
            "password": "p",
        }
        monkeypatch.setenv("AIRFLOW_CONN_SERVER", json.dumps(connection))
        yield running
        running.shutdown()


def test_the_same_is_asked_and_the_same_comes_of_it(server: Server) -> None:
    prepare_environment()
    (dag,) = load_dags(FILE)
    airflow = Airflow()
    try:
        there = airflow.run(FILE, "http")
    finally:
        airflow.close()
    asked = server.taken()
    here = run_by_engine(dag, LOGICAL_DATE, {})
    assert not isinstance(here, Refused), here.reasons
    assert differences(there, here) == []
    assert server.taken() == asked
    assert any("Basic" in one for one in asked)


def test_no_http_operator_is_translated() -> None:
    """Where they ask, and with which login, is in a Connection, which an HTTP template of Argo's couldn't read."""
    prepare_environment()
    (dag,) = load_dags(FILE)
    in_airflow = {one.path for one in translate(dag).diagnostics if one.code == "AA231"}
    assert in_airflow == {f"dag 'http' task '{task_id}'" for task_id in dag.task_dict if task_id != "told"}
