"""Values: what a run will know, described before it runs. Frozen, comparable, and nothing is evaluated here.

A value is read where it is used: in a job's arguments, in a condition, as the items of a loop. Whoever compiles the model
decides how it travels.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any, Literal, TypeAlias

from airflow_argo.model.intervals import Intervals

Json: TypeAlias = Any
"""None, bool, int, float, str, or a list or dict of those with text as keys."""


class Type(str, Enum):
    """What a value's text stands for. A value compares and loops as what it is."""

    TEXT = "text"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Constant:
    """A value known now, kept as its JSON text so that it is hashable and prints the same each time."""

    json: str

    @classmethod
    def of(cls, value: Json) -> Constant:
        """The constant for a JSON value.

        Raises:
            TypeError: the value isn't JSON (a set, an object), or has a key that is no text.
            ValueError: the value is NaN or infinite, or contains itself.
        """
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=False)
        return cls(text)

    @property
    def value(self) -> Json:
        """The value itself, a new copy each time."""
        return json.loads(self.json)

    @property
    def type(self) -> Type:
        """The type of a value that was written into the program."""
        return type_of(self.value)


NULL = Constant("null")


@dataclass(frozen=True, slots=True)
class Input:
    """An input of the workflow: given when it is submitted, else its default."""

    name: str
    type: Type = Type.TEXT


@dataclass(frozen=True, slots=True)
class Overridable:
    """An input, or what the member `key` of another one, an object, says instead where that has it."""

    of: Input
    by: Input
    key: str

    @property
    def type(self) -> Type:
        """What overrides may be anything."""
        return Type.JSON


@dataclass(frozen=True, slots=True)
class Output:
    """An output of a step, of the graph that reads it or of one around it.

    Attributes:
        step: the step's id.
        name: the output's name; of a loop: of each item's outputs, and the value is the list of them, in item order.
        default: what stands for it if the step didn't produce it; without one, whoever reads it is skipped then.
        unlisted: of a loop that reports: a list of one value is that value, an empty one is absent.
        sparse: of a loop that reports: the list has an element for each item, for one that gave nothing a mark of its own.
        keyed: of a step that reports: all that it gave under keys, key → base64 of JSON, or null. Its name means nothing then.
    """

    step: str
    name: str
    type: Type = Type.TEXT
    default: Constant | None = None
    unlisted: bool = False
    sparse: bool = False
    keyed: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """The item of an enclosing loop; `axis` names which of several lists it comes from."""

    loop: str
    axis: str = "item"
    type: Type = Type.JSON


@dataclass(frozen=True, slots=True)
class SameItem:
    """What the item of the same index gave, of another loop that reports and runs over as many items or more.

    Attributes:
        loop: the enclosing loop that reads it.
        of: the output of the other loop's items; its default stands for what one didn't give.
    """

    loop: str
    of: Output

    @property
    def type(self) -> Type:
        """That of the output."""
        return self.of.type


@dataclass(frozen=True, slots=True)
class Carried:
    """A value that an enclosing while-loop carries from an iteration to the next."""

    loop: str
    name: str
    type: Type = Type.TEXT


@dataclass(frozen=True, slots=True)
class RunFact:
    """Something about the run itself; `run_id` is Airflow's name for it, `now` the time at which the step begins, in UTC."""

    name: Literal["name", "namespace", "created", "status", "failures", "failed", "duration", "run_id", "now"]

    @property
    def type(self) -> Type:
        """All facts are text; `failures` is JSON, and `failed` a list of names of what failed, the last one at its end."""
        return Type.JSON if self.name in ("failures", "failed") else Type.TEXT


@dataclass(frozen=True, slots=True)
class RunDate:
    """A date of the run, as text: `format` by strftime, moved by `shift`. `%:S` is `%S`, and `.%f` too unless that is nothing.

    The moment of a run is the input `logical_date` where that is given, else the scheduled time, else the time of creation.

    Attributes:
        of: `logical_date`: the date that the run is for: of a scheduled run the start of its data interval. The ends of that
            interval. `run_after`: when the run was due.
        intervals: how the data interval follows from the moment; None: it is that moment.
    """

    format: str = "%Y-%m-%dT%H:%M:%S%z"
    shift: timedelta = timedelta(0)
    of: Literal["logical_date", "data_interval_start", "data_interval_end", "run_after"] = "logical_date"
    intervals: Intervals | None = None

    @property
    def type(self) -> Type:
        """Dates are text."""
        return Type.TEXT


@dataclass(frozen=True, slots=True)
class SecretText:
    """A text in a Secret. It reaches a job as an environment variable, and is never in a manifest or passed between steps.

    Attributes:
        absent: what stands for it if the Secret doesn't have it; without one that fails the job.
    """

    secret: str
    key: str
    absent: Constant | None = None

    @property
    def type(self) -> Type:
        """Secrets are text."""
        return Type.TEXT


