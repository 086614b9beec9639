"""A code: what a finding is about, whoever finds it."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_argo.diagnostics.diagnostic import Severity

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


@dataclass(frozen=True, slots=True)
class Code:
    """A code's title, its usual severity, and a page for ``--explain``."""

    id: str
    title: str
    severity: Severity
    explanation: str
