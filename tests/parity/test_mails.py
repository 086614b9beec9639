"""Callbacks run and mails go out as often as in Airflow, also where a try takes too long or ends for good."""

from __future__ import annotations

import email
import json
import re
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_argo.comparison.ends import differences
from airflow_argo.translator.loading import load_dags, prepare_environment
from tests.parity.airflow_side import LOGICAL_DATE, Airflow
from tests.parity.argo_side import Refused, run_by_engine

FILE = Path(__file__).parent / "mailing" / "mails.py"


class MailServer(socketserver.ThreadingTCPServer):
    """Takes all mail, and keeps it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails: list[str] = []

    def taken(self) -> list[tuple[str, str]]:
        """Recipients and subject of each mail, sorted; of Airflow's own subject the task, the try and its end. Forgets them."""
        mails, self.mails = self.mails, []
        return sorted(_told(text) for text in mails)


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say("220 ready")
        for line in self.rfile:
            command = line[:4].strip().upper()
            if command == b"DATA":
                self._say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                assert isinstance(self.server, MailServer)
                self.server.mails.append(b"".join(lines).decode())
            self._say("221 bye" if command == b"QUIT" else "250 fine")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


def _told(text: str) -> tuple[str, str]:
    mail = email.message_from_string(text)
    subject = str(mail["Subject"]).replace("\n", "")
    own = re.search(r"task_id='(\w+)'.*try_number=(\d).*TaskInstanceState\.(\w+)", subject)
    return str(mail["To"]), ", ".join(own.groups()) if own else subject


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with MailServer() as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        extra = {"disable_ssl": True, "disable_tls": True, "from_email": "airflow@example.com"}
        connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": serving.server_address[1], "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))
        yield serving
        serving.shutdown()


def test_mails_are_those_of_airflow(server: MailServer) -> None:
    prepare_environment()
    here = run_by_engine(load_dags(FILE)[0], LOGICAL_DATE, {})
    mails = server.taken()
    airflow = Airflow()
    try:
        there = airflow.run(FILE, "mails")
    finally:
        airflow.close()
    assert not isinstance(here, Refused), here.reasons
    assert differences(there, here) == []
    assert mails == server.taken()
    own = [subject for to, subject in mails if to != "them@example.com"]
    assert own == ["for_good, 1, FAILED", "late, 1, UP_FOR_RETRY", "late, 2, FAILED"]
