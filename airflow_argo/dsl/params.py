"""Values of a run, as authors write them: outputs of steps, inputs of the workflow, items of loops, and conditions on them.

None of them is known while the program that defines the workflow runs. So whatever Python would decide by them now (`if`,
`and`, `len`, a loop) is an error that says what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from airflow_argo.diagnostics import DefinitionError, Origin

if TYPE_CHECKING:
    from airflow_argo.dsl.nodes import Node

MISSING: Any = object()

_TYPES = {str: "text", int: "int", float: "float", bool: "bool", dict: "json", list: "json", object: "json"}
_NAMES = {"str": "text", "text": "text", "int": "int", "float": "float", "bool": "bool", "json": "json"}
_MARK = re.compile("\ue000airflow-argo:([0-9]+)\ue001")
_marked: list[Value] = []


class Value:
    """A value that the run will have. Compare it, put it into an f-string, pass it to a step."""

    __slots__ = ("_mark", "origin", "type")

    def __init__(self, type: Any = str) -> None:
        self.type = type_name(type)
        self.origin = Origin.of_author()
        self._mark: str | None = None

    def describe(self) -> str:
        """What messages call it."""
        raise AssertionError("each kind of value says its name")

    # Comparisons

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        return compare(self, "==", other)

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        return compare(self, "!=", other)

    def __lt__(self, other: object) -> Condition:
        return compare(self, "<", other)

    def __le__(self, other: object) -> Condition:
        return compare(self, "<=", other)

    def __gt__(self, other: object) -> Condition:
        return compare(self, ">", other)

    def __ge__(self, other: object) -> Condition:
        return compare(self, ">=", other)

    def in_(self, values: Any) -> Condition:
        """The condition that this value is one of some, or an element of a list that the run will have."""
        return Condition("in", (self, values if isinstance(values, Value) else list(values)))

    def is_true(self) -> Condition:
        """The condition that a bool value is true."""
        if self.type not in ("bool", "json"):
            raise DefinitionError(
                f"{self.describe()} is {self.type}, not bool", "compare it, or declare type=bool", Origin.of_author()
            )
        return Condition("true", (self,))

    def __invert__(self) -> Condition:
        return ~self.is_true()

    def __and__(self, other: Condition | Value) -> Condition:
        return self.is_true() & other

    def __or__(self, other: Condition | Value) -> Condition:
        return self.is_true() | other

    def __hash__(self) -> int:
        self._not_known_yet("looked up in a set or a dict by Python", "use value.in_([…])")

    # Parts, and text

    def __getitem__(self, key: str | int) -> Value:
        if self.type != "json":
            cure = 'declare type="json" if it holds JSON'
            raise DefinitionError(f"{self.describe()} is {self.type}, which has no parts", cure, Origin.of_author())
        return Part(self, key)

    def __str__(self) -> str:
        if self._mark is None:
            _marked.append(self)
            self._mark = f"\ue000airflow-argo:{len(_marked) - 1}\ue001"
        return self._mark

    def __format__(self, spec: str) -> str:
        if spec:
            cure = "format it in the step that makes it"
            raise DefinitionError(
                f"{self.describe()} is not known yet, and can't be formatted by '{spec}'", cure, Origin.of_author()
            )
        return str(self)

    def __repr__(self) -> str:
        return f"<{self.describe()}>"

    # What Python would decide now

    def _not_known_yet(self, wish: str, cure: str) -> NoReturn:
        raise DefinitionError(
            f"{self.describe()} is known only when the workflow runs, and can't be {wish}", cure, Origin.of_author()
        )

    def __bool__(self) -> bool:
        self._not_known_yet("tested by Python", "use @when(…) for a condition, and &, | and ~ for and, or and not")

    def __iter__(self) -> Iterator[Any]:
        self._not_known_yet("looped over by Python", "use @for_loop(…)")

    def __len__(self) -> int:
        self._not_known_yet("measured by Python", "let a step count it")

    def __contains__(self, item: object) -> bool:
        self._not_known_yet("searched by Python", "use value.in_(list)")

    def __int__(self) -> int:
        self._not_known_yet("turned into an int", "declare type=int where the output is declared")

    def __index__(self) -> int:
        self._not_known_yet("used as a number by Python", "use @for_loop(…) to repeat a step")

    def __float__(self) -> float:
        self._not_known_yet("turned into a float", "declare type=float where the output is declared")

    def __add__(self, other: object) -> NoReturn:
        self._not_known_yet("calculated with", "let a step calculate, or join text by an f-string")

    __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __mod__ = __add__


class WorkflowParam(Value):
    """An intermediate value of a workflow: an output that a step declares, or a reference to one.

    Args:
        name: of the output.
        owner_step: the step that makes it, for a reference; `step.output.name` is the same and shorter.
        type: str, int, float, bool, or "json" for lists and objects.
        path: the file that the step writes it to, by default `/tmp/<name>`. For a resource: a JSONPath.
        default: the value if the step doesn't make it.
    """

    __slots__ = ("_default", "name", "owner_step", "path")

    def __init__(
        self, name: str, owner_step: Node | None = None, type: Any = str, *, path: str | None = None, default: Any = MISSING
    ) -> None:
        super().__init__(type)
        if not re.fullmatch(r"[-\w]+", name, re.ASCII):
            raise DefinitionError(f"'{name}' can't be the name of a value", "use letters, digits, - and _", Origin.of_author())
        _check_default(f"value '{name}'", self.type, default)
        self.name, self.owner_step, self.path, self._default = name, owner_step, path, default

    @property
    def default(self) -> Any:
        """The default; MISSING if there is none."""
        return self._default

    def owned_by(self, step: Node) -> WorkflowParam:
        """The reference to this output of a step."""
        return WorkflowParam(self.name, step, self.type, path=self.path, default=self._default)

    def describe(self) -> str:
        """What messages call it."""
        return f"output '{self.name}' of step '{self.owner_step.name}'" if self.owner_step else f"value '{self.name}'"


class WorkflowInput(Value):
    """An input of the workflow, given when it is submitted.

    Args:
        name: of the input.
        default: without one it must be given; says the type, unless `type` does.
    """

    __slots__ = ("default", "description", "name")

    def __init__(self, name: str, default: Any = MISSING, *, type: Any = None, description: str | None = None) -> None:
        super().__init__(type or (str if default is MISSING or default is None else default.__class__))
        if not re.fullmatch(r"[-\w]+", name, re.ASCII):
            raise DefinitionError(f"'{name}' can't be the name of an input", "use letters, digits, - and _", Origin.of_author())
        _check_default(f"input '{name}'", self.type, default)
        self.name, self.default, self.description = name, default, description

    def describe(self) -> str:
        """What messages call it."""
        return f"workflow input '{self.name}'"


class Item(Value):
    """What a loop's function is given: the item of this turn."""

    __slots__ = ("loop", "number")

    def __init__(self, loop: Node, number: int, type: str) -> None:
        super().__init__(type)
        self.loop, self.number = loop, number

    def describe(self) -> str:
        """What messages call it."""
        return f"the item of loop '{self.loop.name}'"


