"""Reading DAGs out of Python files, in this process: no database, no scheduler, nothing registered.

Whoever doesn't trust the file uses `isolated`, which does this in a process of its own.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from airflow_argo.diagnostics import AirflowArgoError, Origin
from airflow_argo.translator.airflow_names import airflow_names
from airflow_argo.translator.cluster_policies import is_kept_by_policies
from airflow_argo.translator.dag_file_errors import DagFileError, no_python
from airflow_argo.translator.dag_folders import DAG_FILES, importable, remember_folder
from airflow_argo.translator.dags_beside import remember_dag
from airflow_argo.translator.data_files import remember_data_files, watched_reads
from airflow_argo.translator.import_effects import effects_in, remember_effects, watched_effects
from airflow_argo.translator.import_errors import cause_of_placeholders, cure_of, missing_package, refused_arguments, where_in
from airflow_argo.translator.made_at import lines_of, noting_lines, remember_maker
from airflow_argo.translator.named_files import look_again
from airflow_argo.translator.origins import origins_in
from airflow_argo.translator.own_modules import names_of
from airflow_argo.translator.parse_time import reads_of, remember_reads, unknown_in, watched_values
from airflow_argo.translator.plain_ids import plain
from airflow_argo.translator.python_settings import changed_since, python_settings
from airflow_argo.translator.sources import SourceLoader, as_written
from airflow_argo.translator.template_files import resolve_template_files


def prepare_environment() -> None:
    """Settings with which Airflow only reads DAGs; to be called before Airflow is imported for the first time."""
    if "airflow" in sys.modules:
        return
    os.environ.setdefault("_AIRFLOW__AS_LIBRARY", "1")  # Airflow 3: no database, no plugins, no logging of its own
    os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
    os.environ.setdefault("AIRFLOW__CORE__UNIT_TEST_MODE", "False")


def load_dags(
    path: str | Path,
    *,
    dags_folder: str | None = None,
    placeholders: bool = False,
    refused: list[tuple[Any, DagFileError]] | None = None,
) -> list[Any]:
    """The DAGs of a file, in the order of their ids, checked as Airflow checks them.

    Args:
        dags_folder: the folder of all DAGs, from which Airflow imports modules.
        placeholders: stand for Variables and Connections that aren't known.
        refused: gets those of several that Airflow refuses, which has the others all the same; by default one is an error.
    Raises:
        DagFileError: there is no such file, it can't be imported, or a DAG in it has a circle or is otherwise invalid.
    """
    file = Path(path)
    if not file.is_file():
        raise DagFileError("AA101", "there is no such file", "check the path", Origin(str(path)))
    look_again()
    _give_airflow_2_a_session()
    _make_plugins_importable()
    before, settings = set(sys.modules), python_settings()
    values = watched_values(str(file), placeholders=placeholders)
    with (
        importable(file, dags_folder) as folder,
        watched_reads() as opened,
        noting_lines(str(file)),
        values as reads,
        watched_effects() as done,
    ):
        dags = _dags_of(_executed(file), file)
    effects, modules = effects_in(file, done, changed_since(settings)), names_of(set(sys.modules) - before)
    for dag in dags:
        remember_dag(str(file), dag)
        remember_data_files(dag, opened)
        remember_effects(dag, effects)
        remember_reads(dag, reads)
        remember_folder(dag, folder, modules)
        remember_maker(dag)
        dag.fileloc = str(file)
    judged = [(dag, _judged(dag, file)) for dag in dags]
    faults = [(dag, fault) for dag, fault in judged if isinstance(fault, DagFileError)]
    if faults and (refused is None or len(dags) == 1):
        raise faults[0][1]
    if refused is not None:
        refused += faults
    kept = [dag for dag, is_kept in judged if is_kept is True]
    return sorted(kept, key=lambda dag: plain(dag.dag_id))


def _executed(file: Path) -> Any:
    """The file's module, run; its name is one that nothing else has."""
    name = f"{DAG_FILES}{sha256(str(file.resolve()).encode()).hexdigest()[:16]}_{file.stem}"
    loader = SourceLoader(name, str(file))
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with _registering(name), warnings.catch_warnings():  # what it does to filters is forgotten, as by Airflow's DagBag
        try:
            loader.exec_module(module)
        except SyntaxError as error:
            raise no_python(error, file) from None
        except AirflowArgoError:
            raise
        except Exception as error:  # noqa: BLE001 - a border: whatever the author's module raises
            raise _import_error(error, file) from None
    return module


