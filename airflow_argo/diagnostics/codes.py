"""Every code that a diagnostic of ours may have. A code keeps its meaning for ever; a retired one is not given again.

AA1xx: reading a file. AA2xx: translating a DAG. AA3xx: references and hangs in a manifest. AA4xx: shape and limits of a
manifest. AA5xx: what the embedded engine doesn't do.
"""

from __future__ import annotations

from dataclasses import dataclass

from airflow_argo.diagnostics.diagnostic import Severity


@dataclass(frozen=True, slots=True)
class Code:
    """A code's title, its usual severity, and a page for ``--explain``."""

    id: str
    title: str
    severity: Severity
    explanation: str


_TABLE: tuple[Code, ...] = ()

CODES: dict[str, Code] = {entry.id: entry for entry in _TABLE}


def code(id: str) -> Code:
    """The entry of a code.

    Raises:
        KeyError: there is no such code.
    """
    return CODES[id]