class Carried(Value):
    """What a while-loop's function is given: a value that the iteration before has left."""

    __slots__ = ("loop", "name")

    def __init__(self, loop: Node, name: str, type: str) -> None:
        super().__init__(type)
        self.loop, self.name = loop, name

    def describe(self) -> str:
        """What messages call it."""
        return f"value '{self.name}' of loop '{self.loop.name}'"


class RunFact(Value):
    """Something about the run: `name`, `namespace`, `created`; at its end also `status`, `failures`, `duration`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        super().__init__("json" if name == "failures" else "text")
        self.name = name

    def describe(self) -> str:
        """What messages call it."""
        return f"the {self.name} of the run"


class Part(Value):
    """An element of a JSON value."""

    __slots__ = ("key", "of")

    def __init__(self, of: Value, key: str | int) -> None:
        super().__init__("json")
        self.of, self.key = of, key

    def describe(self) -> str:
        """What messages call it."""
        return f"[{self.key!r}] of {self.of.describe()}"


class First(Value):
    """The first of several values that exists."""

    __slots__ = ("of",)

    def __init__(self, of: tuple[Value, ...]) -> None:
        types = {value.type for value in of}
        super().__init__(types.pop() if len(types) == 1 else "json")
        self.of = of

    def describe(self) -> str:
        """What messages call it."""
        return "the first of " + ", ".join(value.describe() for value in self.of)


def first_of(*values: Value) -> First:
    """The first of some values that exists: the output of whichever branch ran."""
    if not values:
        raise DefinitionError("first_of() has no values", "give it the outputs of the branches", Origin.of_author())
    return First(values)


class _RunFacts:
    """Facts about the run, as values: `run.name` in an argument is the run's name."""

    name = property(lambda _: RunFact("name"))
    namespace = property(lambda _: RunFact("namespace"))
    created = property(lambda _: RunFact("created"))
    status = property(lambda _: RunFact("status"))
    failures = property(lambda _: RunFact("failures"))
    duration = property(lambda _: RunFact("duration"))


