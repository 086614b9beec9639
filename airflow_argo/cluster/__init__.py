"""Talk to Argo Workflows through the Kubernetes API: submit, wait, logs, stop, resume, retry.

cluster: `Cluster`, the way in. config, client, responses, faults: connections, requests, and what their failures are called.
watch, waits, backoff, retry, suspend, resubmit, manifests, log_lines: decisions without I/O, for any kind of loop.
watching, waiting, submit, changes, retrying, logs, log_following, listing, sources, standing_still: those decisions carried
out, in the caller's thread.
errors: every error class. rbac: what each operation must be allowed to do.
"""

from airflow_argo.cluster.client import Patience
from airflow_argo.cluster.cluster import Cluster
from airflow_argo.cluster.errors import (
    AlreadyExistsError,
    ArgoNotInstalledError,
    ClusterError,
    ConfigurationError,
    ConflictError,
    ExpiredError,
    ForbiddenError,
    InvalidError,
    NamespaceNotFoundError,
    NodesUnreadableError,
    NotAnApiServerError,
    NotFoundError,
    Place,
    RejectedError,
    RequestTimeoutError,
    ServerFaultError,
    TlsError,
    TooLargeError,
    UnauthorizedError,
    UnreachableError,
    WaitTimeoutError,
    WorkflowGoneError,
    WrongPhaseError,
)
from airflow_argo.cluster.log_lines import LogLine
from airflow_argo.cluster.snapshot import Snapshot
from airflow_argo.cluster.submit import Submission

__all__ = [
    "AlreadyExistsError",
    "ArgoNotInstalledError",
    "Cluster",
    "ClusterError",
    "ConfigurationError",
    "ConflictError",
    "ExpiredError",
    "ForbiddenError",
    "InvalidError",
    "LogLine",
    "NamespaceNotFoundError",
    "NodesUnreadableError",
    "NotAnApiServerError",
    "NotFoundError",
    "Patience",
    "Place",
    "RejectedError",
    "RequestTimeoutError",
    "ServerFaultError",
    "Snapshot",
    "Submission",
    "TlsError",
    "TooLargeError",
    "UnauthorizedError",
    "UnreachableError",
    "WaitTimeoutError",
    "WorkflowGoneError",
    "WrongPhaseError",
]