@dataclass(frozen=True, slots=True)
class ContainerVariable:
    """What Kubernetes makes of `$(NAME)` in words and variables of a container: the variable's value, else that text."""

    name: str

    @property
    def type(self) -> Type:
        """Variables are text."""
        return Type.TEXT


@dataclass(frozen=True, slots=True)
class Member:
    """An element of a JSON value: by key of an object, by index of a list.

    Attributes:
        absent: what stands for one that isn't there.
        required: one that isn't there fails whoever reads it.
        attribute: in Python, an attribute of that name comes first.
    """

    of: Value
    key: str | int
    type: Type = Type.JSON
    absent: Constant = NULL
    required: bool = False
    attribute: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """Text with values put in; JSON is put in as JSON text, or as Python's str() where `python` is set.

    Attributes:
        only_texts: a value that is no text fails the job that puts it in.
        bare: a text that JSON holds is put in as that text, without quotes, as Argo does with the items of a loop.
    """

    parts: tuple[str | Value, ...]
    python: bool = False
    only_texts: bool = False
    bare: bool = False

    @property
    def type(self) -> Type:
        """Text is text."""
        return Type.TEXT


@dataclass(frozen=True, slots=True)
class Digest:
    """The first ten hexadecimal digits of a text's SHA-256: part of a name that is the same for the same text."""

    of: Value

    @property
    def type(self) -> Type:
        """Digits are text."""
        return Type.TEXT


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What Python makes of a text that is one of its literals; a text that is none, and what is no text, stay as they are."""

    of: Value

    @property
    def type(self) -> Type:
        """It may be anything."""
        return Type.JSON


@dataclass(frozen=True, slots=True)
class FirstOf:
    """The first of several values that exists: whichever branch ran."""

    of: tuple[Value, ...]

    @property
    def type(self) -> Type:
        """The common type of the values, JSON if they differ."""
        types = {value.type for value in self.of}
        return types.pop() if len(types) == 1 else Type.JSON


@dataclass(frozen=True, slots=True)
class Listing:
    """A list made of values."""

    of: tuple[Value, ...]

    @property
    def type(self) -> Type:
        """A list is JSON."""
        return Type.JSON


@dataclass(frozen=True, slots=True)
class Record:
    """An object made of values."""

    of: tuple[tuple[str, Value], ...]

    @property
    def type(self) -> Type:
        """An object is JSON."""
        return Type.JSON


@dataclass(frozen=True, slots=True)
class Zipped:
    """Lists side by side, for a loop to run over: tuples, as many as the shortest list has elements.

    Attributes:
        fill: what stands for elements that a shorter list doesn't have, and for all of a dict; then there are as many as the
            longest has.
    """

    of: tuple[Value, ...]
    fill: Constant | None = None

    @property
    def type(self) -> Type:
        """A list is JSON."""
        return Type.JSON


@dataclass(frozen=True, slots=True)
class Concatenated:
    """Lists one behind the other, for a loop to run over."""

    of: tuple[Value, ...]

    @property
    def type(self) -> Type:
        """A list is JSON."""
        return Type.JSON


Value: TypeAlias = (
    Constant
    | Input
    | Overridable
    | Output
    | Item
    | SameItem
    | Carried
    | RunFact
    | RunDate
    | SecretText
    | ContainerVariable
    | Member
    | Text
    | Digest
    | Evaluated
    | FirstOf
    | Listing
    | Record
    | Zipped
    | Concatenated
)


def type_of(value: Json) -> Type:
    """The type of a JSON value: bool before int, since Python's True is an int."""
    match value:
        case bool():
            return Type.BOOL
        case int():
            return Type.INT
        case float():
            return Type.FLOAT
        case str():
            return Type.TEXT
        case _:
            return Type.JSON


def listing_of(parts: Sequence[Value]) -> Value:
    """A list of values: a constant if they all are."""
    if all(isinstance(part, Constant) for part in parts):
        return Constant.of([part.value for part in parts if isinstance(part, Constant)])
    return Listing(tuple(parts))


def record_of(fields: Sequence[tuple[str, Value]]) -> Value:
    """An object of values: a constant if they all are."""
    if all(isinstance(part, Constant) for _, part in fields):
        return Constant.of({key: part.value for key, part in fields if isinstance(part, Constant)})
    return Record(tuple(fields))


def parts_of(value: Value) -> tuple[Value, ...]:
    """The values that a value is made of, one level down."""
    match value:
        case Member(of=inner) | Digest(of=inner) | Evaluated(of=inner):
            return (inner,)
        case Text(parts=parts):
            return tuple(part for part in parts if not isinstance(part, str))
        case FirstOf(of=inner) | Listing(of=inner) | Zipped(of=inner) | Concatenated(of=inner):
            return inner
        case Record(of=fields):
            return tuple(inner for _, inner in fields)
        case _:
            return ()


def sources_of(value: Value) -> tuple[Value, ...]:
    """The values at the bottom: outputs, inputs, items, facts. In the order of reading, repeats kept."""
    inner = parts_of(value)
    if not inner:
        return (value,)
    return tuple(source for part in inner for source in sources_of(part))
