"""An answer of the API server that is no success → the error that says so. Pure: status, headers and body in, an error out.

Source of the forms: Kubernetes' `metav1.Status` (`reason`, `message`, `details.causes`); a path that no API serves is answered
in plain text, an object that isn't there with a Status, which tells missing CRDs from a missing workflow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from airflow_argo.cluster.errors import (
    AlreadyExistsError,
    ArgoNotInstalledError,
    ClusterError,
    ConflictError,
    ExpiredError,
    ForbiddenError,
    InvalidError,
    NamespaceNotFoundError,
    NotAnApiServerError,
    NotFoundError,
    Place,
    RejectedError,
    ServerFaultError,
    TooLargeError,
    UnauthorizedError,
)
from airflow_argo.cluster.resources import Call

_RBAC_USER: Final = re.compile(r'User "([^"]*)" cannot ')
_LONGEST_MESSAGE: Final = 2000


def error_of_response(
    place: Place, call: Call, status: int, headers: Mapping[str, str], body: bytes, *, sent: int = 0
) -> ClusterError:
    """The error for an answer with an HTTP status from 300 on.

    Args:
        place: whom we talked to.
        call: what was asked.
        status: the HTTP status.
        headers: of the answer.
        body: of the answer; a JSON `Status`, or any text.
        sent: bytes of the object that was sent, for the case that it was too large.
    """
    answer = _status_object(body)
    if answer is None and status == 404:
        return ArgoNotInstalledError(place, call)
    if answer is None and 300 <= status < 500 and status not in (401, 403, 413, 429):
        return NotAnApiServerError(place, status, headers.get("Content-Type", "none"))
    message = str(answer.get("message", "")) if answer else body.decode("utf-8", "replace").strip()
    error = error_of_status(place, call, {**(answer or {}), "code": status, "message": message[:_LONGEST_MESSAGE]}, sent=sent)
    if error.retry_after is None:
        error.retry_after = _seconds(headers.get("Retry-After"))
    return error


def error_of_status(place: Place, call: Call, status: Mapping[str, Any], *, sent: int = 0) -> ClusterError:
    """The error for a Kubernetes `Status` object, as it is in an answer's body or in a watch's ERROR event."""
    details = status.get("details") or {}
    error = _by_code(place, call, int(status.get("code") or 500), str(status.get("message", "")), status, details, sent)
    if isinstance(details.get("retryAfterSeconds"), int):
        error.retry_after = float(details["retryAfterSeconds"])
    return error


def _by_code(
    place: Place, call: Call, code: int, message: str, status: Mapping[str, Any], details: Mapping[str, Any], sent: int
) -> ClusterError:
    if code == 429 or code >= 500:
        return ServerFaultError(place, code, message or "no message")
    match code:
        case 401:
            return UnauthorizedError(place)
        case 403:
            user = _RBAC_USER.search(message)
            return ForbiddenError(place, call, user.group(1) if user else "", message)
        case 404 if details.get("kind") == "namespaces":
            return NamespaceNotFoundError(place, str(details.get("name", call.namespace)))
        case 404:
            return NotFoundError(place, call.resource.kind, str(details.get("name") or call.name))
        case 409 if status.get("reason") == "AlreadyExists":
            return AlreadyExistsError(place, call.resource.kind, str(details.get("name") or call.name))
        case 409:
            return ConflictError(place, call, message)
        case 410:
            return ExpiredError(place, call, str((status.get("metadata") or {}).get("continue", "")))
        case 413:
            return TooLargeError(place, call.resource.kind, call.name, sent)
        case 422:
            return InvalidError(place, call.resource.kind, str(details.get("name") or call.name), _causes(details, message))
    return RejectedError(place, call, code, message)


def is_answer_to(call: Call, answer: Any) -> bool:
    """Whether JSON that came with a success has the shape of what was asked for: an object with a name, or a list of such.

    Something else may be there that answers with JSON, whatever it is asked. What comes of a deletion isn't looked at, and a
    review has no name.
    """
    if call.verb == "delete" or call.resource.plural.endswith("reviews") or not isinstance(answer, dict):
        return isinstance(answer, dict)
    if call.verb != "list":
        return is_object(answer)
    items, meta = answer.get("items"), answer.get("metadata")
    is_list = isinstance(meta, dict) or (meta is None and "items" in answer)
    return is_list and (items is None or (isinstance(items, list) and all(map(is_object, items))))


def is_object(value: Any) -> bool:
    """Whether JSON is an object as Kubernetes has them."""
    meta = value.get("metadata") if isinstance(value, dict) else None
    return isinstance(meta, dict) and isinstance(meta.get("name"), str)


def is_event(value: Any) -> bool:
    """Whether JSON is what a watch tells: of a change of an object, of an error, or only how far it has come."""
    if not isinstance(value, dict) or not isinstance(value.get("object"), dict):
        return False
    meta = value["object"].get("metadata")
    return value.get("type") == "ERROR" or (isinstance(meta, dict) and "resourceVersion" in meta)


def _causes(details: Mapping[str, Any], message: str) -> tuple[tuple[str, str], ...]:
    causes = tuple((str(cause.get("field", "")), str(cause.get("message", ""))) for cause in details.get("causes") or ())
    return causes or (("", message),)


def _status_object(body: bytes) -> dict[str, Any] | None:
    """The body if it is a Kubernetes Status, else None."""
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) and answer.get("kind") == "Status" else None


def _seconds(retry_after: str | None) -> float | None:
    """A Retry-After header; an HTTP date, which no API server sends, is not read."""
    return float(retry_after) if retry_after and retry_after.strip().isdigit() else None
