"""What Airflow passes to a function that asks for it, as far as it is known without Airflow."""

from __future__ import annotations

import types
from typing import Any, Dict, FrozenSet, List

from .nodes import Nodes
from .reports import RETURN_VALUE, pulled_key, stored_key
from .run import Run
from .values import ABSENT, decoded, encoded
from .xcoms import Xcoms

Report = Dict[str, Any]
Call = Dict[str, Any]


class Context(Dict[str, Any]):
    """What Airflow passes to a function that asks for it, as far as it is known without Airflow."""

    def __init__(self, run: Run, call: Call, nodes: Nodes, report: Report) -> None:
        facts = call.get("task", {})
        kinds = call.get("params", {})
        params = run.params(kinds, call.get("own_params", {}))
        instance = TaskInstance(run, facts, run.id, Xcoms({**call, "mapped": facts.get("mapped", ())}, nodes.value), report)
        instance.unordered = frozenset(call.get("unordered", ()))
        dag_run = types.SimpleNamespace(
            run_id=run.id,
            dag_id=facts.get("dag_id"),
            logical_date=run.date,
            data_interval_start=run.start if run.is_dated else None,
            data_interval_end=run.end if run.is_dated else None,
            run_after=run.due,
            run_type=run.type,
            conf=run.conf_given(kinds),
            state="running",
            partition_key=None,
            partition_date=None,
        )
        super().__init__(
            **_dates(run),
            run_id=run.id,
            dag_run=dag_run,
            params=params,
            ti=instance,
            task_instance=instance,
            dag=types.SimpleNamespace(dag_id=facts.get("dag_id")),
            task=types.SimpleNamespace(task_id=facts.get("task_id"), dag_id=facts.get("dag_id")),
        )

    def __missing__(self, name: str) -> Any:
        if name in _OF_DATED_RUNS:
            raise KeyError(name)  # as in Airflow
        raise KeyError(f"'{name}' is not known in a pod without Airflow: run the task in an Airflow image")


_OF_DATED_RUNS = frozenset(
    {"ds", "ds_nodash", "ts", "ts_nodash", "ts_nodash_with_tz", "logical_date", "data_interval_start", "data_interval_end"}
)

KNOWN = _OF_DATED_RUNS | {"run_id", "dag_run", "params", "ti", "task_instance", "dag", "task"}
"""The names that a Context may have."""


def _dates(run: Run) -> Dict[str, Any]:
    """What only runs with a logical date have. Source: airflow.sdk RuntimeTaskInstance.get_template_context."""
    moment = run.date
    if moment is None:
        return {}
    stamp = moment.strftime("%Y-%m-%d")
    return {
        "ds": stamp,
        "ds_nodash": stamp.replace("-", ""),
        "ts": moment.isoformat(),
        "ts_nodash": moment.strftime("%Y%m%dT%H%M%S"),
        "ts_nodash_with_tz": moment.isoformat().replace("-", "").replace(":", ""),
        "logical_date": moment,
        "data_interval_start": run.start,
        "data_interval_end": run.end,
    }


class TaskInstance:
    """The task instance, as far as a function may use it."""

    def __init__(self, run: Run, facts: Dict[str, Any], run_id: str, xcoms: Xcoms, report: Report) -> None:
        self.task_id, self.dag_id, self.run_id = str(facts.get("task_id")), str(facts.get("dag_id")), run_id
        self.try_number, self.map_index = facts.get("try_number", run.try_number), facts.get("map_index", run.map_index)
        self.logical_date = run.date
        self._xcoms, self._report, self._is_alone = xcoms, report, bool(facts.get("alone"))
        self.unordered: FrozenSet[str] = frozenset()

    def xcom_push(self, key: str, value: Any, **_: Any) -> None:
        """Makes a value known to other tasks under a key."""
        key = stored_key(key)
        if key == RETURN_VALUE:
            self._report["value"] = encoded(value)  # until the task returns something else
        else:
            self._report["pushed"][key] = encoded(value)

    def xcom_pull(
        self,
        task_ids: Any = None,
        dag_id: Any = None,
        key: str = RETURN_VALUE,
        include_prior_dates: bool = False,
        *,
        map_indexes: Any = ABSENT,
        default: Any = None,
        run_id: Any = None,
    ) -> Any:
        """What a task pushed, or several, in a list if it is more than one value. Source: RuntimeTaskInstance.xcom_pull.

        A mapped task gives the values of all its instances. As in Airflow, a default is for pulls by map_indexes only.
        """
        if include_prior_dates:
            raise LookupError("a workflow has no values of earlier runs, which include_prior_dates asks for")
        if dag_id not in (None, self.dag_id) or run_id not in (None, self.run_id):
            raise LookupError("a workflow has no values of other DAGs or runs")
        key = pulled_key(key)
        single = task_ids is None or isinstance(task_ids, str)
        ids: List[str] = [task_ids or self.task_id] if single else list(task_ids)
        if map_indexes is ABSENT:
            pulled = [value for task_id in ids for value in (self._given(task_id, key) or [None])]
            return pulled[0] if single and len(pulled) == 1 else pulled
        one = map_indexes is None or isinstance(map_indexes, int)
        found = [
            self._instance(task_id, key, index) for task_id in ids for index in ([map_indexes] if one else list(map_indexes))
        ]
        values = [default if value is None else value for value in found]
        return values[0] if single and one else values

    def _all(self, task_id: str, key: str) -> list[Any]:
        """What a task or its instances pushed, each at its index."""
        if task_id == self.task_id:
            own = self._report.get("value") if key == RETURN_VALUE else self._report["pushed"].get(key)
            return [] if own is None else [decoded(own)]
        if task_id in self.unordered:
            raise LookupError(f"it pulls from task '{task_id}', which isn't before it: let it run after '{task_id}'")
        if self._is_alone:
            raise LookupError(f"what '{task_id}' pushed is not in this pod: give it to the function as an argument")
        if not self._xcoms.has(str(task_id), key):
            raise LookupError(f"what '{task_id}' pushed as '{key}' is not in this pod: name both in a call of ti.xcom_pull")
        found = self._xcoms.get(str(task_id), key)
        if task_id in self._xcoms.mapped:
            return list(found or [])
        return [] if found is None else [found]

    def _given(self, task_id: str, key: str) -> list[Any]:
        return [value for value in self._all(task_id, key) if value is not ABSENT]

    def _instance(self, task_id: str, key: str, index: Any) -> Any:
        found, at = self._all(task_id, key), -1 if index is None else index
        wanted = at if task_id in self._xcoms.mapped else at + 1  # a task that isn't mapped has the index -1
        value = found[wanted] if 0 <= wanted < len(found) else None
        return None if value is ABSENT else value
