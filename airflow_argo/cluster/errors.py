"""What can go wrong between this program and a cluster: each class says what happened, where, and what cures it.

A message never holds a token, a password or a certificate: URLs are shown without user information, and the texts of the
libraries below are not passed on unless they are the API server's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from airflow_argo.argo.limits import MAX_WORKFLOW_BYTES
from airflow_argo.cluster.rbac import missing_rule
from airflow_argo.cluster.resources import Call
from airflow_argo.diagnostics import AirflowArgoError, ExitCode


@dataclass(frozen=True, slots=True)
class Place:
    """Whom we talk to: the server's URL, of which user information and query are left out at once, and the namespace."""

    server: str
    namespace: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "server", bare_url(self.server))

    def __str__(self) -> str:
        return f"{self.server}, namespace '{self.namespace}'"


def bare_url(url: str) -> str:
    """The URL without what may be secret in it: user, password, query."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" if host else url.partition("?")[0]


class ClusterError(AirflowArgoError):
    """Base of all errors of a cluster.

    Attributes:
        place: whom we talked to; None where it didn't come to that.
        finding: what happened.
        cure: what to do about it.
        transient: the same request may succeed a little later.
        retry_after: seconds that the server asked to wait before that, if it did.
    """

    exit_code = ExitCode.CLUSTER
    transient = False
    retry_after: float | None = None

    def __init__(self, place: Place | None, finding: str, cure: str = "") -> None:
        super().__init__(place, finding, cure)
        self.place, self.finding, self.cure = place, finding, cure

    def __str__(self) -> str:
        where = f" ({self.place})" if self.place else ""
        return f"{self.finding}{where}" + (f"; {self.cure}" if self.cure else "")

    def __reduce__(self) -> tuple[Any, ...]:
        return _blank, (type(self),), self.__dict__  # so that a class may be made from its own facts, and still pickles

    def to_json(self) -> dict[str, Any]:
        """The error as `--output json` prints it."""
        found: dict[str, Any] = {"error": str(self), "kind": type(self).__name__}
        if self.place:
            found |= {"server": self.place.server, "namespace": self.place.namespace}
        return found


def _blank(cls: type[ClusterError]) -> ClusterError:
    return cls.__new__(cls)


class ConfigurationError(ClusterError):
    """There is no usable connection in the kubeconfig, or no kubeconfig at all."""

    def __init__(self, source: str, finding: str, cure: str) -> None:
        super().__init__(None, f"{source}: {finding}", cure)
        self.source = source


class UnreachableError(ClusterError):
    """No connection, or it broke: no such host, refused, reset, a proxy that says no."""

    transient = True

    def __init__(self, place: Place, reason: str) -> None:
        super().__init__(place, f"no connection to the API server: {reason}", "check the server's URL, the network and VPN")
        self.reason = reason


class RequestTimeoutError(ClusterError):
    """The server took longer to answer than we wait."""

    transient = True

    def __init__(self, place: Place, what: str, seconds: float) -> None:
        super().__init__(place, f"{what}: no answer within {seconds:g} s", "check the network, or have more Patience(answer=…)")
        self.what, self.seconds = what, seconds


class HeldUpError(ClusterError):
    """Something that we can't end takes longer than any server may."""

    transient = True

    def __init__(self, place: Place | None, what: str, seconds: float) -> None:
        cure = "see whether the kubeconfig's login program or the lookup of the server's name hangs"
        super().__init__(place, f"{what}: nothing has come of it in {seconds:g} s", cure)


class TlsError(ClusterError):
    """The server's certificate isn't trusted, isn't for this name, or there is no TLS at all."""

    def __init__(self, place: Place, reason: str) -> None:
        cure = "check certificate-authority and tls-server-name of this cluster in the kubeconfig"
        super().__init__(place, f"no secure connection: {reason}", cure)
        self.reason = reason


class ServerFaultError(ClusterError):
    """The server, or something before it, is at fault or overloaded (HTTP 429, 5xx)."""

    transient = True

    def __init__(self, place: Place, status: int, message: str) -> None:
        what = "is overloaded" if status == 429 else "has a fault"
        super().__init__(place, f"the API server {what} (HTTP {status}): {message}", "try again later")
        self.status, self.message = status, message


class NotAnApiServerError(ClusterError):
    """Something answers, but not with what an API server says."""

    def __init__(self, place: Place, status: int, content_type: str, call: Call | None = None) -> None:
        asked = f", JSON that doesn't answer '{call}'" if call else ""
        finding = f"the answer is no Kubernetes API's: HTTP {status}, content type '{content_type}'{asked}"
        super().__init__(place, finding, "check the server's URL; a login page or a proxy may stand before it")
        self.status, self.content_type = status, content_type


class UnauthorizedError(ClusterError):
    """The credentials are missing, wrong or expired (401)."""

    def __init__(self, place: Place) -> None:
        cure = "log in again, or check the user of this context in the kubeconfig"
        super().__init__(place, "the API server doesn't accept the credentials (401 Unauthorized)", cure)


class ForbiddenError(ClusterError):
    """We are known, but may not do that (403)."""

    def __init__(self, place: Place, call: Call, user: str, message: str) -> None:
        self.call, self.user, self.message = call, user, message
        who = f"'{user}'" if user else "this user"
        if user:
            rule = missing_rule(call)
            scope = f"namespace '{call.namespace}'" if call.resource.namespaced else "the cluster (a ClusterRole)"
            cure = f"bind {who} to a Role in {scope} with the rule {rule}"
            super().__init__(place, f"{who} may not {call} (403 Forbidden)", cure)
        else:
            super().__init__(
                place, f"{call} is refused (403 Forbidden): {message}", "see the message: it is a policy of the cluster"
            )


