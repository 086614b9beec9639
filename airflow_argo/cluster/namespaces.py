"""That a namespace is missing: a 404 of an object doesn't say so, and a list of a missing one is empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from airflow_argo.cluster.client import Api
from airflow_argo.cluster.errors import ClusterError, NamespaceNotFoundError
from airflow_argo.cluster.resources import NAMESPACES, Call

Found = TypeVar("Found")


def missing_namespace(api: Api) -> NamespaceNotFoundError | None:
    """The error that says so; None if it is there, or we aren't allowed to know."""
    try:
        api.with_patience(faults=0.0).send(Call("get", NAMESPACES, "", api.namespace))
    except NamespaceNotFoundError as missing:
        return missing
    except ClusterError:
        pass
    return None


def in_namespace(api: Api, found: Iterator[Found]) -> Iterator[Found]:
    """What was found, if that is anything.

    Raises:
        NamespaceNotFoundError: it is nothing, and there is no such namespace.
    """
    is_empty = True
    for one in found:
        is_empty = False
        yield one
    if is_empty and (missing := missing_namespace(api)):
        raise missing