def _import_error(error: Exception, file: Path) -> DagFileError:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    at = as_written(Origin(str(file), frames[-1].lineno if frames else None))
    message = f"{type(error).__name__}: {error}".strip().rstrip(":")
    unknown = unknown_in(error)
    if unknown is not None:
        message = f"{unknown[0]} '{unknown[1]}' isn't known here"
    elif (refused := refused_arguments(error)) is not None:
        message = str(refused)
    message += where_in(error, file)
    missing = missing_package(error, file)
    return DagFileError("AA102", f"it can't be imported: {message}", cure_of(error, file), at, missing=missing)


@contextmanager
def _registering(name: str) -> Iterator[None]:
    """Airflow keeps DAGs that a file makes and doesn't bind to a name."""
    context = _dag_context()
    _leave_contexts(context)
    context.autoregistered_dags.clear()
    context.current_autoregister_module_name = name
    try:
        yield
    finally:
        context.current_autoregister_module_name = None


def _leave_contexts(context: Any) -> None:
    """A file that ends in an error leaves Airflow, which reads each in a process of its own, in the DAG or group it was in."""
    if airflow_names().is_2:
        from airflow.utils.task_group import TaskGroupContext

        context._context_managed_dags.clear()  # noqa: SLF001 - Airflow has no other way
        TaskGroupContext._context_managed_task_group = None  # noqa: SLF001 - as above
        TaskGroupContext._previous_context_managed_task_groups.clear()  # noqa: SLF001 - as above
        TaskGroupContext.active = False
    else:
        from airflow.sdk.definitions._internal.contextmanager import TaskGroupContext

        context._context.clear()  # noqa: SLF001 - Airflow has no other way
        TaskGroupContext._context.clear()  # noqa: SLF001 - as above


def _dag_context() -> Any:
    if airflow_names().is_2:
        from airflow.models.dag import DagContext
    else:
        from airflow.sdk.definitions._internal.contextmanager import DagContext
    return DagContext


def _give_airflow_2_a_session() -> None:
    """Code of Airflow 2 may begin a session while it is imported, or ask for a Variable."""
    if airflow_names().is_2:
        from airflow_argo.pod.airflow_task.airflow_2 import memory_database

        memory_database()


def _make_plugins_importable() -> None:
    """The folder of plugins, and its modules, as where Airflow prepares its database. Source: airflow.settings."""
    from airflow import settings
    from airflow.configuration import conf

    folder = conf.get("core", "plugins_folder", fallback=f"{settings.AIRFLOW_HOME}/plugins")
    settings.PLUGINS_FOLDER = folder
    if folder not in sys.path:
        sys.path.append(folder)


def _dags_of(module: Any, file: Path) -> list[Any]:
    kind = airflow_names().dag
    found = {id(value): value for value in vars(module).values() if isinstance(value, kind)}
    found |= {id(dag): dag for dag, _ in _dag_context().autoregistered_dags}
    by_id: dict[str, Any] = {}
    for dag in found.values():
        if dag.dag_id in by_id:
            raise DagFileError("AA108", f"two DAGs are named '{dag.dag_id}'", "rename one", _origin_of(dag, file))
        by_id[dag.dag_id] = dag
    return list(by_id.values())


def _origin_of(dag: Any, file: Path) -> Origin:
    """Where a DAG of a file is written."""
    return origins_in(str(file), dag.dag_id, lines_of(dag)).of(None)


def _judged(dag: Any, file: Path) -> bool | DagFileError:
    """Whether Airflow has a DAG of a file, or why it refuses it."""
    try:
        return _is_kept(dag, file)
    except DagFileError as fault:
        return fault


def _is_kept(dag: Any, file: Path) -> bool:
    """Whether Airflow has a DAG of a file; cluster policies may leave it out. Source: DagBag.

    Raises:
        DagFileError: it refuses it.
    """
    try:
        dag.validate()
        if hasattr(dag, "check_cycle"):
            dag.check_cycle()
        else:
            from airflow.utils.dag_cycle_tester import check_cycle

            check_cycle(dag)
        resolve_template_files(dag, dag.tasks)
    except AirflowArgoError:
        raise
    except Exception as error:  # noqa: BLE001 - a border: Airflow's own checks of the author's DAG
        if type(error).__name__ == "AirflowDagCycleException":
            raise DagFileError(
                "AA105", f"tasks wait for one another: {error}", "take one of the dependencies away", _origin_of(dag, file)
            ) from None
        found = f"Airflow refuses DAG '{dag.dag_id}': {type(error).__name__}: {error}".strip().rstrip(":")
        cure = cause_of_placeholders(reads_of(dag)) or "correct the DAG"
        raise DagFileError("AA114", found, cure, _origin_of(dag, file)) from None
    return is_kept_by_policies(dag, file)
