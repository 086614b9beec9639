"""The DAG file in the pod: unpacked where it can be written beside, imported as Airflow imports it, and its task found."""

from __future__ import annotations

import base64
import importlib.machinery
import importlib.util
import json
import os
import sys
import tempfile
import warnings
from typing import Any, Dict, Tuple

from .as_written import leave_tasks_in_place
from .missing_package import named_where_missing
from .policies import apply_policies


class DagFileChanged(Exception):
    """The DAG file in the image isn't the one that the workflow was made of."""


def unpacked(shipped: Dict[str, str], name: str) -> str:
    """Writes the DAG file and the files that came with it to a folder of their own; the path of the DAG file.

    Args:
        shipped: `dag_file`, and perhaps `dag_files`, JSON of path → text, or {"base64": …} of what isn't text.
        name: the DAG file's path in that folder, such as `team/daily.py`.
    """
    target = os.path.join(tempfile.mkdtemp(prefix="airflow-argo-"), "dags")
    files: Dict[str, Any] = {name: shipped["dag_file"], **json.loads(shipped.get("dag_files", "{}"))}
    for path, content in files.items():
        place = os.path.join(target, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else base64.b64decode(content["base64"]))
    return os.path.join(target, name)


def place_of(call: Dict[str, Any], files: Dict[str, str]) -> Tuple[str, str]:
    """The DAG file, in the image or unpacked here, and the folder that its name is relative to."""
    name = call["file"]
    path = call.get("path") or unpacked(files, name)
    return path, path[: -len(name)] if path.endswith(name) else os.path.dirname(path)


def task_of(path: str, dag_id: str, task_id: str, root: str) -> Any:
    """The DAG's task, its templates still as they were written.

    Args:
        root: the folder from which the DAG file's own modules are imported, besides its own.
    Raises:
        DagFileChanged: the file makes no such DAG, or the DAG has no such task.
    """
    dags = _dags_of(path, root)
    if dag_id not in dags:
        raise DagFileChanged(f"{path} makes no DAG '{dag_id}' in this image, only: {', '.join(sorted(dags)) or 'none'}")
    dag = dags[dag_id]
    if task_id not in dag.task_dict:
        raise DagFileChanged(f"DAG '{dag_id}' has no task '{task_id}' in this image: translate it again")
    task = dag.task_dict[task_id]
    apply_policies(dag, [task])
    return task


class _LastFolder:
    """Finds what nothing else does beside the DAG file, as where it was translated."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        return importlib.machinery.PathFinder.find_spec(name, [self._folder], target) if path is None else None


def _dags_of(path: str, root: str) -> Dict[str, Any]:
    try:
        from airflow.sdk import DAG
        from airflow.sdk.definitions._internal.contextmanager import DagContext
    except ImportError:  # Airflow 2
        from airflow.models.dag import DAG, DagContext
    from airflow.utils.file import get_unique_dag_module_name

    leave_tasks_in_place()
    name = get_unique_dag_module_name(path)
    if root not in sys.path:
        sys.path.insert(0, root)
    finder: Any = _LastFolder(os.path.dirname(os.path.abspath(path)))
    sys.meta_path.append(finder)
    DagContext.autoregistered_dags.clear()
    DagContext.current_autoregister_module_name = name
    loader = importlib.machinery.SourceFileLoader(name, path)
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with named_where_missing(), warnings.catch_warnings():
        # of names that Airflow has moved: the author hears it where the DAG is translated, not once more from every pod
        warnings.filterwarnings("ignore", message=".* is deprecated")
        loader.exec_module(module)
    DagContext.current_autoregister_module_name = None
    found = [value for value in vars(module).values() if isinstance(value, DAG)]
    found += [dag for dag, _ in DagContext.autoregistered_dags]
    for dag in found:
        dag.fileloc = path
    return {dag.dag_id: dag for dag in found}
