"""Runs the task by Airflow 2's own TaskInstance, which wants a database: it has an empty one in memory, gone with the pod.

The run, its task instances and the XComs that travelled with the task are rows of it; what the task pushes and decides is read
from it. Source: airflow.models.dag, DAG.test and _run_task.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Dict, Iterator, List, Tuple

from ..reports import FINAL_EXIT_CODE, report_value  # noqa: TID252 - in a pod the package has another name
from ..values import ABSENT, encoded  # noqa: TID252
from .awaiting import FAIL, event_of


def run(
    call: Dict[str, Any],
    files: Dict[str, str],
    values: Callable[[Any], Any],
    run: Any,
    report: Dict[str, Any],
) -> Tuple[int, Any]:
    """Runs the task that a call names; fills the report. See `task.run`."""
    from . import dag_file
    from .task import use_plugins

    memory_database()
    _configure_logging()
    use_plugins()
    _refuse_earlier_runs()
    facts = call["task"]
    path, root = dag_file.place_of(call, files)
    dag = dag_file.task_of(path, facts["dag_id"], None, root)
    if facts["task_id"] not in dag.task_dict:
        dag_file.task_of(path, facts["dag_id"], facts["task_id"], root)  # which says so
    task = dag.task_dict[facts["task_id"]]
    from airflow.utils.session import create_session

    with create_session() as session:
        instance = _instance(task, run, call, session)
        _add_xcoms(dag, instance.run_id, values(call.get("xcoms", {})), set(call.get("mapped", [])), session)
        session.commit()
        if "callback" in call:
            _call_back(instance, call["callback"], session)
            report["state"] = "success"
            return 0, report
        state = _ended(instance, session)
        _fill(report, call, instance, session)
    report["state"] = {"success": "success", "skipped": "skipped"}.get(state, "failed")
    return {"success": 0, "skipped": 0, "up_for_retry": 1}.get(state, FINAL_EXIT_CODE), report


def _configure_logging() -> None:
    """To stdout, with secrets masked. Source: airflow.config_templates.airflow_local_settings."""
    from airflow.utils.log.secrets_masker import SecretsMasker

    masker = SecretsMasker()
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s", force=True)
    logging.getLogger("airflow.task").addFilter(masker)  # where Airflow looks for it
    for handler in logging.getLogger().handlers:
        handler.addFilter(masker)


def memory_database() -> None:
    """An empty database in memory, with all of Airflow's tables; does nothing if Airflow has one already."""
    from airflow import settings

    if hasattr(settings, "engine"):
        return
    from airflow.models import import_all_models
    from airflow.models.base import Base
    from sqlalchemy import Column, Integer, Table
    from sqlalchemy.pool import StaticPool

    settings.configure_vars()
    settings.configure_policy_plugin_manager()
    settings.load_policy_plugins(settings.POLICY_PLUGIN_MANAGER)
    settings.import_local_settings()
    settings.configure_adapters()
    import_all_models()
    settings.SQL_ALCHEMY_CONN = "sqlite://"
    settings.configure_orm(pool_class=StaticPool)
    users = Table("ab_user", Base.metadata, Column("id", Integer, primary_key=True))  # the web server's, which notes refer to
    Base.metadata.create_all(settings.engine)
    Base.metadata.remove(users)


# Rows


def _instance(task: Any, run: Any, call: Dict[str, Any], session: Any) -> Any:
    """The task instance, beside those of all other tasks, which it may skip."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance

    dag_run = DagRun(
        dag_id=task.dag_id,
        run_id=run.id,
        execution_date=run.date,
        start_date=_moment(run.created),
        external_trigger=run.type == "manual",
        conf=run.conf_given(call.get("params", {})),
        state="running",
        run_type=run.type,
        data_interval=_interval(task.dag, run),
    )
    dag_run.dag = task.dag
    session.add(dag_run)
    session.flush()
    index = int(os.environ.get("AIRFLOW_ARGO_INDEX", "-1"))
    for other in task.dag.tasks:
        if other.task_id != task.task_id:
            session.add(TaskInstance(other, run_id=run.id))
    found = TaskInstance(task, run_id=run.id, map_index=index, state="running")
    found.try_number, found.max_tries = run.try_number, int(task.retries or 0)
    found.start_date = datetime.now(timezone.utc)
    session.add(found)
    session.flush()
    found.dag_run = dag_run
    return found


def _interval(dag: Any, run: Any) -> Tuple[Any, Any]:
    if run.has_interval:
        return run.start, run.end
    try:
        interval = dag.timetable.infer_manual_data_interval(run_after=run.date)
    except Exception:  # a timetable of the author's, or one that is not about time
        return run.date, run.date
    return interval.start, interval.end


def _add_xcoms(dag: Any, run_id: str, xcoms: Dict[str, Dict[str, Any]], mapped: Any, session: Any) -> None:
    """The values that travelled with the task; of a mapped one a list, an element an instance."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.taskmap import TaskMap
    from airflow.models.xcom import XCom

    for task_id, keys in xcoms.items():
        added = {-1}
        for key, value in keys.items():
            for index, one in enumerate(value or ()) if task_id in mapped else [(-1, value)]:
                if index not in added:
                    session.add(TaskInstance(dag.task_dict[task_id], run_id=run_id, map_index=index, state="success"))
                    session.flush()
                    added.add(index)
                if one is not None and one is not ABSENT:
                    XCom.set(key, one, task_id=task_id, dag_id=dag.dag_id, run_id=run_id, map_index=index, session=session)
            if key == "return_value" and isinstance(value, (list, dict)) and task_id not in mapped:
                session.add(_task_map(TaskMap, dag.dag_id, task_id, run_id, value))
        session.query(TaskInstance).filter_by(task_id=task_id, run_id=run_id, map_index=-1).update({"state": "success"})


