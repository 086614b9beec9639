"""Answers what Airflow's task runner asks its supervisor: XComs from the values that came with the task, the rest from here.

Connections and Variables are in the environment, where Airflow looks first, so a question for one means that there is none.
Source: airflow.sdk.execution_time.comms, ToSupervisor and ToTask; CommsDecoder.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Dict, List, Optional, Set

from ..reports import pulled_key, stored_key  # noqa: TID252 - in a pod the package has another name
from ..values import ABSENT, Stored  # noqa: TID252 - as above
from ..xcoms import Xcoms  # noqa: TID252 - as above

_NOT_STORED = object()


class NeedsServer(Exception):
    """The task asks for something that only Airflow's server knows."""


class Supervisor:
    """Stands where Airflow's connection to its supervisor is.

    Attributes:
        pushed: the values that the task itself pushes: key → value.
        skipped: ids of the tasks that it decided to skip.
        name: what an instance is called, if the author says what.
    """

    def __init__(self, own: Dict[str, str], xcoms: Xcoms, call: Dict[str, Any]) -> None:
        """What it answers from.

        Args:
            own: task_id, dag_id and run_id of the task.
            xcoms: what other tasks pushed.
            call: names those tasks: `siblings` in the same mapped group, of which the instance of the same index is passed
                where they aren't among the `mapped`, those `unknown`, of which not all keys are passed, and those `unordered`,
                which are neither before this one nor after it; the Secret with the `variables`; and the events of its `inlet`
                assets.
        """
        from airflow.sdk.exceptions import ErrorType
        from airflow.sdk.execution_time import comms

        self.comms, self.errors = comms, ErrorType
        self.task_id, self.dag_id, self.run_id = own["task_id"], own["dag_id"], own["run_id"]
        self.xcoms = xcoms
        self.siblings, self.unknown = set(call.get("siblings", ())) - xcoms.mapped, set(call.get("unknown", ()))
        self.unordered = set(call.get("unordered", ()))
        self.secret: Optional[str] = call.get("variables")
        self.inlet: Dict[str, Any] = call.get("inlet", {})
        self.pushed: Dict[str, Any] = {}
        self.skipped: Set[str] = set()
        self.decided, self.name = False, ""
        self.started = datetime.now(timezone.utc)
        self.stores: Dict[str, Any] = {}
        self.answer: Any = None
        self._runs: Any = None

    def send(self, msg: Any) -> Any:
        """The answer to a message; None where the task runner expects none."""
        answer = ANSWERS.get(type(msg).__name__)
        if answer is None:
            raise NeedsServer(f"the task asks Airflow's server ({type(msg).__name__}), and there is none in a workflow of Argo")
        return getattr(self, answer)(msg)

    def send_request(self, _log: Any = None, msg: Any = None, **_: Any) -> None:
        """Takes a message, in Airflow 3.0, which fetches the answer by a call of its own."""
        self.answer = self.send(msg)

    def get_message(self) -> Any:
        """The answer to the last message, in Airflow 3.0."""
        return self.answer

    async def asend(self, msg: Any) -> Any:
        """The answer to a message from asynchronous code."""
        return self.send(msg)

    # XComs

    def value(self, task_id: str, key: str) -> Any:
        """What a task pushed under a key; of a mapped task the list of what its instances pushed.

        Raises:
            NeedsServer: the task that pulls didn't say so by a constant, so the value wasn't passed to it; or the other one
                isn't before it, so that chance would decide whether there is a value.
        """
        if task_id == self.task_id:
            return self.pushed.get(key)
        if task_id in self.unordered:
            raise NeedsServer(f"it pulls '{key}' of task '{task_id}', which isn't before it: let it run after '{task_id}'")
        if task_id in self.unknown and not self.xcoms.has(task_id, key):
            raise NeedsServer(
                f"it pulls '{key}' of task '{task_id}', which nothing in the DAG file says: name both by constants"
            )
        return self.xcoms.get(task_id, key)

    def instances(self, msg: Any) -> List[Any]:
        """What a task's instances pushed, each at its index; of a task that isn't mapped, what it pushed, if anything.

        Raises:
            NeedsServer: it asks for values of another DAG or another run.
        """
        if getattr(msg, "include_prior_dates", False):
            raise NeedsServer(f"it pulls '{msg.key}' of earlier runs too, and a workflow has only values of its own run")
        if msg.dag_id != self.dag_id or msg.run_id != self.run_id:
            other = f"DAG '{msg.dag_id}'" if msg.dag_id != self.dag_id else f"run '{msg.run_id}'"
            raise NeedsServer(f"it pulls '{msg.key}' of {other}, and a workflow has only values of its own run")
        value = self.value(msg.task_id, pulled_key(msg.key))
        if msg.task_id in self.xcoms.mapped:
            return list(value or [])
        return [] if value is None else [value]

    def values(self, msg: Any) -> List[Any]:
        """What a task or its instances pushed under a key, as Airflow stores it."""
        return [_stored(one) for one in self.instances(msg) if one is not ABSENT]

    def _get_xcom(self, msg: Any) -> Any:
        found, index = self.instances(msg), -1 if msg.map_index is None else msg.map_index
        at = index if msg.task_id in self.xcoms.mapped else index + 1  # a task that isn't mapped has the index -1
        if msg.task_id == self.task_id or msg.task_id in self.siblings:
            at = 0
        value = found[at] if 0 <= at < len(found) and found[at] is not ABSENT else None
        return self.comms.XComResult(key=msg.key, value=_stored(value))

    def _get_xcom_count(self, msg: Any) -> Any:
        return self.comms.XComCountResponse(len=len(self.values(msg)))

    def _get_ti_count(self, msg: Any) -> Any:
        """How many instances there are, or are in some states.

        Of itself a task of a mapped group asks, to find those of the same index: all tasks of the group have as many.
        """
        if (msg.dag_id, msg.run_ids, msg.task_ids) == (self.dag_id, [self.run_id], [self.task_id]) and msg.states is None:
            return self.comms.TICount(count=1)
        states = [state for *_, state in self.runs.instances(msg)]
        return self.comms.TICount(count=len(states) if msg.states is None else sum(state in msg.states for state in states))

    def _get_xcom_sequence_item(self, msg: Any) -> Any:
        try:
            return self.comms.XComSequenceIndexResult(root=self.values(msg)[msg.offset])
        except IndexError:
            return self.comms.ErrorResponse(error=self.errors.XCOM_NOT_FOUND)

    def _get_xcom_sequence_slice(self, msg: Any) -> Any:
        values = self.values(msg)[msg.start : msg.stop : msg.step]
        return self.comms.XComSequenceSliceResult(root=values)

    def _set_xcom(self, msg: Any) -> Any:
        if not msg.key.startswith("_link_"):
            self.pushed[stored_key(msg.key)] = _read(msg.value)
        return self.comms.OKResponse(ok=True)

    def _delete_xcom(self, msg: Any) -> Any:
        self.pushed.pop(msg.key, None)
        return self.comms.OKResponse(ok=True)

    # Connections and Variables

    def _get_connection(self, _msg: Any) -> Any:
        return self.comms.ErrorResponse(error=self.errors.CONNECTION_NOT_FOUND)

    def _get_variable(self, _msg: Any) -> Any:
        return self.comms.ErrorResponse(error=self.errors.VARIABLE_NOT_FOUND)

    def _put_variable(self, msg: Any) -> Any:
        return self._variable(msg.key, "" if msg.value is None else msg.value)

    def _delete_variable(self, msg: Any) -> Any:
        return self._variable(msg.key, None)

    def _get_variable_keys(self, msg: Any) -> Any:
        from .variables import variable_names

        found = [name for name in variable_names() if name.startswith(msg.prefix or "")]
        page = found[msg.offset : msg.offset + msg.limit]
        return self.comms.VariableKeysResult(keys=page, total_entries=len(found))

    def _variable(self, name: str, value: Optional[str]) -> Any:
        if self.secret is None:
            raise NeedsServer(f"it sets Variable '{name}', and nothing in the DAG file says so: call Variable.set there")
        from .variables import put_variable

        put_variable(self.secret, name, value)
        return self.comms.OKResponse(ok=True)

    # How the task goes

    def _skip_downstream_tasks(self, msg: Any) -> None:
        self.decided = True
        self.skipped |= {one if isinstance(one, str) else one[0] for one in msg.tasks}

    def _set_name(self, msg: Any) -> None:
        self.name = str(msg.rendered_map_index or "")

    def _nothing(self, _msg: Any) -> None:
        """What the run already shows."""

    def _get_task_reschedule_start_date(self, _msg: Any) -> Any:
        return self.comms.TaskRescheduleStartDate(start_date=self.started)

    # Runs of other DAGs, which are workflows

    @property
    def runs(self) -> Any:
        """The runs, as Kubernetes' API knows them."""
        from .workflows import Runs

        if self._runs is None:
            self._runs = Runs()
        return self._runs

    def _get_dr_count(self, msg: Any) -> Any:
        runs = self.runs.of(msg.dag_id, msg.logical_dates, msg.run_ids)
        return self.comms.DRCount(count=sum(not msg.states or run.state in msg.states for run in runs))

    def _get_task_states(self, msg: Any) -> Any:
        states: Dict[str, Dict[str, Any]] = {}
        for run, task_id, number, state in self.runs.instances(msg):
            states.setdefault(run.id, {})[task_id if number < 0 else f"{task_id}_{number}"] = state
        return self.comms.TaskStatesResult(task_states=states)

    def _get_dag_run_state(self, msg: Any) -> Any:
        runs = self.runs.of(msg.dag_id, None, [msg.run_id])
        return self.comms.DagRunStateResult(state=runs[0].state if runs else "queued")

    def _trigger_dag_run(self, msg: Any) -> Any:
        due = getattr(msg, "run_after", None)
        if due is not None and due > datetime.now(timezone.utc):
            raise NeedsServer(f"its run is to begin at {due.isoformat()}, and a workflow begins when it is made")
        note = getattr(msg, "note", None) or ""
        if self.runs.create(msg.dag_id, msg.run_id, msg.logical_date, msg.conf, bool(msg.reset_dag_run), note):
            return self.comms.OKResponse(ok=True)
        return self.comms.ErrorResponse(error=self.errors.DAGRUN_ALREADY_EXISTS)

    # Earlier runs, of which a workflow knows nothing

    def _get_prev_successful_dag_run(self, _msg: Any) -> Any:
        return self.comms.PrevSuccessfulDagRunResult()

    def _get_previous_dag_run(self, _msg: Any) -> Any:
        return self.comms.PreviousDagRunResult(dag_run=None)

    def _get_previous_ti(self, _msg: Any) -> Any:
        return self.comms.PreviousTIResult(task_instance=None)

    # Assets: of their events there are those that an Airflow around the workflow knew

    def _validate_inlets_and_outlets(self, _msg: Any) -> Any:
        return self.comms.InactiveAssetsResult(inactive_assets=[])

    def _get_asset_by_name(self, msg: Any) -> Any:
        return self.comms.AssetResult(name=msg.name, uri=msg.name, group="asset")

    def _get_asset_by_uri(self, msg: Any) -> Any:
        return self.comms.AssetResult(name=msg.uri, uri=msg.uri, group="asset")

    def _get_assets_by_alias(self, _msg: Any) -> Any:
        return self.comms.AssetsByAliasResult(assets=[])

    def _get_events_of_asset(self, msg: Any) -> Any:
        wanted = {name: value for name, value in (("name", msg.name), ("uri", msg.uri)) if value}
        return self._events([one for one in self.inlet.get("of_assets", ()) if wanted.items() <= one["asset"].items()], msg)

    def _get_events_of_alias(self, msg: Any) -> Any:
        return self._events(self.inlet.get("of_aliases", {}).get(msg.alias_name, []), msg)

    def _events(self, events: List[Any], msg: Any) -> Any:
        """Those that are asked for. Source: airflow.api_fastapi.execution_api.routes.asset_events."""
        found = self.comms.AssetEventsResult(asset_events=events).asset_events
        after, before = getattr(msg, "after", None), getattr(msg, "before", None)  # from Airflow 3.1 on
        found = [one for one in found if (not after or one.timestamp >= after) and (not before or one.timestamp <= before)]
        found.sort(key=lambda one: one.timestamp, reverse=not getattr(msg, "ascending", True))
        return self.comms.AssetEventsResult(asset_events=found[: getattr(msg, "limit", None) or None])

    # Stores of a task and of assets, for as long as the pod lives

    def _stored(self, of: str, key: Optional[str], result: Any, absent: Any) -> Any:
        found = self.stores.get(of, {}).get(key, _NOT_STORED)
        return self.comms.ErrorResponse(error=absent) if found is _NOT_STORED else result(value=found)

    def _get_task_state_store(self, msg: Any) -> Any:
        return self._stored("", msg.key, self.comms.TaskStateStoreResult, self.errors.TASK_STORE_NOT_FOUND)

    def _set_task_state_store(self, msg: Any) -> None:
        self.stores.setdefault("", {})[msg.key] = msg.value

    def _delete_task_state_store(self, msg: Any) -> None:
        self.stores.get("", {}).pop(msg.key, None)

    def _clear_task_state_store(self, _msg: Any) -> None:
        self.stores.pop("", None)

    def _get_of_asset(self, msg: Any) -> Any:
        return self._stored(_asset(msg), msg.key, self.comms.AssetStateStoreResult, self.errors.ASSET_STORE_NOT_FOUND)

    def _set_of_asset(self, msg: Any) -> None:
        self.stores.setdefault(_asset(msg), {})[msg.key] = msg.value

    def _delete_of_asset(self, msg: Any) -> None:
        self.stores.get(_asset(msg), {}).pop(msg.key, None)

    def _clear_of_asset(self, msg: Any) -> None:
        self.stores.pop(_asset(msg), None)