run = _RunFacts()


class Condition:
    """A condition that the run will test: made by comparing values, joined by &, | and ~."""

    __slots__ = ("kind", "origin", "parts")

    def __init__(self, kind: str, parts: tuple[Any, ...]) -> None:
        self.kind, self.parts = kind, parts
        self.origin = Origin.of_author()

    def __and__(self, other: Condition | Value) -> Condition:
        return Condition("all", (self, as_condition(other)))

    def __or__(self, other: Condition | Value) -> Condition:
        return Condition("any", (self, as_condition(other)))

    def __rand__(self, other: Condition | Value) -> Condition:
        return as_condition(other) & self

    def __ror__(self, other: Condition | Value) -> Condition:
        return as_condition(other) | self

    def __invert__(self) -> Condition:
        return Condition("not", (self,))

    def __eq__(self, other: object) -> NoReturn:
        cure = "use the condition itself, or ~ for its opposite"
        raise DefinitionError("a condition is no value, and can't be compared", cure, Origin.of_author())

    __ne__ = __eq__
    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        cure = "use @when(…), &, | and ~ for and, or and not, and (0 < x) & (x < 5) for 0 < x < 5"
        raise DefinitionError(
            "a condition is known only when the workflow runs, and can't be tested by Python", cure, Origin.of_author()
        )


def as_condition(found: object) -> Condition:
    """A condition, or a bool value as one.

    Raises:
        DefinitionError: it is neither; a plain bool was most likely compared by Python itself.
    """
    if isinstance(found, Condition):
        return found
    if isinstance(found, Value):
        return found.is_true()
    cure = "compare an output or input of the workflow, such as step.output.a == 1"
    raise DefinitionError(f"a condition can't be {found!r}, which Python knows already", cure, Origin.of_author())


def compare(value: Value, op: str, other: object) -> Condition:
    """The condition that two values compare so.

    Raises:
        DefinitionError: they are of types that never compare.
    """
    if isinstance(other, Value):
        theirs = other.type
    elif other is None or isinstance(other, bool | int | float | str | list | dict):
        theirs = "json" if other is None or isinstance(other, list | dict) else type_name(other.__class__)
    else:
        raise DefinitionError(
            f"{value.describe()} can't be compared with {other!r}", "compare it with JSON", Origin.of_author()
        )
    if not _comparable(value.type, theirs):
        cure = f"declare type={theirs} where it is declared" if value.type == "text" else f"compare it with a {value.type}"
        raise DefinitionError(
            f"{value.describe()} is {value.type}, and never equals the {theirs} {other!r}", cure, Origin.of_author()
        )
    return Condition("compare", (value, op, other))


def _comparable(one: str, other: str) -> bool:
    numbers = {"int", "float"}
    return one == other or "json" in (one, other) or {one, other} <= numbers


def _check_default(what: str, type: str, default: Any) -> None:
    kinds = {"int": int, "float": int | float, "bool": bool}
    if default is MISSING or default is None or type not in kinds:
        return
    if not isinstance(default, kinds[type]) or (type != "bool" and isinstance(default, bool)):
        cure = f"give {'an' if type == 'int' else 'a'} {type}, or another type"
        raise DefinitionError(f"the default of {what}, {default!r}, is no {type}", cure, Origin.of_author())


def type_name(type: Any) -> str:
    """The model's name of a type that an author gives."""
    if isinstance(type, str) and type in _NAMES:
        return _NAMES[type]
    try:
        return _TYPES[type]
    except (KeyError, TypeError):
        raise DefinitionError(
            f"{type!r} is no type of values", 'use str, int, float, bool or "json"', Origin.of_author()
        ) from None


def split_marks(text: str) -> list[str | Value]:
    """The parts of a text that was made with values in it: f"a {value} b" → ["a ", value, " b"]."""
    parts = _MARK.split(text)
    return [_marked[int(part)] if number % 2 else part for number, part in enumerate(parts) if number % 2 or part]


def has_marks(text: str) -> bool:
    """Whether a text was made with values in it."""
    return "\ue000" in text and _MARK.search(text) is not None
