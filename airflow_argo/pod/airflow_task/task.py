"""Runs the task: by Airflow's task runner, triggers in line, waits in the pod. Source: airflow.sdk task_runner, dag.test."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
import uuid
from contextlib import suppress
from datetime import datetime, timezone
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

from ..values import encoded, moment_of  # noqa: TID252 - in a pod the package has another name
from ..xcoms import Xcoms  # noqa: TID252 - as above
from .awaiting import FAIL, event_of
from .ending import STATE_OF_RUN, call_back, ended, fill, reason_of_callback, task_of_callback


def run(
    call: Dict[str, Any],
    files: Dict[str, str],
    values: Callable[[Any], Any],
    run: Any,
    report: Dict[str, Any],
) -> Tuple[int, Any]:
    """Runs the task that a call names; fills the report.

    Args:
        files: name → text of what came with the program: `dag_file`, and perhaps `dag_files`, JSON of path → text.
        values: puts values together from nodes.
        run: what the workflow's run is.
    Returns:
        (exit code, report).
    """
    prepare_environment()
    version = imported_version()
    if version.startswith("2."):
        from . import airflow_2

        return airflow_2.run(call, files, values, run, report)
    import structlog
    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.log import configure_logging

    use_plugins()
    know_all_models()
    configure_logging(output=sys.stdout.buffer if version.startswith("3.0.") else sys.stdout)
    if version.startswith(("3.0.", "3.1.")):
        from .versions import mask_secrets

        mask_secrets()
    from . import dag_file
    from .socket_server import serve
    from .supervisor import Supervisor
    from .template_texts import change_texts

    path, root = dag_file.place_of(call, files)
    facts = call["task"]
    task = dag_file.task_of(path, facts["dag_id"], facts["task_id"], root)
    if "todays" in call:
        change_texts(task, lambda text: str(call["todays"].get(text, text)))
    task.dag.relative_fileloc = os.path.relpath(path, root)
    supervisor = Supervisor({**facts, "run_id": run.id}, Xcoms(call, values), {**call, **not_passed(task, call)})
    task_runner.SUPERVISOR_COMMS = supervisor
    serve(supervisor)
    server_context = _server_context(task, run, call)
    if "callback" in call:
        server_context.dag_run.state = STATE_OF_RUN[call["callback"]]
        known = {"failed": [], "duration": "0", **values(call.get("kwargs", {}))}
        task = task.dag.get_task(task_of_callback(call, known["failed"], task.dag.task_dict))
        instance = _instance(task, run, supervisor, server_context)
        instance.state = type(instance.state)(STATE_OF_RUN[call["callback"]])
        context = instance.get_template_context()
        call_back(
            task.dag,
            call["callback"],
            reason_of_callback(call, known["duration"]),
            context,
            structlog.get_logger(logger_name="task"),
        )
        return ended("success", report)
    state, events = _ended(task, run, supervisor, server_context, call.get("retry"))
    if events:
        report["events"] = encoded(events)
    if supervisor.name:
        report["name"] = encoded(supervisor.name)
    fill(report, call, supervisor.pushed, decided=supervisor.decided, follows=lambda one: one not in supervisor.skipped)
    return ended(state, report)


def not_passed(task: Any, call: Dict[str, Any]) -> Dict[str, Any]:
    """Ids of the tasks whose XComs don't all come with the task, as the supervisor wants them.

    They are told of by the DAG, not by the call: there may be hundreds, of each of hundreds of tasks.

    Args:
        call: names those before the task that are `silent`, pushing nothing, those `outside` of the workflow, and those among
            these that are `unsure`: read under keys that only the run knows.
    """
    ids, silent, outside = set(task.dag.task_dict), set(call.get("silent", ())), set(call.get("outside", ()))
    if "callback" in call:
        return {"unknown": ids - silent}
    before, after = (_beyond(task, direction) for direction in ("upstream_task_ids", "downstream_task_ids"))
    unknown = (before - silent - outside) | set(call.get("unsure", ()))
    return {"unknown": unknown, "unordered": ids - before - after - outside - {task.task_id}}


def _beyond(task: Any, direction: str) -> Set[str]:
    """Ids of all tasks before a task, or after it: Airflow's own look-up recurses, too deep for long chains."""
    found: Set[str] = set()
    waiting = [task]
    while waiting:
        near = getattr(waiting.pop(), direction) - found
        found |= near
        waiting += [task.dag.task_dict[one] for one in near]
    return found


