"""What a pass asks of the world, and what it is told: pods to start and to kill, and how they ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PodRequest:
    """A pod to start.

    Attributes:
        node: the node's name; `node_id` its id.
        name: the pod's.
        template: a container, script or containerSet template with all parameters filled in.
        capture_result: somebody refers to its result.
        deadline: seconds that it may run, as Kubernetes counts them; None without limit.
        terminate_at: when the executor ends it (retryStrategy.backoff.maxDuration), seconds since 1970.
        volumes: the workflow's, filled in.
    """

    node: str
    node_id: str
    name: str
    template: Mapping[str, Any]
    capture_result: bool
    deadline: float | None
    terminate_at: float | None
    volumes: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerEnd:
    """How one container of a set ended."""

    code: int
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodOutcome:
    """How a pod ended.

    Attributes:
        phase: Succeeded, Failed or Error.
        exit_code: of the container `main`; None if there is none, or it never ran.
        outputs: parameters, artifacts and result that were saved.
        containers: of a containerSet, by name.
        finished_at: seconds since 1970.
    """

    phase: str
    message: str = ""
    exit_code: int | None = None
    outputs: dict[str, Any] = field(default_factory=dict)
    containers: Mapping[str, ContainerEnd] = field(default_factory=dict)
    finished_at: float | None = None
