"""Requests and their faults against real sockets: no server, a mute one, one that isn't what it seems."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_argo.cluster.client import Patience, connect, split_lines
from airflow_argo.cluster.config import find_connection
from airflow_argo.cluster.errors import (
    ConfigurationError,
    NotAnApiServerError,
    RequestTimeoutError,
    ServerFaultError,
    TlsError,
    UnauthorizedError,
    UnreachableError,
)
from airflow_argo.cluster.resources import WORKFLOWS, Call

from .test_config import kubeconfig

GET = Call("get", WORKFLOWS, "ns", "x")
FOUND = {"metadata": {"name": "x"}}
ANSWER = json.dumps(FOUND).encode()


def api_of(server, user=None, patience=None, **cluster):
    content = kubeconfig(server=server, user=user, **cluster)
    return connect(find_connection(content), "ns", patience or Patience(connect=2, answer=2, faults=0))


@contextmanager
def listening(behaviour):
    """A server on a free port that treats each connection by a function."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        def serve(connection):
            with connection:
                behaviour(connection)

        threading.Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"


def answering(text):
    def behave(connection):
        connection.recv(65536)
        connection.sendall(text)

    return behave


def http(status, body, content_type="application/json", extra=""):
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    return answering(head.encode() + body)


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(UnreachableError) as caught:
        api_of(f"https://127.0.0.1:{port}").send(GET)
    assert caught.value.reason == "connection refused"


def test_no_such_host():
    with pytest.raises(UnreachableError, match="the host name is not known"):
        api_of("https://no-such-host.invalid").send(GET)


def test_a_connection_that_is_closed_at_once():
    with listening(lambda connection: None) as address, pytest.raises(UnreachableError):
        api_of(f"http://{address}").send(GET)


def test_a_server_that_says_nothing():
    with listening(lambda connection: time.sleep(3)) as address:
        began = time.monotonic()
        with pytest.raises(RequestTimeoutError) as caught:
            api_of(f"http://{address}", patience=Patience(answer=0.2, faults=0)).send(GET)
    assert time.monotonic() - began < 1
    assert "get workflows 'x': no answer within 0.2 s" in str(caught.value)


def test_an_answer_that_stops_in_the_middle():
    def half(connection):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")

    with listening(half) as address, pytest.raises(UnreachableError, match="before the answer was complete"):
        api_of(f"http://{address}").send(GET)


