"""What can go wrong in a pass, apart from nodes that fail: Argo's errors, with Argo's texts."""

from __future__ import annotations

from typing import Final

from airflow_argo.argo.expr import UnsupportedExpression
from airflow_argo.argo.tags import TemplateError

TAG_ERRORS: Final = (TemplateError, UnsupportedExpression)
"""What is raised by putting values in the place of tags; what we can't evaluate is an Error of the node that needs it."""


class Fault(Exception):
    """Something about a node is wrong, which makes it an Error; ``str()`` is its message."""


class MissingReference(Fault):
    """A variable isn't there. Argo tries again for ever: this is a hang. Source: ErrRequeue."""


class MaxDepthExceeded(Fault):
    """Too many template calls inside each other."""


class TimedOut(Fault):
    """A node was Pending for too long."""


class Panic(Exception):
    """The controller itself would crash here, and make the workflow an Error."""


class ParallelismReached(Exception):
    """A node can't start yet. `wide` if no other new one inside the same template can either."""

    def __init__(self, *, wide: bool) -> None:
        super().__init__(wide)
        self.wide = wide

    def __str__(self) -> str:
        return "Max parallelism reached"
