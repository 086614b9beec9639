"""What a job and a step have in common: a name, outputs, and what they run after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from airflow_argo.diagnostics import DefinitionError, Origin
from airflow_argo.dsl.params import Condition, Value, WorkflowParam, has_marks

_STATES = {
    "success": "success",
    "succeeded": "success",
    "failed": "failed",
    "error": "failed",
    "skipped": "skipped",
    "omitted": "upstream_failed",
    "upstream_failed": "upstream_failed",
}


class Node:
    """Something that runs: a job, or a step made of a function.

    `a >> b` and `b.after(a)` let b run after a, once that succeeded or was skipped. Lists may stand on either side.
    """

    __slots__ = ("_before", "name", "origin", "owner", "state_rule")

    def __init__(self, name: str, origin: Origin) -> None:
        if not isinstance(name, str) or not name:
            raise DefinitionError(f"{name!r} can't be the name of a step", "use some text", origin)
        if has_marks(name):
            cure = "use a name that is known now; the value can be an input or an argument"
            raise DefinitionError("the name of a step has a value of the run in it", cure, origin)
        self.name, self.origin = name, origin
        self.owner: Node | None = None
        self.state_rule: str | None = None
        self._before: dict[int, Node] = {}

    @property
    def output(self) -> Outputs:
        """The outputs: `step.output.name`. `result` is what a container writes to its standard output."""
        return Outputs(self)

    @property
    def status(self) -> Status:
        """How the step ended: `step.status == "failed"`."""
        return Status(self)

    @property
    def succeeded(self) -> Condition:
        """The condition that the step succeeded."""
        return Condition("ended", (self, ("success",)))

    @property
    def failed(self) -> Condition:
        """The condition that the step failed, or couldn't run because something before it failed."""
        return Condition("ended", (self, ("failed", "upstream_failed")))

    @property
    def skipped(self) -> Condition:
        """The condition that the step was skipped."""
        return Condition("ended", (self, ("skipped",)))

    def output_named(self, name: str) -> WorkflowParam:
        """The output of that name.

        Raises:
            DefinitionError: there is none; the message lists those that there are.
        """
        raise AssertionError(f"jobs and steps know whether they have an output '{name}'")

    def after(self, *steps: Any) -> Any:
        """Lets this run after some steps. Returns this."""
        for step in flatten(steps):
            self._before[id(step)] = step
        return self

    @property
    def before(self) -> tuple[Node, ...]:
        """What this was told to run after."""
        return tuple(self._before.values())

    def __rshift__(self, later: Any) -> Any:
        for step in flatten((later,)):
            step.after(self)
        return later

    def __lshift__(self, earlier: Any) -> Any:
        self.after(earlier)
        return earlier

    def __rrshift__(self, earlier: Any) -> Any:
        return self.after(earlier)

    def __rlshift__(self, later: Any) -> Any:
        for step in flatten((later,)):
            step.after(self)
        return self

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str | int | float | Value):
            cure = f'compare an output, such as {self.name}.output.result == "…", or {self.name}.status'
            raise DefinitionError(f"step '{self.name}' is no value, and can't be compared", cure, Origin.of_author())
        return self is other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__} {self.name}>"


class Outputs:
    """The outputs of a step by name, as attributes or by index."""

    __slots__ = ("_step",)

    def __init__(self, step: Node) -> None:
        self._step = step

    def __getattr__(self, name: str) -> WorkflowParam:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._step.output_named(name)

    def __getitem__(self, name: str) -> WorkflowParam:
        return self._step.output_named(name)

    def __eq__(self, other: object) -> NoReturn:
        cure = f"name one of them: {self._step.name}.output.result == …"
        raise DefinitionError(f"the outputs of step '{self._step.name}' can't be compared", cure, Origin.of_author())

    __ne__ = __eq__
    __hash__ = object.__hash__


class Status:
    """How a step will have ended, to be compared with "succeeded", "failed", "skipped" or "omitted"."""

    __slots__ = ("_step",)

    def __init__(self, step: Node) -> None:
        self._step = step

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        return Condition("ended", (self._step, (self._state(other),)))

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        return ~Condition("ended", (self._step, (self._state(other),)))

    def in_(self, states: Iterable[str]) -> Condition:
        """The condition that the step ended in one of some states."""
        return Condition("ended", (self._step, tuple(self._state(state) for state in states)))

    def __bool__(self) -> bool:
        cure = f'use @when({self._step.name}.status == "succeeded")'
        raise DefinitionError("a status is known only when the workflow runs", cure, Origin.of_author())

    __hash__ = object.__hash__

    def _state(self, word: object) -> str:
        if isinstance(word, str) and word.lower() in _STATES:
            return _STATES[word.lower()]
        raise DefinitionError(f"{word!r} is no state of a step", f"use one of: {', '.join(_STATES)}", Origin.of_author())


def flatten(steps: Iterable[Any]) -> Iterator[Node]:
    """Steps out of lists of lists of them. A plain function counts as its step.

    Raises:
        DefinitionError: something is no step.
    """
    from airflow_argo.dsl.steps import as_step

    for step in steps:
        if isinstance(step, list | tuple | set | frozenset):
            yield from flatten(step)
        elif isinstance(step, Value):
            raise DefinitionError(
                f"{step.describe()} is a value, not a step", "pass it to a step as an input", Origin.of_author()
            )
        else:
            yield as_step(step)
