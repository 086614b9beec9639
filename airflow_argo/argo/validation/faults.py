"""How the controller says that a spec is invalid."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow_argo.diagnostics import AirflowArgoError


class InvalidSpec(AirflowArgoError):
    """The controller would fail a workflow at once with `invalid spec: ` and this message."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


@contextmanager
def inside(place: str) -> Iterator[None]:
    """Put a place before the message of what is raised in here."""
    try:
        yield
    except InvalidSpec as error:
        raise InvalidSpec(f"{place}{error}") from None
