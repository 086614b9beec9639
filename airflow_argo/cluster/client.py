"""Requests to one API server, as dicts in and out, over an ApiClient of the kubernetes package that nobody else uses.

Of that package this takes the configuration, the credentials and the connection pool; requests go to the pool directly, since
the generated calls hide status and headers, log bodies, and sleep on their own when a server asks for it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from airflow_argo.cluster.backoff import Backoff, pause_before_retry
from airflow_argo.cluster.clock import ServerClock
from airflow_argo.cluster.config import Connection
from airflow_argo.cluster.errors import ClusterError, ConfigurationError, NotAnApiServerError, Place, UnauthorizedError
from airflow_argo.cluster.faults import error_of_fault
from airflow_argo.cluster.resources import Call, Manifest
from airflow_argo.cluster.responses import error_of_response, is_answer_to

if TYPE_CHECKING:
    from kubernetes.client import ApiClient
    from typing_extensions import Self

MERGE_PATCH: Final = "application/merge-patch+json"
_POOL_SIZE: Final = 256
_CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """How long we wait for a server, in seconds.

    Attributes:
        connect: for a connection.
        answer: for the (next part of an) answer of a plain request.
        faults: how long a plain request is tried again while the server is unreachable, overloaded or at fault.
        refusals: likewise while our credentials are refused: somebody may just be renewing them.
    """

    connect: float = 10.0
    answer: float = 30.0
    faults: float = 30.0
    refusals: float = 0.0


class Login:
    """An ApiClient, and how to get another: credentials expire, and some are read only when a client is made.

    Args:
        client: that nobody else uses.
        renew: makes another with credentials that were read anew; None: there is no other.
    """

    def __init__(self, client: ApiClient, renew: Callable[[], ApiClient] | None = None) -> None:
        self.client, self.clock = client, ServerClock()
        self._renew, self._lock = renew, threading.Lock()

    def renewed(self, refused: ApiClient) -> bool:
        """Whether there is now another client than the one whose credentials were refused. Once for all who were refused."""
        if self._renew is None:
            return False
        with self._lock:
            if self.client is refused:
                self.client = self._renew()
            return True


class Api:
    """One connection to one API server; safe to be used by many threads at once."""

    def __init__(self, login: Login, namespace: str, patience: Patience | None = None) -> None:
        self._login = login
        self.patience = patience or Patience()
        self.place = Place(login.client.configuration.host, namespace)

    @property
    def _client(self) -> ApiClient:
        return self._login.client

    @property
    def clock(self) -> ServerClock:
        """The server's clock."""
        return self._login.clock

    @property
    def namespace(self) -> str:
        """The namespace that calls are for."""
        return self.place.namespace

    def in_namespace(self, namespace: str) -> Self:
        """The same connection, for another namespace."""
        return type(self)(self._login, namespace, self.patience)

    def with_patience(self, **seconds: float) -> Self:
        """The same connection, with other limits."""
        return type(self)(self._login, self.namespace, replace(self.patience, **seconds))

    def close(self) -> None:
        """Close all connections. Streams that are being read end with an error."""
        self._client.rest_client.pool_manager.clear()
        self._client.close()

    def send(self, call: Call, body: Manifest | None = None, *, content_type: str = "application/json") -> Manifest:
        """The answer to a call; while the server is unreachable, overloaded or at fault, the call is sent again.

        A call whose answer got lost is sent twice, so callers must have made it so that this does no harm: creations carry a
        marker that tells our object from another's, patches a resourceVersion.

        Raises:
            ClusterError: of the class that fits.
        """
        backoff, start = Backoff(), time.monotonic()
        while True:
            try:
                return self.send_once(call, body, content_type=content_type)
            except ClusterError as error:  # noqa: PERF203 - a loop of attempts
                patience = self.patience.refusals if isinstance(error, UnauthorizedError) else self.patience.faults
                pause = pause_before_retry(error, backoff, time.monotonic() - start, patience)
                if pause is None:
                    raise
                time.sleep(pause)

    def send_once(self, call: Call, body: Manifest | None = None, *, content_type: str = "application/json") -> Manifest:
        """The answer to a call that is sent once."""
        payload = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        response = self._request(call, self.patience.answer, payload, content_type)
        try:
            data: bytes = response.read()
        except Exception as error:  # noqa: BLE001 - the border to urllib3
            raise error_of_fault(self.place, call, error, self.patience.answer) from None
        finally:
            response.release_conn()
        if response.status >= 300:
            raise error_of_response(self.place, call, response.status, response.headers, data, sent=len(payload or b""))
        return self._parsed(call, response, data)

    def open(self, call: Call, read_timeout: float) -> Stream:
        """A call whose answer has no end of its own: a watch, a log that is followed.

        Args:
            call: what is asked.
            read_timeout: seconds that may pass until something arrives.
        """
        response = self._request(call, read_timeout, None, "application/json")
        if response.status >= 300:
            data = response.read()
            response.release_conn()
            raise error_of_response(self.place, call, response.status, response.headers, data)
        return Stream(self.place, call, response, read_timeout)

    def _request(self, call: Call, read_timeout: float, payload: bytes | None, content_type: str) -> Any:
        """urllib3's response, body unread. Refused credentials are renewed once, where they can be."""
        client = self._client
        response = self._request_by(client, call, read_timeout, payload, content_type)
        if response.status == 401 and self._login.renewed(client):
            response.read()
            response.release_conn()
            response = self._request_by(self._client, call, read_timeout, payload, content_type)
        self.clock.answered(response.headers.get("Date"))
        return response

    def _request_by(self, client: ApiClient, call: Call, read_timeout: float, payload: bytes | None, content_type: str) -> Any:
        import urllib3

        headers = {"Accept": "application/json, */*", "User-Agent": _user_agent(), "Content-Type": content_type}
        url = client.configuration.host + call.path
        if call.query:
            from urllib.parse import urlencode

            url += f"?{urlencode(call.query)}"
        try:
            client.update_params_for_auth(headers, [], ["BearerToken"])
        except Exception as error:  # noqa: BLE001 - whatever a login program or token file does; its text may be secret
            reason = f"the credentials can't be renewed ({type(error).__name__})"
            raise ConfigurationError("kubeconfig", reason, "log in again") from None
        try:
            return client.rest_client.pool_manager.request(
                call.method,
                url,
                body=payload,
                headers=headers,
                preload_content=False,
                redirect=False,
                retries=False,
                timeout=urllib3.Timeout(connect=self.patience.connect, read=read_timeout),
            )
        except Exception as error:  # noqa: BLE001 - the border to urllib3
            raise error_of_fault(self.place, call, error, read_timeout) from None

    def _parsed(self, call: Call, response: Any, data: bytes) -> Manifest:
        kind = response.headers.get("Content-Type", "none")
        try:
            answer: Manifest = json.loads(data)
        except ValueError:
            raise NotAnApiServerError(self.place, response.status, kind) from None
        if not is_answer_to(call, answer):
            raise NotAnApiServerError(self.place, response.status, kind, call)
        return answer


