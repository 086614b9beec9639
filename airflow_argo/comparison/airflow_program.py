"""A program that runs DAGs through Airflow's own `dag.test()`, many in one process, and tells how they ended.

It reads requests from its standard input and writes answers to a file descriptor of its own, one JSON object a line. See
`in_airflow` for who starts it. Run by `python -m airflow_argo.comparison.airflow_program <fd>`.

Airflow's scheduler judges a trigger rule as often as it passes by, and acts on the first judgement that decides; so with a skip
beside a failure the end state depends on which came first. Here a task is judged when all before it have ended, which is what
happens where those end between two passes of the scheduler. And `dag.test()` sleeps a second when no task can begin, which is
each time that the last of several has just ended; here it looks again soon.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from airflow_argo.comparison import airflow_2
from airflow_argo.settings import load_settings
from airflow_argo.translator.airflow_names import airflow_names, is_mapped
from airflow_argo.translator.dag_files import dags_of_file
from airflow_argo.translator.dag_folders import folder_of, importable

IGNORED_KEYS = {"skipmixin_key"}
LINK = "_link_"
"""How keys of links begin, which are for Airflow's pages."""
BUNDLE = "airflow-argo"
NEVER_WAITS = "always"
LOOPS = ("airflow.sdk.definitions.dag", "airflow.models.dag")
"""Modules with `dag.test()`: Airflow 3's, and Airflow 2's."""
SOON = 0.02
"""Seconds until `dag.test()` looks again."""
LONGEST_DELAY = timedelta(seconds=1)
"""Between two tries, in a hurry."""


def main(descriptor: int) -> None:
    """Answers requests until there are no more."""
    if sys.path[0] == str(Path.cwd()):
        del sys.path[0]  # Python puts it there for `-m`, and Airflow doesn't import from it
    prepare()
    with os.fdopen(os.dup(0)) as requests, os.fdopen(descriptor, "w", buffering=1) as answers:
        _read_nothing()
        answers.write(json.dumps({"ready": True}) + "\n")
        for line in requests:
            answers.write(json.dumps(answer(json.loads(line))) + "\n")


