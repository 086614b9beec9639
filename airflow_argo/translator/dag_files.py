"""DAG files: the errors that they can be, and one file translated in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow_argo.diagnostics import InputError, Origin
from airflow_argo.settings import Settings
from airflow_argo.translator.translation import Translation


class DagFileError(InputError):
    """A DAG file can't be read; `code` says in which way."""

    def __init__(self, code: str, message: str, cure: str, at: Origin) -> None:
        super().__init__(message, cure, at)
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        assert self.at is not None
        return (DagFileError, (self.code, self.message, self.cure, self.at))

    def __str__(self) -> str:
        return f"{self.at}: error {self.code}: {self.message}" + (f"; {self.cure}" if self.cure else "")


def translate_file(path: str, settings: Settings, dag_id: str | None) -> list[Translation]:
    """The translations of a file's DAGs, or of the one named.

    Raises:
        DagFileError: the file can't be read, has no DAG, or none of that name.
    """
    from airflow_argo.translator.dags import translate
    from airflow_argo.translator.loading import load_dags

    dags = load_dags(Path(path))
    if not dags:
        cure = "make one with DAG(…), or call the function that @dag stands above"
        raise DagFileError("AA103", "there is no DAG in it", cure, Origin(path))
    if dag_id is not None:
        ids = ", ".join(str(dag.dag_id) for dag in dags)
        dags = [dag for dag in dags if dag.dag_id == dag_id]
        if not dags:
            raise DagFileError("AA104", f"there is no DAG '{dag_id}' in it", f"choose one of: {ids}", Origin(path))
    return [translate(dag, settings=settings) for dag in dags]
