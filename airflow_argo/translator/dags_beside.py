"""The DAGs of one file, each known to the others: what is translated may depend on a DAG beside it."""

from __future__ import annotations

from typing import Any
from weakref import WeakValueDictionary

_known: WeakValueDictionary[tuple[str, str], Any] = WeakValueDictionary()


def remember_dag(path: str, dag: Any) -> None:
    """Keeps a DAG of a file in mind, as long as it lives."""
    _known[path, str(dag.dag_id)] = dag


def dag_beside(path: str, dag_id: str) -> Any | None:
    """A DAG of a file; None if the file has none of that id, or it isn't loaded."""
    return _known.get((path, dag_id))