class ArgoNotInstalledError(ClusterError):
    """The API server doesn't know the resource: Argo's CRDs are missing."""

    def __init__(self, place: Place, call: Call) -> None:
        self.call = call
        resource = call.resource
        finding = f"the API server knows no {resource.plural} in {resource.api_version}"
        super().__init__(place, finding, "install Argo Workflows' CRDs, or choose the context of a cluster that has them")


class NamespaceNotFoundError(ClusterError):
    """There is no such namespace."""

    def __init__(self, place: Place, namespace: str) -> None:
        super().__init__(place, f"there is no namespace '{namespace}'", "choose another namespace, or create it")
        self.namespace = namespace


class NotFoundError(ClusterError):
    """There is no such object in the namespace."""

    def __init__(self, place: Place, kind: str, name: str) -> None:
        super().__init__(place, f"there is no {kind} '{name}'", "check the name and the namespace")
        self.kind, self.name = kind, name


class AlreadyExistsError(ClusterError):
    """The name is taken by an object that we can't say is ours."""

    def __init__(self, place: Place, kind: str, name: str, detail: str = "") -> None:
        cure = "choose another name or generateName, or delete it first"
        super().__init__(place, f"{kind} '{name}' exists already{': ' + detail if detail else ''}", cure)
        self.kind, self.name, self.detail = kind, name, detail


class ConflictError(ClusterError):
    """Somebody else changed the object in between, again and again."""

    def __init__(self, place: Place, call: Call, message: str) -> None:
        super().__init__(place, f"{call}: conflict (409): {message}", "try again")
        self.call, self.message = call, message


class InvalidError(ClusterError):
    """The API server refuses the object (422); `causes` are its own words: (field, message)."""

    def __init__(self, place: Place, kind: str, name: str, causes: tuple[tuple[str, str], ...]) -> None:
        lines = "".join(f"\n  {f'{field}: ' if field else ''}{message}" for field, message in causes)
        super().__init__(place, f"{kind} '{name}' is not valid")
        self.kind, self.name, self.causes, self.lines = kind, name, causes, lines

    def __str__(self) -> str:
        return f"{super().__str__()}:{self.lines}"

    def to_json(self) -> dict[str, Any]:
        """The error with its causes."""
        return super().to_json() | {"causes": [{"field": field, "message": message} for field, message in self.causes]}


class RejectedError(ClusterError):
    """The API server refuses the request for a reason that has no class of its own (other 4xx)."""

    def __init__(self, place: Place, call: Call, status: int, message: str) -> None:
        super().__init__(place, f"{call} is refused (HTTP {status}): {message}")
        self.call, self.status, self.message = call, status, message


class ExpiredError(ClusterError):
    """The resourceVersion or continue token is too old (410); `fresh_token` continues a list, with less consistency."""

    def __init__(self, place: Place, call: Call, fresh_token: str = "") -> None:
        super().__init__(place, f"{call}: what was read before is too old to go on from (410)", "list again")
        self.call, self.fresh_token = call, fresh_token


class TooLargeError(ClusterError):
    """The object is larger than what can be stored."""

    def __init__(self, place: Place, kind: str, name: str, size: int, limit: int = MAX_WORKFLOW_BYTES) -> None:
        cure = "cut it into WorkflowTemplates, share templates by parameters, or pass large data as artifacts"
        super().__init__(place, f"{kind} '{name}' has {size:,} bytes as JSON, the limit is {limit:,}", cure)
        self.kind, self.name, self.size, self.limit = kind, name, size, limit


class WorkflowGoneError(ClusterError):
    """The workflow was deleted before its end was seen; `phase` is the last one known."""

    def __init__(self, place: Place, name: str, uid: str, phase: str, replaced_by: str = "") -> None:
        last = f"its last known phase is {phase}" if phase else "the controller hadn't seen it yet"
        how = f"was deleted, and another of the same name (uid {replaced_by}) was made," if replaced_by else "was deleted"
        cure = "its end is not known; let its TTL be longer than a wait may be interrupted, and give each run its own name"
        super().__init__(place, f"workflow '{name}' (uid {uid}) {how} while it was waited for: {last}", cure)
        self.name, self.uid, self.phase, self.replaced_by = name, uid, phase, replaced_by


class WaitTimeoutError(ClusterError):
    """A wait took longer than its caller allows; `phases` has the last known phase of each that isn't done."""

    exit_code = ExitCode.TIMEOUT

    def __init__(self, place: Place, phases: dict[str, str], seconds: float) -> None:
        which = ", ".join(
            f"'{name}' is {phase or 'not yet seen by the controller'}" for name, phase in list(phases.items())[:5]
        )
        more = f" and {len(phases) - 5} more" if len(phases) > 5 else ""
        cure = (
            "wait longer, or look at its nodes and its controller's log; a workflow that waits for an absent output never ends"
        )
        super().__init__(place, f"not done within {seconds:g} s: {which}{more}", cure)
        self.phases, self.seconds = phases, seconds


class NodesUnreadableError(ClusterError):
    """The status of the nodes isn't in the object in a form that can be read here."""

    def __init__(self, place: Place | None, name: str, reason: str, cure: str) -> None:
        super().__init__(place, f"the nodes of workflow '{name}' can't be read: {reason}", cure)
        self.name, self.reason = name, reason


class WrongPhaseError(ClusterError):
    """The workflow is not in a state in which that can be done to it."""

    def __init__(self, place: Place | None, name: str, wanted: str, reason: str, cure: str = "") -> None:
        super().__init__(place, f"workflow '{name}' can't be {wanted}: {reason}", cure)
        self.name, self.wanted, self.reason = name, wanted, reason
