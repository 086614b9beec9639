"""How runs of a DAG ended, or that there was none."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_argo.comparison.ends import UNMAPPED, Difference, Ended, Task, differences

__all__ = ["UNMAPPED", "Difference", "Ended", "Refused", "Task", "differences"]


@dataclass(frozen=True, slots=True)
class Refused:
    """The DAG isn't translated; each reason begins with a diagnostic's code."""

    reasons: tuple[str, ...]
