"""A fault of the network or of TLS, as urllib3 raises it → the error that says so.

The texts of urllib3 name URLs, which may hold a proxy's password, so only the operating system's or OpenSSL's own words
are kept.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from airflow_argo.cluster.errors import ClusterError, ConfigurationError, Place, RequestTimeoutError, TlsError, UnreachableError
from airflow_argo.cluster.resources import Call


def error_of_fault(place: Place, call: Call, fault: BaseException, seconds: float) -> ClusterError:
    """The error for what a request or the reading of its answer ended with.

    Args:
        place: whom we talked to.
        call: what was asked.
        fault: what urllib3, ssl or the socket raised.
        seconds: how long the answer was waited for.
    """
    from urllib3 import exceptions

    causes = tuple(_causes(fault))
    if isinstance(fault, exceptions.NewConnectionError):  # for urllib3 this is a timeout too
        return UnreachableError(place, _system_reason(causes))
    if isinstance(fault, exceptions.ConnectTimeoutError):
        return UnreachableError(place, "the server does not answer")
    if isinstance(fault, (exceptions.TimeoutError, TimeoutError)):
        return RequestTimeoutError(place, str(call), seconds)
    if isinstance(fault, exceptions.ProxyError):
        return UnreachableError(place, f"the proxy does not let us through ({_system_reason(causes)})")
    if any(isinstance(cause, (ssl.SSLError, exceptions.SSLError)) for cause in causes) and not _is_broken_pipe(causes):
        return TlsError(place, _tls_reason(causes))
    if isinstance(fault, (FileNotFoundError, PermissionError)):
        return ConfigurationError(
            "kubeconfig", f"a file that it names can't be read: {fault.strerror}", "check its certificates"
        )
    if isinstance(fault, ValueError) and not isinstance(fault, exceptions.HTTPError):
        return ConfigurationError(
            "kubeconfig", "the server's URL or the token can't be sent", "check both for stray characters"
        )
    return UnreachableError(place, _system_reason(causes))


def _causes(fault: BaseException | None) -> Iterator[BaseException]:
    """The fault and what is behind it: causes, contexts and exceptions that are arguments."""
    seen: list[BaseException] = []
    while fault is not None and fault not in seen:
        seen.append(fault)
        yield fault
        inner = next((argument for argument in fault.args if isinstance(argument, BaseException)), None)
        fault = inner or fault.__cause__ or fault.__context__


def _is_broken_pipe(causes: tuple[BaseException, ...]) -> bool:
    """A connection that ends in the middle of TLS is a broken connection, not a question of trust."""
    return any(isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError)) for cause in causes)


def _tls_reason(causes: tuple[BaseException, ...]) -> str:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"certificate verify failed: {cause.verify_message}"
    for cause in causes:
        if isinstance(cause, ssl.SSLError) and cause.reason:
            return cause.reason.lower().replace("_", " ")
    return "certificate or key can't be used"


def _system_reason(causes: tuple[BaseException, ...]) -> str:
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return "the host name is not known"
        if isinstance(cause, ssl.SSLError):
            return "the connection was closed"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
    return "the connection was closed before the answer was complete"