def _refuse_earlier_runs() -> None:
    """Lets pulls with `include_prior_dates` fail, which ask for values of runs that the database doesn't have."""
    from airflow.models.xcom import BaseXCom

    get_many = BaseXCom.get_many

    def of_this_run(*args: Any, include_prior_dates: bool = False, **kwargs: Any) -> Any:
        if include_prior_dates:
            raise LookupError("a workflow has no values of earlier runs, which include_prior_dates asks for")
        return get_many(*args, **kwargs)

    BaseXCom.get_many = staticmethod(of_this_run)


def _task_map(of: Any, dag_id: str, task_id: str, run_id: str, value: Any) -> Any:
    keys = list(value) if isinstance(value, dict) else None
    return of(dag_id=dag_id, task_id=task_id, run_id=run_id, map_index=-1, length=len(value), keys=keys)


# The task


def _ended(instance: Any, session: Any) -> str:
    """Runs the task until it is neither deferred nor rescheduled; its state."""
    from airflow.exceptions import TaskDeferred

    template = instance.task
    while True:
        try:
            instance._run_raw_task(session=session, raise_on_defer=True)  # noqa: SLF001 - as DAG.test does
        except TaskDeferred as wish:
            timeout = None if wish.timeout is None else wish.timeout.total_seconds()
            event, failure = event_of(wish.trigger, timeout)
            instance.next_method = FAIL if event is None else wish.method_name
            instance.next_kwargs = failure if event is None else {**(wish.kwargs or {}), "event": event.payload}
        except Exception:
            logging.getLogger("task").exception("The task failed")
            instance.refresh_from_db(session=session)
            return _name(instance.state)
        else:
            if _name(instance.state) != "up_for_reschedule":
                return _name(instance.state)
            time.sleep(_until_next_poke(instance, session))
        instance.task, instance.state = template, "running"
        session.merge(instance)
        session.commit()


def _until_next_poke(instance: Any, session: Any) -> float:
    from airflow.models.taskreschedule import TaskReschedule

    found: List[Any] = session.query(TaskReschedule).filter_by(task_id=instance.task_id, run_id=instance.run_id).all()
    due = max((one.reschedule_date for one in found), default=datetime.now(timezone.utc))
    return max(0.0, (due - datetime.now(timezone.utc)) / timedelta(seconds=1))


def _call_back(instance: Any, kind: str, session: Any) -> None:
    """Runs the DAG's callbacks for success or failure; what they raise is only shown, as in Airflow."""
    instance.dag_run.state = {"success": "success"}.get(kind, "failed")
    context = instance.get_template_context(session=session)
    context["reason"] = {"success": "success"}.get(kind, "task_failure")
    callbacks = getattr(instance.task.dag, f"on_{kind}_callback")
    for callback in callbacks if isinstance(callbacks, list) else [callbacks]:
        try:
            callback(context)
        except Exception:  # noqa: PERF203 - one that fails doesn't keep the others from running
            logging.getLogger("task").exception("Callback failed")


def _fill(report: Dict[str, Any], call: Dict[str, Any], instance: Any, session: Any) -> None:
    """What the task pushed and decided."""
    pushed = dict(_pushed(instance, session))
    decided = pushed.pop("skipmixin_key", None) or {}
    if "return_value" in pushed:
        report_value({"split": call.get("split")}, pushed.pop("return_value"), report)
    report["pushed"].update({key: encoded(value) for key, value in pushed.items()})
    decides = call.get("decides")
    if isinstance(decides, list):
        report["pushed"]["follow"] = encoded([one for one in decides if _follows(one, decided)])
    elif decides:
        report["pushed"]["follow"] = encoded(not decided)


def _follows(task_id: str, decided: Dict[str, List[str]]) -> bool:
    """Source: Airflow 2's SkipMixin, which notes either those that it skips or those that it doesn't."""
    return task_id in decided["followed"] if "followed" in decided else task_id not in decided.get("skipped", ())


def _pushed(instance: Any, session: Any) -> Iterator[Tuple[str, Any]]:
    from airflow.models.xcom import XCom

    of = {"dag_id": instance.dag_id, "task_id": instance.task_id, "run_id": instance.run_id, "map_index": instance.map_index}
    for (key,) in session.query(XCom.key).filter_by(**of).all():
        yield key, XCom.get_one(key=key, session=session, **of)


def _name(state: Any) -> str:
    return str(getattr(state, "value", state))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
