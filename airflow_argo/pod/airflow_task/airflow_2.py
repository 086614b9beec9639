"""Runs the task by Airflow 2's own TaskInstance, which wants a database: it has an empty one in memory, gone with the pod.

The run, its task instances and the XComs that travelled with the task are rows of it; what the task pushes and decides is read
from it. Source: airflow.models.dag, DAG.test and _run_task.
"""

from __future__ import annotations

import logging
import sys
import time
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Dict, Iterator, List, Tuple

from ..values import ABSENT, moment_of  # noqa: TID252 - in a pod the package has another name
from ..xcoms import Xcoms  # noqa: TID252 - as above
from .awaiting import FAIL, event_of
from .ending import STATE_OF_RUN, call_back, ended, fill, reason_of_callback, task_of_callback
from .policies import use_policies


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
    task = dag_file.task_of(path, facts["dag_id"], facts["task_id"], root)
    if "callback" in call:
        known = {"failed": [], "duration": "0", **values(call.get("kwargs", {}))}
        task = task.dag.get_task(task_of_callback(call, known["failed"], task.dag.task_dict))
    from airflow.utils.session import create_session

    with create_session() as session:
        instance = _instance(task, run, call, session)
        _add_xcoms(task.dag, instance.run_id, Xcoms(call, values), session)
        session.commit()
        if "callback" in call:
            instance.state = instance.dag_run.state = STATE_OF_RUN[call["callback"]]
            context = instance.get_template_context(session=session)
            call_back(
                task.dag, call["callback"], reason_of_callback(call, known["duration"]), context, logging.getLogger("task")
            )
            return ended("success", report)
        state = _ended(instance, session)
        pushed = dict(_pushed(instance, session))
        decided = pushed.get("skipmixin_key") or {}
        fill(report, call, pushed, decided=bool(decided), follows=lambda one: _follows(one, decided))
    return ended(state, report)


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
    use_policies()
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
        start_date=moment_of(run.created),
        external_trigger=run.type == "manual",
        conf=run.conf_given(call.get("params", {})),
        state="running",
        run_type=run.type,
        data_interval=_interval(task.dag, run),
    )
    dag_run.dag = task.dag
    session.add(dag_run)
    session.flush()
    for other in task.dag.tasks:
        if other.task_id != task.task_id:
            session.add(TaskInstance(other, run_id=run.id))
    found = TaskInstance(task, run_id=run.id, map_index=run.map_index, state="running")
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


def _add_xcoms(dag: Any, run_id: str, xcoms: Xcoms, session: Any) -> None:
    """The values that travelled with the task; of a mapped one a list, an element an instance."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.taskmap import TaskMap
    from airflow.models.xcom import XCom

    for task_id, keys in xcoms.all().items():
        added = {-1}
        for key, value in keys.items():
            for index, one in enumerate(value or ()) if task_id in xcoms.mapped else [(-1, value)]:
                if index not in added:
                    session.add(TaskInstance(dag.task_dict[task_id], run_id=run_id, map_index=index, state="success"))
                    session.flush()
                    added.add(index)
                if one is not None and one is not ABSENT:
                    XCom.set(key, one, task_id=task_id, dag_id=dag.dag_id, run_id=run_id, map_index=index, session=session)
            if key == "return_value" and isinstance(value, (list, dict)) and task_id not in xcoms.mapped:
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
