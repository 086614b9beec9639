"""A rule and what it finds: a generator over one kind of subject, with the code that its findings have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from airflow_argo.diagnostics import CODES, Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found.

    Attributes:
        path: in the document, such as `spec.templates[2].dag.tasks[0].when`.
        found: what is wrong, in one sentence.
        cure: what to do about it.
        severity: if it isn't that of the code.
        code: if the rule has several.
    """

    path: str
    found: str
    cure: str = ""
    severity: Severity | None = None
    code: str = ""


_Check = Callable[[Any], Iterator[Finding]]
_AnyCheck = TypeVar("_AnyCheck", bound=_Check)


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is looked for.

    Attributes:
        codes: of its findings; the first is that of a finding that doesn't say.
        on: the class of what it looks at.
    """

    codes: tuple[str, ...]
    on: type
    check: _Check


RULES: Final[list[Rule]] = []
"""All rules, filled by the modules of `airflow_argo.lint.rules`."""


def rule(*codes: str, on: type) -> Callable[[_AnyCheck], _AnyCheck]:
    """Register a rule.

    Args:
        codes: of its findings, out of `airflow_argo.diagnostics.CODES`.
        on: what the function takes: Document, Template, Call, Text.
    """
    if unknown := [code for code in codes if code not in CODES]:
        raise KeyError(*unknown)

    def register(check: _AnyCheck) -> _AnyCheck:
        RULES.append(Rule(codes, on, check))
        return check

    return register
