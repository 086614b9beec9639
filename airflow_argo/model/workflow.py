"""A workflow: a graph with inputs, a schedule, and what the whole run is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_argo.model.graph import Body, Graph
from airflow_argo.model.intervals import Intervals
from airflow_argo.model.values import Constant, Type, Value


@dataclass(frozen=True, slots=True)
class InputSpec:
    """An input of a workflow; without a default it must be given.

    Attributes:
        schema: the JSON of a JSON Schema that its values obey.
    """

    name: str
    type: Type = Type.TEXT
    default: Constant | None = None
    description: str | None = None
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """When runs start by themselves.

    Attributes:
        crons: five fields each; any of them starts a run.
        timezone: an IANA name.
        concurrency: what happens to a run whose predecessor is still running.
        when: at each moment of the crons, whether a run starts; in Argo's terms.
        stop: once this holds no more runs start; in Argo's terms.
    """

    crons: tuple[str, ...]
    timezone: str = "UTC"
    concurrency: str = "Allow"
    suspended: bool = False
    starting_deadline_seconds: int | None = None
    when: str | None = None
    stop: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A workflow.

    Attributes:
        name: any text; becomes a Kubernetes name.
        outputs: what the run is for, by name.
        on_exit: runs at the end, however that came.
        parallelism: how many pods run at once.
        timeout_seconds: the run fails after so long.
        limits: sizes of semaphores that the workflow or its steps refer to, by key.
        intervals: how a run's data interval follows from its moment, as pods are told; None: it is that moment.
        settings: further fields of Argo's workflow spec, in Argo's shapes.
    """

    name: str
    graph: Graph
    inputs: tuple[InputSpec, ...] = ()
    outputs: tuple[tuple[str, Value], ...] = ()
    on_exit: Body | None = None
    parallelism: int | None = None
    timeout_seconds: int | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    schedule: Schedule | None = None
    intervals: Intervals | None = None
    namespace: str | None = None
    service_account: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    description: str | None = None