def test_tls_where_there_is_none():
    with listening(answering(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as address, pytest.raises(TlsError) as caught:
        api_of(f"https://{address}").send(GET)
    assert "check certificate-authority" in str(caught.value)


@pytest.fixture
def tls_server(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "tls.crt", certificate / "tls.key")

    def behave(connection):
        try:
            with context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(65536)
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(ANSWER)}\r\n\r\n"
                secure.sendall(head.encode() + ANSWER)
        except OSError:
            pass

    with listening(behave) as address:
        yield address


def test_a_certificate_that_is_trusted(tls_server, certificate):
    trusted = {"certificate-authority": str(certificate / "tls.crt"), "tls-server-name": "localhost"}
    assert api_of(f"https://{tls_server}", **trusted).send(GET) == FOUND


def test_a_certificate_that_nobody_signed(tls_server):
    with pytest.raises(TlsError, match=r"certificate verify failed: self.signed certificate"):
        api_of(f"https://{tls_server}").send(GET)


def test_a_certificate_for_another_name(tls_server, certificate):
    trusted = {"certificate-authority": str(certificate / "tls.crt"), "tls-server-name": "kubernetes"}
    with pytest.raises(TlsError, match=r"[Hh]ostname mismatch"):
        api_of(f"https://{tls_server}", **trusted).send(GET)


def test_a_login_page():
    with listening(http("200 OK", b"<html>", "text/html")) as address, pytest.raises(NotAnApiServerError, match="text/html"):
        api_of(f"http://{address}").send(GET)


def test_a_redirect_is_not_followed():
    with (
        listening(http("302 Found", b"", "text/html", "Location: http://elsewhere.invalid/\r\n")) as address,
        pytest.raises(NotAnApiServerError, match="HTTP 302"),
    ):
        api_of(f"http://{address}").send(GET)


@pytest.mark.parametrize(
    "options",
    [
        {"user": {"token": "s3cret\nInjected: 1"}},
        {"user": {"username": "jane", "password": "s3cret"}},
        {"proxy-url": "http://jane:s3cret@127.0.0.1:1"},
        {"proxy-url": "gopher://jane:s3cret@127.0.0.1:1"},
    ],
)
def test_no_secret_is_shown_when_it_fails(options):
    with pytest.raises((ConfigurationError, UnreachableError)) as caught:
        api_of("http://jane:s3cret@127.0.0.1:1", **options).send(GET)
    whole = f"{caught.value} {caught.value!r} {caught.value.__cause__} {caught.value.to_json()}"
    assert "s3cret" not in whole


def flaky(failures, then):
    """Answers 503 some times, then something else. Returns the behaviour and the times of the requests."""
    times = []

    def behave(connection):
        times.append(time.monotonic())
        failed = http("503 Service Unavailable", b"", extra="Retry-After: 1\r\n")
        (failed if len(times) <= failures else http("200 OK", then))(connection)

    return behave, times


def test_a_fault_of_the_server_is_borne_and_its_retry_after_kept():
    behave, times = flaky(1, ANSWER)
    with listening(behave) as address:
        assert api_of(f"http://{address}", patience=Patience(faults=5)).send(GET) == FOUND
    assert len(times) == 2
    assert times[1] - times[0] >= 1


def test_a_fault_that_lasts_is_raised():
    behave, times = flaky(99, ANSWER)
    with listening(behave) as address, pytest.raises(ServerFaultError):
        api_of(f"http://{address}", patience=Patience(faults=1.5)).send(GET)
    assert len(times) == 2


def accepting(token, seen):
    """Takes one token; `seen` gets all that come."""

    def behave(connection):
        head = connection.recv(65536).decode()
        seen.append(next(line for line in head.split("\r\n") if line.lower().startswith("authorization:")).split()[-1])
        good = seen[-1] == token
        body = ANSWER if good else b'{"kind": "Status", "code": 401}'
        status = "200 OK" if good else "401 Unauthorized"
        answer = (
            f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        connection.sendall(answer.encode() + body)

    return behave


def with_tokens(address, *tokens):
    """A connection whose kubeconfig has another token whenever it is read."""
    left = list(tokens)

    def found():
        return find_connection(kubeconfig(server=f"http://{address}", user={"token": left.pop(0) if left[1:] else left[0]}))

    return connect(found(), "ns", Patience(connect=2, answer=2, faults=0), again=found)


def test_credentials_that_are_refused_are_read_anew_once():
    seen = []
    with listening(accepting("new", seen)) as address:
        api = with_tokens(address, "old", "new")
        assert api.with_patience(answer=1).send(GET) == FOUND
        assert api.in_namespace("other").send(GET) == FOUND  # all copies of a connection share its login
    assert seen == ["old", "new", "new"]


def test_credentials_that_stay_refused_are_an_error():
    seen = []
    with listening(accepting("new", seen)) as address, pytest.raises(UnauthorizedError):
        with_tokens(address, "old").send(GET)
    assert seen == ["old", "old"]


def test_credentials_that_are_about_to_be_renewed_are_waited_for():
    seen = []
    with listening(accepting("new", seen)) as address:
        assert with_tokens(address, "old", "old", "new").with_patience(refusals=9).send(GET) == FOUND
    assert seen[:2] == ["old", "old"]
    assert seen[-1] == "new"


def test_the_servers_clock_is_read_from_its_answers():
    with listening(http("200 OK", ANSWER, extra="Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n")) as address:
        api = api_of(f"http://{address}")
        assert api.send(GET) == FOUND
    assert api.with_patience(answer=9).clock.now() == pytest.approx(1_767_225_600, abs=3)


@given(st.binary(), st.lists(st.integers(1, 9)))
def test_lines_do_not_depend_on_how_the_answer_is_cut(data, sizes):
    chunks, at = [], 0
    for size in sizes:
        chunks.append(data[at : at + size])
        at += size
    chunks.append(data[at:])
    expected = data.split(b"\n")
    assert list(split_lines(iter(chunks))) == (expected if expected[-1] else expected[:-1])