def _read(stored: Any) -> Any:
    """The value that Airflow stored; as it is stored if its class isn't one that Airflow reads, which fails who pulls it."""
    from .versions import deserialize

    try:
        return deserialize(stored)
    except Exception:  # whatever a class raises
        return Stored(stored)


def _stored(value: Any) -> Any:
    """A value as Airflow stores it."""
    from .versions import serialize

    return value.of if isinstance(value, Stored) else serialize(value)


def _asset(msg: Any) -> str:
    return str(getattr(msg, "name", None) or msg.uri)


ANSWERS: Dict[str, str] = {
    "AwaitInputTask": "_nothing",
    "ClearAssetStateStoreByName": "_clear_of_asset",
    "ClearAssetStateStoreByUri": "_clear_of_asset",
    "ClearTaskStateStore": "_clear_task_state_store",
    "DeferTask": "_nothing",
    "DeleteAssetStateStoreByName": "_delete_of_asset",
    "DeleteAssetStateStoreByUri": "_delete_of_asset",
    "DeleteTaskStateStore": "_delete_task_state_store",
    "DeleteVariable": "_delete_variable",
    "DeleteXCom": "_delete_xcom",
    "GetAssetByName": "_get_asset_by_name",
    "GetAssetByUri": "_get_asset_by_uri",
    "GetAssetEventByAsset": "_get_events_of_asset",
    "GetAssetEventByAssetAlias": "_get_events_of_alias",
    "GetAssetStateStoreByName": "_get_of_asset",
    "GetAssetStateStoreByUri": "_get_of_asset",
    "GetAssetsByAlias": "_get_assets_by_alias",
    "GetConnection": "_get_connection",
    "GetDRCount": "_get_dr_count",
    "GetDagRunState": "_get_dag_run_state",
    "GetPrevSuccessfulDagRun": "_get_prev_successful_dag_run",
    "GetPreviousDagRun": "_get_previous_dag_run",
    "GetPreviousTI": "_get_previous_ti",
    "GetTaskStates": "_get_task_states",
    "GetTaskRescheduleStartDate": "_get_task_reschedule_start_date",
    "GetTaskStateStore": "_get_task_state_store",
    "GetVariable": "_get_variable",
    "GetVariableKeys": "_get_variable_keys",
    "GetXCom": "_get_xcom",
    "GetXComCount": "_get_xcom_count",
    "GetTICount": "_get_ti_count",
    "GetXComSequenceItem": "_get_xcom_sequence_item",
    "GetXComSequenceSlice": "_get_xcom_sequence_slice",
    "MaskSecret": "_nothing",
    "PutVariable": "_put_variable",
    "RescheduleTask": "_nothing",
    "ResendLoggingFD": "_nothing",
    "RetryTask": "_nothing",
    "SetAssetStateStoreByName": "_set_of_asset",
    "SetAssetStateStoreByUri": "_set_of_asset",
    "SetRenderedFields": "_nothing",
    "SetRenderedMapIndex": "_set_name",
    "SetTaskStateStore": "_set_task_state_store",
    "SetXCom": "_set_xcom",
    "SkipDownstreamTasks": "_skip_downstream_tasks",
    "SucceedTask": "_nothing",
    "TaskState": "_nothing",
    "TriggerDagRun": "_trigger_dag_run",
    "ValidateInletsAndOutlets": "_validate_inlets_and_outlets",
}
"""The messages that are answered: the names of their classes, and the methods that do."""