def prepare() -> None:
    """Imports what nearly all tasks need."""
    prepare_environment()
    if not imported_version().startswith("2."):
        with suppress(ImportError):  # see `versions.core_timetable`
            import_module("airflow.serialization.encoders")


def prepare_environment() -> None:
    """Connections and Variables under the names by which Airflow looks for them, which are in capitals."""
    os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
    os.environ["_AIRFLOW__AS_LIBRARY"] = "1"  # Airflow prepares no database, which takes a second
    for name in list(os.environ):
        if name.startswith(("AIRFLOW_CONN_", "AIRFLOW_VAR_")):
            os.environ.setdefault(name.upper(), os.environ[name])


def imported_version() -> str:
    """Imports Airflow; returns its version.

    That makes many objects and no garbage: looking for it meanwhile takes a fifth of the time.
    """
    gc.disable()
    try:
        from airflow import __version__

        if not __version__.startswith("2."):
            import_module("airflow.sdk.execution_time.task_runner")
    finally:
        gc.enable()
    gc.freeze()
    return str(__version__)


def use_plugins() -> None:
    """Plugins, and modules beside them, as they are used where Airflow prepares its database. Source: airflow.settings."""
    from airflow import settings
    from airflow.configuration import conf

    os.environ.pop("_AIRFLOW__AS_LIBRARY", None)  # programs that the task starts may use Airflow's database
    settings.PLUGINS_FOLDER = conf.get("core", "plugins_folder", fallback=os.path.join(settings.AIRFLOW_HOME, "plugins"))
    if settings.PLUGINS_FOLDER not in sys.path:
        sys.path.append(settings.PLUGINS_FOLDER)


def know_all_models() -> None:
    """Lets the first object of Airflow's database import all its models, which name one another.

    A worker has them all; here they would take half a second, and few operators make one, such as a Connection.
    """
    if "sqlalchemy" not in sys.modules:
        return
    from airflow.models import import_all_models
    from sqlalchemy import event
    from sqlalchemy.orm import Mapper

    event.listen(Mapper, "before_configured", import_all_models)


def _server_context(task: Any, run: Any, call: Dict[str, Any]) -> Any:
    """What Airflow's server would say of the run and the task. Source: TIRunContext."""
    from airflow.sdk.api.datamodels._generated import DagRun, TIRunContext

    from .versions import known_fields

    start, end = _interval(task.dag, run)
    retries = int(task.retries or 0)
    dag_run = known_fields(
        DagRun,
        dag_id=task.dag_id,
        run_id=run.id,
        logical_date=_plain(run.date),
        data_interval_start=_plain(start),
        data_interval_end=_plain(end),
        run_after=_plain(run.due),
        start_date=_plain(moment_of(run.created)),
        end_date=None,
        run_type=run.type,
        state="running",
        conf=run.conf_given(call.get("params", {})),
        consumed_asset_events=call.get("triggering", []),
        partition_key=None,
    )
    same = dict.fromkeys(call.get("siblings", ()), run.map_index)  # what Airflow before 3.3 asks its server for
    return known_fields(
        TIRunContext,
        dag_run=dag_run,
        max_tries=retries,
        should_retry=run.try_number <= retries,
        upstream_map_indexes=same or None,
    )


def _interval(dag: Any, run: Any) -> Tuple[Optional[datetime], Optional[datetime]]:
    """The data interval of the run; runs without a logical date have none."""
    if not run.is_dated:
        return None, None
    return (run.start, run.end) if run.has_interval else data_interval(dag, run.date)


def _plain(moment: Optional[datetime]) -> Optional[datetime]:
    """A moment as Python has it, as those of a run are that comes from Airflow's server; the context's own are pendulum's."""
    return None if moment is None else datetime.fromisoformat(moment.isoformat())


def data_interval(dag: Any, date: datetime) -> Tuple[datetime, datetime]:
    """The data interval of a run for a date, as Airflow's timetable has it. Source: Timetable.infer_manual_data_interval."""
    from .versions import coerce_datetime, core_timetable

    moment = coerce_datetime(date)
    try:
        interval = core_timetable(dag.timetable).infer_manual_data_interval(run_after=moment)
    except Exception:  # a timetable of the author's, or one that is not about time
        return moment, moment
    return interval.start, interval.end


