"""What can be wrong with an expression. The texts are those of expr-lang, which Argo shows in node messages."""

from __future__ import annotations

from airflow_argo.argo.expr.nodes import NOWHERE, Span
from airflow_argo.diagnostics import AirflowArgoError, ExitCode


class ExprError(AirflowArgoError):
    """An expression can't be evaluated: a name or a type doesn't fit, or a value at run time.

    Attributes:
        fault: what is wrong, without the place.
        source: the expression.
        span: the part of it that is at fault.
    """

    def __init__(self, fault: str, source: str = "", span: Span = NOWHERE) -> None:
        super().__init__(fault, source, span)
        self.fault, self.source, self.span = fault, source, span

    def __str__(self) -> str:
        return self.fault + marked(self.source, self.span.start)


class ExprSyntaxError(ExprError):
    """A text is no expression."""


class ConditionError(ExprError):
    """A condition failed, or gave something else than a bool; `fault` is Argo's whole message."""

    def __str__(self) -> str:
        return self.fault


class UnsupportedExpression(ExprError):
    """An expression asks for something that Argo's library has and this one hasn't."""

    exit_code = ExitCode.UNSUPPORTED


def marked(source: str, offset: int) -> str:
    """Line and column of an offset, and the line with a mark under the place, as expr-lang writes them.

    Source: expr-lang, file/error.go; a line that is empty is not shown.
    """
    before = source[:offset]
    line_start = before.rfind("\n") + 1
    line_end = source.find("\n", line_start)
    line = source[line_start : len(source) if line_end < 0 else line_end]
    if not line:
        return ""
    column = len(before) - line_start
    shown = line.replace("\t", " ")
    return f" ({before.count(chr(10)) + 1}:{column + 1})\n | {shown}\n | {'.' * column}^"
