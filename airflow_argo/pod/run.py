"""What a pod knows of the run that it belongs to."""

from __future__ import annotations

import base64
import json
import os
from datetime import datetime, timezone
from typing import Any, Dict

from .values import moment_of

RUN_VARIABLE = "AIRFLOW_ARGO_RUN"
"""The environment variable with what a pod is told of its run, all parameters of the workflow among it: base64 of JSON."""

RUN_TYPES = ("scheduled", "backfill", "asset_triggered", "manual")
"""Airflow's, in the order of likelihood. Source: DagRunType.from_run_id."""


class Run:
    """What the run is: its name, parameters and dates.

    Attributes:
        is_dated: it has a logical date; else `date` is None, and there is no data interval.
    """

    def __init__(self) -> None:
        facts = json.loads(base64.b64decode(os.environ.get(RUN_VARIABLE, "e30=")))
        self.name = facts.get("name", "local")
        self.namespace = facts.get("namespace", "default")
        self.created = facts.get("created") or datetime.now(timezone.utc).isoformat()
        self.scheduled = facts.get("scheduled") or ""
        listed = json.loads(facts.get("parameters") or "[]") or []  # null: the workflow has none
        self.parameters = {one["name"]: one.get("value", one.get("default", "")) for one in listed}
        self.conf = json.loads(self.parameters.get("conf") or "{}")
        given = self.parameters.get("logical_date")
        self.moment = in_utc(moment_of(given or self.scheduled or self.created))
        start, end = (facts.get(name) or self.parameters.get(name) for name in ("data_interval_start", "data_interval_end"))
        self.has_interval = bool(start and end)
        self.start = in_utc(moment_of(start)) if start else self.moment
        self.end = in_utc(moment_of(end)) if end else self.moment
        self.is_dated = self.parameters.get("is_dated") != "false"
        date = self.start if self.scheduled and not given else self.moment
        self.date = date if self.is_dated else None
        told = self.parameters.get("run_after") or self.parameters.get("data_interval_end")
        due = told or self.scheduled or self.created
        self.due = in_utc(moment_of(due))
        self.try_number = int(os.environ.get("AIRFLOW_ARGO_TRY", "0")) + 1
        self.map_index = int(os.environ.get("AIRFLOW_ARGO_INDEX", "-1"))
        self.id = self.parameters.get("run_id") or f"{'scheduled' if self.scheduled else 'manual'}__{self.moment.isoformat()}"
        self.type = next((kind for kind in RUN_TYPES if self.id.startswith(f"{kind}__")), "manual")

    def parameter(self, name: str, kind: str) -> Any:
        """A workflow parameter as what it is."""
        text = self.parameters[name]
        return text if kind == "text" else json.loads(text)

    def params(self, kinds: Dict[str, Any], own: Dict[str, Any]) -> Dict[str, Any]:
        """The params, name → value: the DAG's, the task's own over them, over those what the run was given.

        Source: airflow.sdk process_params.

        Args:
            kinds: name → (workflow parameter, type, default if there is one), of the DAG's.
        """
        common = {name: self.parameter(parameter, kind) for name, (parameter, kind, *_) in kinds.items()}
        return {**common, **own, **self.conf_given(kinds)}

    def conf_given(self, kinds: Dict[str, Any]) -> Dict[str, Any]:
        """The run's `conf`, with the params that were set otherwise than by it. `kinds` as in `params`."""
        values = {name: (self.parameter(parameter, kind), default) for name, (parameter, kind, *default) in kinds.items()}
        given = {name: value for name, (value, default) in values.items() if [value] != default and name not in self.conf}
        return {**self.conf, **given}


def parameter_text(value: Any, kind: str) -> str:
    """A value as the text that a parameter has for it: what `Run.parameter` reads."""
    return value if kind == "text" and isinstance(value, str) else json.dumps(value)


CONTEXT_PREFIX = "AIRFLOW_CTX_"
"""How the environment variables begin by which Airflow tells tasks where they run."""

DEFAULT_OWNER = "airflow"


def context_variables(run: Run, task: Dict[str, Any]) -> Dict[str, str]:
    """What those say. Source: airflow.sdk context_to_airflow_vars; Airflow 2 has another name for the date.

    Args:
        task: its ids, its owner unless that is Airflow's default, the addresses for mail if it has some, its try where that
            isn't the pod's, and how its Airflow calls the logical date, unless it is by this name.
    """
    told = {
        "DAG_ID": task["dag_id"],
        "TASK_ID": task["task_id"],
        **({task.get("dated", "LOGICAL_DATE"): run.date.isoformat()} if run.date else {}),
        "TRY_NUMBER": str(task.get("try_number", run.try_number)),
        "DAG_RUN_ID": run.id,
        "DAG_OWNER": task.get("owner", DEFAULT_OWNER),
    }
    if "email" in task:
        told["DAG_EMAIL"] = task["email"]
    return {CONTEXT_PREFIX + name: value for name, value in told.items()}


def in_utc(moment: datetime) -> datetime:
    """The same moment as UTC has it."""
    return moment.in_timezone("UTC") if hasattr(moment, "in_timezone") else moment.astimezone(timezone.utc)
