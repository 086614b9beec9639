"""Which workflows a sensor waits for, and what it makes of their phases. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from airflow_argo.argo.phases import FAILED_OR_ERROR, SUCCEEDED, WORKFLOW_DONE
from airflow_argo.diagnostics import InputError

Missing: TypeAlias = Literal["wait", "fail", "succeed"]
"""What it means that there is no such workflow."""

Matches: TypeAlias = Callable[[Mapping[str, str]], bool]

_SET: Final = re.compile(r"\s*([\w./-]+)\s+(in|notin)\s*\(([^)]*)\)\s*\Z")
_EQUAL: Final = re.compile(r"\s*([\w./-]+)\s*(!=|==|=)\s*([\w.-]*)\s*\Z")
_ORDER: Final = re.compile(r"\s*([\w./-]+)\s*([<>])\s*(-?\d+)\s*\Z")
_INTEGER: Final = re.compile(r"[+-]?\d+\Z")
_EXISTS: Final = re.compile(r"\s*(!?)\s*([\w./-]+)\s*\Z")
_COMMA: Final = re.compile(r",(?![^(]*\))")


def label_matcher(selector: str) -> Matches:
    """A label selector as a function of an object's labels. Source: apimachinery, pkg/labels/selector.go.

    requirement: key, !key, key=value, key==value, key!=value, key>1, key<1, key in (a, b), key notin (a, b); several by commas.

    Raises:
        InputError: it is none.
    """
    parts = [_requirement(part, selector) for part in _COMMA.split(selector)] if selector.strip() else []
    return lambda labels: all(part(labels) for part in parts)


def _requirement(text: str, selector: str) -> Matches:
    if found := _SET.match(text):
        key, values = found[1], frozenset(value.strip() for value in found[3].split(","))
        return (
            (lambda labels: labels.get(key) in values) if found[2] == "in" else (lambda labels: labels.get(key) not in values)
        )
    if found := _EQUAL.match(text):
        key, value = found[1], found[3]
        return (lambda labels: labels.get(key) != value) if found[2] == "!=" else (lambda labels: labels.get(key) == value)
    if found := _ORDER.match(text):
        return _ordered(found[1], 1 if found[2] == ">" else -1, int(found[3]))
    if found := _EXISTS.match(text):
        key = found[2]
        return (lambda labels: key not in labels) if found[1] else (lambda labels: key in labels)
    raise InputError(f"'{selector}' is no label selector", "write it as kubectl takes it, e.g. team=x,tier in (a, b)")


def _ordered(key: str, sign: int, bound: int) -> Matches:
    """Whether a label is an integer greater than a bound, or with sign -1 less."""

    def matches(labels: Mapping[str, str]) -> bool:
        value = labels.get(key, "")
        return bool(_INTEGER.match(value)) and sign * int(value) > sign * bound

    return matches


def going_on(phases: Mapping[str, str]) -> list[str]:
    """Those of the workflows, name → phase, that aren't done."""
    return [name for name, phase in phases.items() if phase not in WORKFLOW_DONE]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a sensor knows: go on waiting, or the end and why."""

    over: bool
    good: bool = False
    message: str = ""


@dataclass(frozen=True, slots=True)
class Judge:
    """What the phases of the workflows that a sensor waits for mean.

    Attributes:
        what: that is waited for, for messages.
        success_phases: the wait is over well when all are in these.
        failure_phases: it is over badly as soon as one is in these.
        missing: what it means that there is none.
    """

    what: str
    success_phases: frozenset[str] = frozenset({SUCCEEDED})
    failure_phases: frozenset[str] = FAILED_OR_ERROR
    missing: Missing = "wait"

    def verdict(self, phases: Mapping[str, str]) -> Verdict:
        """The verdict over workflow name → phase."""
        if not phases:
            return self._of_none()
        if bad := self._said(phases, self.failure_phases):
            return Verdict(over=True, message=bad)
        over = all(phase in self.success_phases for phase in phases.values())
        return Verdict(over, good=over, message=self._said(phases, self.success_phases) if over else "")

    def _of_none(self) -> Verdict:
        if self.missing == "wait":
            return Verdict(over=False)
        return Verdict(over=True, good=self.missing == "succeed", message=f"{self.what}: there is none")

    def _said(self, phases: Mapping[str, str], among: Iterable[str]) -> str:
        """Which of them are in these phases; "" if none is."""
        named = {f"workflow '{name}'": phase for name, phase in sorted(phases.items()) if phase in among}
        listed = ", ".join(f"{name} is {phase}" for name, phase in named.items())
        return listed if not listed or self.what in named else f"{self.what}: {listed}"
