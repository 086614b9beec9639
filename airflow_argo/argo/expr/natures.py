"""What is known of a value's type before an expression runs. Source: expr-lang, checker/nature."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_argo.argo.expr.methods import METHODS
from airflow_argo.argo.golang.signatures import ANY, element_type, key_type, kind_of
from airflow_argo.argo.golang.values import STRUCT_FIELDS, type_name

_INTEGERS = frozenset(("int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "uintptr"))
_FLOATS = frozenset(("float32", "float64"))
_NILABLE = frozenset(("ptr", "interface", "func", "map", "slice"))


@dataclass(frozen=True, slots=True)
class Nature:
    """A type, as far as it is known.

    Attributes:
        type: the Go type; None if unknown.
        nil: it is nil.
        of: what is inside a list, if more is known than the type says.
    """

    type: str | None = None
    nil: bool = False
    of: Nature | None = None

    def __str__(self) -> str:
        return self.type or "unknown"

    @property
    def kind(self) -> str:
        """Go's kind of the type; "" if unknown."""
        if self.type is None:
            return ""
        return "struct" if self.type in STRUCT_FIELDS else kind_of(self.type)

    @property
    def is_unknown(self) -> bool:
        """Nothing is known of the value."""
        return (self.type is None and not self.nil) or self.type == ANY

    @property
    def is_integer(self) -> bool:
        """One of Go's plain integer types."""
        return self.type in _INTEGERS

    @property
    def is_number(self) -> bool:
        """One of Go's plain number types."""
        return self.type in _INTEGERS or self.type in _FLOATS

    @property
    def is_bool(self) -> bool:
        """A bool."""
        return self.type == "bool"

    @property
    def is_string(self) -> bool:
        """A string."""
        return self.type == "string"

    @property
    def is_time(self) -> bool:
        """A time.Time."""
        return self.type == "time.Time"

    @property
    def is_duration(self) -> bool:
        """A time.Duration."""
        return self.type == "time.Duration"

    @property
    def is_array(self) -> bool:
        """A list of any type."""
        return self.kind in ("slice", "array")

    @property
    def is_map(self) -> bool:
        """A map of any type."""
        return self.kind == "map"

    def element(self) -> Nature:
        """What is inside a list or map."""
        if self.of is not None and self.is_array:
            return self.of
        if self.type is not None and self.kind in ("slice", "array", "map", "ptr"):
            return Nature(element_type(self.type))
        return UNKNOWN

    def key(self) -> Nature:
        """What a map's keys are."""
        return Nature(key_type(self.type)) if self.type is not None and self.is_map else UNKNOWN

    def method(self, name: str) -> Nature | None:
        """The function type of a method."""
        found = METHODS.get(self.type or "", {}).get(name)
        return Nature(found.signature) if found else None

    def field(self, name: str) -> Nature | None:
        """The type of a struct's field."""
        found = STRUCT_FIELDS.get(self.type or "", {}).get(name)
        return Nature(found) if found else None

    def assignable_to(self, other: Nature) -> bool:
        """Whether a value of this type may be passed where the other is asked for."""
        if self.nil and other.kind in _NILABLE:
            return True
        if self.type is None or other.type is None:
            return False
        return self.type == other.type or other.type == ANY

    def comparable_to(self, other: Nature) -> bool:
        """Whether `==` makes sense."""
        return (
            self.is_unknown
            or other.is_unknown
            or self.nil
            or other.nil
            or (self.is_number and other.is_number)
            or (self.is_array and other.is_array)
            or self.assignable_to(other)
        )


UNKNOWN = Nature()
NIL = Nature(nil=True)
BOOL = Nature("bool")
INT = Nature("int")
FLOAT = Nature("float64")
STRING = Nature("string")
BYTES = Nature("[]uint8")
ARRAY = Nature("[]interface {}")
MAP = Nature("map[string]interface {}")
TIME = Nature("time.Time")
DURATION = Nature("time.Duration")


def array_of(nature: Nature) -> Nature:
    """A list of which the items are known."""
    return Nature(ARRAY.type, of=nature)


def nature_of(value: object) -> Nature:
    """The type of a value of the environment."""
    return NIL if value is None else Nature(type_name(value))