def _read_nothing() -> None:
    """Gives tasks an input that has ended, as pods have: one that read the requests would wait for ever."""
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """How a DAG ended, or why it could not be run."""
    try:
        return run(**request)
    except BaseException as error:  # noqa: BLE001 - a border: whatever Airflow or the DAG raises
        return {"error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}


def prepare() -> None:
    """Makes Airflow take DAGs from memory, and judge rules at the end."""
    _judge_at_the_end()
    _judge_rules_last()
    _look_again_soon()
    _never_sync()
    if not airflow_names().is_2:
        _use_one_bundle()
        _hand_addresses_on_whole()


def _look_again_soon() -> None:
    """Tasks sleep as long as they say."""
    sleep = time.sleep

    def sleep_less(seconds: Any) -> None:
        asks = sys._getframe(1).f_globals.get("__name__")  # noqa: SLF001 - Python has no other way to know who calls
        sleep(min(seconds, SOON) if asks in LOOPS else seconds)

    time.sleep = sleep_less


def _never_sync() -> None:
    """The database needn't outlive the machine."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    @event.listens_for(Engine, "connect")
    def _(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")


def _use_one_bundle() -> None:
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session

    DagBundlesManager.get_all_dag_bundles = lambda _self: iter(())
    DagBundlesManager.sync_bundles_to_db = lambda _self, **_: None
    with create_session() as session:
        if session.get(DagBundleModel, BUNDLE) is None:
            session.add(DagBundleModel(name=BUNDLE))


def _hand_addresses_on_whole() -> None:
    """Lets ids and keys have any letters, as they may with a server that is one.

    Airflow's API is here asked by way of WSGI, which wants the bytes of an address, each as a letter; httpx hands on its text.
    Source: PEP 3333; httpx.WSGITransport.
    """
    from a2wsgi import ASGIMiddleware

    called = ASGIMiddleware.__call__

    def with_bytes(self: Any, environ: Any, start_response: Any) -> Any:
        environ["PATH_INFO"] = environ["PATH_INFO"].encode().decode("latin-1")
        return called(self, environ, start_response)

    ASGIMiddleware.__call__ = with_bytes  # type: ignore[method-assign] # a method of a library's, replaced on purpose


def _judge_at_the_end() -> None:
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.state import State

    judged = TaskInstance.are_dependencies_met

    def are_dependencies_met(self: Any, dep_context: Any = None, *, session: Any, verbose: bool = False) -> bool:
        if self.task is not None and dep_context is not None and str(self.task.trigger_rule) != NEVER_WAITS:
            before = set(self.task.upstream_task_ids) | {one.task_id for one in self.task.get_upstreams_only_setups()}
            if before and not _all_ended(self, before, session, State.finished):
                return False
            if dep_context.finished_tis is not None and not before <= {one.task_id for one in dep_context.finished_tis}:
                return False  # one of them has ended in this very pass, and would not be counted
        return bool(judged(self, dep_context, session=session, verbose=verbose))

    TaskInstance.are_dependencies_met = are_dependencies_met


def _all_ended(instance: Any, task_ids: set[str], session: Any, finished: Any) -> bool:
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import select

    query = select(TaskInstance.state).where(
        TaskInstance.dag_id == instance.dag_id, TaskInstance.run_id == instance.run_id, TaskInstance.task_id.in_(task_ids)
    )
    return all(state in finished for (state,) in session.execute(query).all())


def _judge_rules_last() -> None:
    """Whether a skip wins over a failure depends on the order of a set in Airflow; here failures win."""
    from airflow.ti_deps.dep_context import DepContext
    from airflow.ti_deps.deps.mapped_task_upstream_dep import MappedTaskUpstreamDep
    from airflow.ti_deps.deps.trigger_rule_dep import TriggerRuleDep

    last = {TriggerRuleDep: 1, MappedTaskUpstreamDep: 2}

    class Ordered(frozenset):  # type: ignore[type-arg]
        def __iter__(self) -> Any:
            return iter(sorted(frozenset.__iter__(self), key=lambda dep: (last.get(type(dep), 0), type(dep).__name__)))

    class Deps(set):  # type: ignore[type-arg]
        def __or__(self, other: Any) -> Any:
            return Ordered(set.__or__(self, set(other)))

    made = DepContext.__init__

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        made(self, *args, **kwargs)
        self.deps = Deps(self.deps)

    DepContext.__init__ = __init__


def run(
    file: str,
    dag_id: str,
    logical_date: str,
    conf: dict[str, Any],
    beside: list[str],
    flags: dict[str, str | None],
    hurry: bool,
    asked_now: bool,
) -> dict[str, Any]:
    """Runs a DAG of a file, which may ask for the file's other DAGs, and for those of other files."""
    import pendulum

    began = datetime.now(timezone.utc)
    with ExitStack() as stack:
        dags = stack.enter_context(_dags(file, flags))
        others = [stack.enter_context(_dags(one, flags)) for one in beside]
        known = [dag for found in (*others, dags) for dag in found.values()]
        if airflow_names().is_2:
            airflow_2.make_known(known)
        else:
            _make_known(known)
            _activate_assets()
        dag = hurried(dags[dag_id]) if hurry else dags[dag_id]
        moment = pendulum.parse(logical_date)
        if asked_now:
            _start_by(moment, dag, began)
        date = {"execution_date" if airflow_names().is_2 else "logical_date": moment}
        return _found(dag.test(**date, run_conf=conf or None))


def _make_known(dags: list[Any]) -> None:
    """Tells the database of DAGs."""
    try:
        from airflow.dag_processing import dagbag

        sync = dagbag.sync_bag_to_db
    except ImportError:  # before Airflow 3.2
        from airflow.models import dagbag

        sync = getattr(dagbag, "sync_bag_to_db", None) or dagbag.DagBag.sync_to_db
    bag = dagbag.DagBag(dag_folder=os.devnull, collect_dags=False)
    for dag in dags:
        # as a bag does with files that it reads itself
        dag.relative_fileloc = dag.relative_fileloc or os.path.relpath(os.path.realpath(dag.fileloc), folder_of(dag))
        bag.bag_dag(dag)
    sync(bag, BUNDLE, None)


def hurried(dag: Any) -> Any:
    """The DAG, changed: no longer than a second between two tries. What is waited for stays, how long doesn't."""
    for task in dag.tasks:
        of = task.partial_kwargs if is_mapped(task) else vars(task)
        for name in ("retry_delay", "max_retry_delay"):
            if isinstance(of.get(name), timedelta):
                of[name] = min(of[name], LONGEST_DELAY)
        for rule in getattr(getattr(task, "retry_policy", None), "rules", ()):
            if rule.retry_delay is not None:
                object.__setattr__(rule, "retry_delay", min(rule.retry_delay, LONGEST_DELAY))
    return dag


def _start_by(date: Any, dag: Any, began: datetime) -> None:
    """Lets no start date that a file takes from the clock (`datetime.now()`) be after the run.

    A scheduler has read the file before someone asks for a run; here it is read after that, and Airflow makes no instances of
    tasks that start later.
    """
    for one in (dag, *dag.tasks):
        if one.start_date is not None and one.start_date >= began:
            object.__setattr__(one, "start_date", date)
            if is_mapped(one):
                one.partial_kwargs["start_date"] = date


def _activate_assets() -> None:
    """What the scheduler does for the assets of the DAGs that it knows. Source: SchedulerJobRunner.

    Of those that share a name or a URI one is active: the last, which is of the file at hand and not of one before it.
    """
    from airflow.models.asset import AssetActive, AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import delete, select

    with create_session() as session:
        session.execute(delete(AssetActive))
        names: set[str] = set()
        uris: set[str] = set()
        for found in session.scalars(select(AssetModel).order_by(AssetModel.id.desc())).all():
            if found.name not in names and found.uri not in uris:
                session.add(AssetActive.for_asset(found))
                names.add(found.name)
                uris.add(found.uri)


@contextmanager
def _dags(file: str, flags: dict[str, str | None]) -> Iterator[dict[str, Any]]:
    """The DAGs of a file by their ids, read as the translator reads them; their functions can import what the file can."""
    settings = load_settings(Path(file), flags)
    with dags_of_file(file, settings) as (dags, _):
        found = {dag.dag_id: dag for dag in dags}
        with importable(Path(file), settings["dags_folder"]):
            yield found


def _found(ended: Any) -> dict[str, Any]:
    from airflow.utils.session import create_session

    with create_session() as session:
        instances = ended.get_task_instances(session=session)
        tasks = [[one.task_id, one.map_index, str(one.state), one.try_number] for one in instances]
        pushed = airflow_2.xcoms_of(ended, session) if airflow_names().is_2 else _xcoms_of(ended, session)
        xcoms = [list(one) for one in pushed if one[2] not in IGNORED_KEYS and not one[2].startswith(LINK)]
    names = [
        [one.task_id, one.map_index, one.rendered_map_index]
        for one in instances
        if one.rendered_map_index not in (None, str(one.map_index)) and str(one.state) in ("success", "skipped")
    ]
    return {"state": str(ended.state), "tasks": tasks, "xcoms": xcoms, "names": names, "run_id": ended.run_id}


def _xcoms_of(run: Any, session: Any) -> Iterator[tuple[str, int, str, Any]]:
    """(task id, map index, key, value as JSON) of what was pushed in a run."""
    from airflow.models.xcom import XComModel
    from sqlalchemy import select

    rows = session.scalars(select(XComModel).where(XComModel.dag_id == run.dag_id, XComModel.run_id == run.run_id)).all()
    for row in rows:
        yield row.task_id, row.map_index, row.key, _read(row.value)


def _read(stored: Any) -> Any:
    """What a task would get, as JSON; of a class that Airflow doesn't read its name."""
    try:
        from airflow.sdk.serde import deserialize
    except ImportError:  # before Airflow 3.2
        from airflow.serialization.serde import deserialize

    from airflow_argo.pod.values import CLASS, to_json

    try:
        return to_json(deserialize(stored))
    except Exception:  # noqa: BLE001 - whatever a class raises
        return {"unreadable": str(stored[CLASS]).rpartition(".")[2]}


if __name__ == "__main__":
    main(int(sys.argv[1]))