class Stream:
    """Lines of an answer without an end. One thread reads, another may `stop` it."""

    def __init__(self, place: Place, call: Call, response: Any, read_timeout: float) -> None:
        self.place, self.call = place, call
        self._response = response
        self._read_timeout = read_timeout
        self._stopped = threading.Event()

    def patience(self, seconds: float) -> None:
        """From now on the next part of the answer may take this long."""
        self._read_timeout = seconds
        if sock := self._socket():
            sock.settimeout(max(seconds, 0.001))

    def lines(self) -> Iterator[bytes]:
        """Each line without its end; a last one that has no end too. Ends where the answer ends, or after `stop`.

        Raises:
            RequestTimeoutError: nothing arrived for as long as is allowed.
            UnreachableError: the connection broke.
        """
        try:
            yield from split_lines(self._response.stream(_CHUNK, decode_content=False))
        except GeneratorExit:
            raise
        except Exception as error:  # noqa: BLE001 - the border to urllib3
            if not self._stopped.is_set():
                raise error_of_fault(self.place, self.call, error, self._read_timeout) from None

    def stop(self) -> None:
        """End the reading, from another thread."""
        self._stopped.set()
        if sock := self._socket():
            with suppress(OSError):
                sock.shutdown(2)

    def close(self) -> None:
        """Give the connection back if the answer was read to its end, else close it."""
        if self._response.isclosed():
            self._response.release_conn()
        else:
            self._response.close()

    def _socket(self) -> Any:
        return getattr(self._response.connection, "sock", None)


def split_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines in a sequence of chunks that are cut anywhere; each byte is looked at once, however long a line is."""
    parts: list[bytes] = []
    for chunk in chunks:
        head, *tail = chunk.split(b"\n")
        parts.append(head)
        if tail:
            yield b"".join(parts)
            yield from tail[:-1]
            parts = [tail[-1]]
    if rest := b"".join(parts):
        yield rest


def connect(
    connection: Connection,
    namespace: str | None = None,
    patience: Patience | None = None,
    *,
    again: Callable[[], Connection] | None = None,
) -> Api:
    """An Api over a new ApiClient. Nothing is sent yet.

    Args:
        connection: where, and who we are.
        namespace: instead of the connection's.
        patience: how long servers are waited for.
        again: finds the connection anew, when its credentials are no longer accepted.

    Raises:
        ConfigurationError: a certificate or key that can't be read, a proxy of an unknown kind.
    """
    renew = (lambda: client_of(again())) if again else None
    return Api(Login(client_of(connection), renew), namespace or connection.namespace, patience)


def client_of(connection: Connection) -> ApiClient:
    """A new ApiClient.

    Raises:
        ConfigurationError: as `connect` says.
    """
    from kubernetes.client import ApiClient

    connection.configuration.connection_pool_maxsize = _POOL_SIZE
    try:
        return ApiClient(configuration=connection.configuration)
    except Exception as error:  # noqa: BLE001 - the border to the kubernetes package; its text may name a proxy's password
        reason = f"no connection can be made from it ({type(error).__name__})"
        raise ConfigurationError(connection.source, reason, "check its certificates, keys and proxy-url") from None


def _user_agent() -> str:
    from airflow_argo import __version__

    return f"airflow-argo/{__version__}"
