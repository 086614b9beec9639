"""Every code that a diagnostic of ours may have. A code keeps its meaning for ever; a retired one is not given again.

AA1xx: reading a file. AA2xx: translating a DAG. AA3xx: references and hangs in a manifest. AA4xx: shape and limits of a
manifest. AA5xx: what the embedded engine doesn't do. A table a range, each in a module of its own.
"""

from __future__ import annotations

from airflow_argo.diagnostics.codes.code import Code
from airflow_argo.diagnostics.codes.reading import READING
from airflow_argo.diagnostics.codes.references import REFERENCES
from airflow_argo.diagnostics.codes.running import RUNNING
from airflow_argo.diagnostics.codes.shape import SHAPE
from airflow_argo.diagnostics.codes.translating import TRANSLATING

__all__ = ["CODES", "Code", "code"]

CODES: dict[str, Code] = {entry.id: entry for entry in (*READING, *TRANSLATING, *REFERENCES, *SHAPE, *RUNNING)}


def code(id: str) -> Code:
    """The entry of a code.

    Raises:
        KeyError: there is no such code.
    """
    return CODES[id]
