"""What can be wrong with a `when`."""

from __future__ import annotations

from airflow_argo.diagnostics import AirflowArgoError


class GovaluateError(AirflowArgoError):
    """A condition is none, or can't be evaluated. ``str()`` is govaluate's message, or Argo's around it.

    Attributes:
        text: the condition.
        reason: what is wrong with it.
    """

    def __init__(self, reason: str, text: str = "") -> None:
        super().__init__(reason, text)
        self.reason, self.text = reason, text

    def __str__(self) -> str:
        return self.reason