def _ended(
    task: Any, run: Any, supervisor: Any, server_context: Any, retry: Optional[Dict[str, float]]
) -> Tuple[str, List[Any]]:
    """Runs the task until it is neither deferred nor rescheduled.

    Returns:
        (its state, what it says of the events of its outlets, as it would tell Airflow's server).

    Args:
        retry: the seconds that Argo waits before another try, `argo_waits`, if this pod waits for the rest.
    """
    import structlog
    from airflow.sdk.execution_time import task_runner

    log = structlog.get_logger(logger_name="task")
    server_context.task_reschedule_count = 0
    while True:
        instance = _instance(task, run, supervisor, server_context)
        context = instance.get_template_context()
        state, message, error = task_runner.run(instance, context, log)
        if state == "deferred":
            server_context.next_method, server_context.next_kwargs = _resumed_by(message)
        elif state == "up_for_reschedule":
            server_context.task_reschedule_count += 1
            server_context.next_method = None
            time.sleep(max(0.0, (message.reschedule_date - datetime.now(timezone.utc)).total_seconds()))
        else:
            context["exception"] = error
            task_runner.finalize(instance, state, context, log, error)
            if state == "up_for_retry" and retry:
                wait_for_retry(instance, getattr(message, "retry_delay_seconds", None), retry["argo_waits"])
            return str(getattr(state, "value", state)), list(getattr(message, "outlet_events", None) or ())


def wait_for_retry(instance: Any, delay: Optional[float], waited: float) -> None:
    """Sleeps until Argo has to begin waiting for the next try; ends at once if the pod has to.

    Args:
        instance: a task instance, as it ended.
        delay: the seconds that a retry_policy chose, if it chose any.
        waited: the seconds that Argo waits.
    """
    seconds = retry_delay(instance, delay) - waited
    if seconds > 0:
        print(f"waits {seconds:g} s until another try", flush=True)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        time.sleep(seconds)


def retry_delay(instance: Any, delay: Optional[float]) -> float:
    """The seconds until the next try, by Airflow's scheduler. Source: TaskInstance.next_retry_datetime."""
    from airflow.models.taskinstance import TaskInstance

    task = instance.task
    factor = 2.0 if task.retry_exponential_backoff is True else task.retry_exponential_backoff  # as it is stored
    known = {name: getattr(instance, name) for name in ("dag_id", "task_id", "try_number", "end_date")}
    times = {"retry_delay": task.retry_delay, "max_retry_delay": task.max_retry_delay, "retry_exponential_backoff": factor}
    given = {"logical_date": instance.get_template_context().get("logical_date"), "retry_delay_override": delay}
    due = TaskInstance.next_retry_datetime(SimpleNamespace(**known, **given, task=SimpleNamespace(**times)))
    return float((due - instance.end_date).total_seconds())


def _instance(task: Any, run: Any, supervisor: Any, server_context: Any) -> Any:
    """The task instance. Source: airflow.sdk.execution_time.supervisor InProcessTestSupervisor.start."""
    from airflow.sdk.api.datamodels._generated import TaskInstanceState
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    return RuntimeTaskInstance.model_construct(
        id=uuid.uuid4(),
        task_id=task.task_id,
        dag_id=task.dag_id,
        run_id=run.id,
        try_number=run.try_number,
        map_index=run.map_index,  # also in a mapped group
        dag_version_id=uuid.UUID(int=0),
        task=task,
        _ti_context_from_server=server_context,
        max_tries=server_context.max_tries,
        start_date=supervisor.started,
        state=TaskInstanceState.RUNNING,
        sentry_integration="",
    )


def _resumed_by(message: Any) -> Tuple[str, Any]:
    """Runs the trigger that a task waits for: the method to go on with, and its arguments as Airflow stores them."""
    from .versions import deserialize, import_string, serialize

    trigger = import_string(message.classpath)(**deserialize(message.trigger_kwargs))
    timeout = None if message.trigger_timeout is None else message.trigger_timeout.total_seconds()
    event, failure = event_of(trigger, timeout)
    if event is None:
        return FAIL, failure
    return message.next_method, {**(message.next_kwargs or {}), "event": serialize(event.payload)}
