"""Values of every type between tasks: what arrives, and what can't be passed on."""

from collections import Counter, OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pendulum
from airflow.sdk import DAG, task

Pair = namedtuple("Pair", "x y")


@dataclass
class Point:
    x: int
    y: str = "y"


class Color(Enum):
    RED = 1


class Word(str, Enum):
    RED = "red"


class Number(IntEnum):
    ONE = 1


class Text(str):
    __slots__ = ()


class Stored:
    def serialize(self):
        return {"a": 1}


class Own:
    pass


def endless():
    found = []
    found.append(found)
    return found


DATES = {
    "naive": lambda: datetime(2024, 1, 2, 3, 4, 5, 6),  # noqa: DTZ001 - naive on purpose
    "utc": lambda: datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
    "zoned": lambda: datetime(2024, 7, 2, 3, 4, 5, tzinfo=ZoneInfo("Europe/Berlin")),
    "offset": lambda: datetime(2024, 7, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    "inside": lambda: [datetime(2024, 1, 2, tzinfo=timezone.utc), {"z": ZoneInfo("UTC")}],
    "pendulum": lambda: pendulum.datetime(2024, 1, 2, tz="Europe/Paris"),
    "pendulum_naive": lambda: pendulum.naive(2024, 1, 2),
    "pendulum_date": lambda: [pendulum.date(2024, 1, 2)],
}
"""They arrive as pendulum's, as Airflow gives them, where the image has pendulum."""

VALUES = {
    "none": lambda: None,
    "nested": lambda: {"a": [1, (2, {3}), None], 5: "k", None: 1, True: 2, 1.5: 3},
    "tuple": lambda: (1, "a"),
    "set": lambda: {1},
    "frozenset": lambda: frozenset([1]),
    "namedtuple": lambda: Pair(1, 2),
    "date": lambda: date(2024, 1, 2),
    "time": lambda: time(1, 2),
    "timedelta": lambda: timedelta(days=1, microseconds=5),
    "negative": lambda: timedelta(days=-1),
    "decimal": lambda: Decimal("1.10"),
    "whole_decimal": lambda: Decimal(5),
    "long_decimal": lambda: Decimal("12345678901234567890.123456789"),
    "fraction": lambda: Fraction(1, 3),
    "bytes": lambda: b"abc",
    "bytearray": lambda: bytearray(b"x"),
    "uuid": lambda: UUID(int=5),
    "zones": lambda: [pendulum.timezone("Europe/Paris"), pendulum.timezone(3600), pendulum.UTC],
    "zone": lambda: ZoneInfo("Europe/Berlin"),
    "timezone": lambda: timezone.utc,
    "nan": lambda: float("nan"),
    "infinity": lambda: [float("-inf")],
    "big": lambda: [10**15],
    "float": lambda: [1.0, 0.1 + 0.2, 1e22, -0.0],
    "whole_float": lambda: 1.0,
    "unicode": lambda: "\u00e9\u2713\U0001f600\u2028\x1b{{ds}}{{=1}}$(X)$$",
    "surrogate": lambda: "\ud800",
    "dataclass": lambda: Point(1),
    "enum": lambda: Color.RED,
    "word": lambda: Word.RED,
    "number": lambda: Number.ONE,
    "text": lambda: Text("x"),
    "stored": Stored,
    "own": Own,
    "ordered": lambda: OrderedDict(a=1),
    "default": lambda: defaultdict(list, a=[1]),
    "counter": lambda: Counter("aab"),
    "path": lambda: Path("/x"),
    "complex": lambda: 1j,
    "function": lambda: len,
    "generator": lambda: (x for x in [1]),
    "range": lambda: range(3),
    "keys": lambda: {"a": 1}.keys(),
    "empty": lambda: ["", False, 0, {}, []],
    "reserved": lambda: {"__classname__": "x"},
    "marked": lambda: {"__airflow_argo_type__": "tuple", "of": [1]},
    "node": lambda: {"$": "run", "name": "name"},
    "endless": endless,
}


def shown(value):
    kind = type(value).__name__
    if isinstance(value, datetime):
        return [kind, value.isoformat(), str(value.utcoffset()), type(value.tzinfo).__name__]
    if isinstance(value, (list, tuple)):
        return [kind, [shown(part) for part in value]]
    if isinstance(value, (set, frozenset)):
        return [kind, sorted(map(repr, value))]
    if isinstance(value, dict):
        return [kind, [[repr(key), shown(part)] for key, part in value.items()]]
    return [kind, repr(value)]


def value_of(name):
    return VALUES[name]()


def date_of(name):
    return DATES[name]()


def passed(names, give):
    for name in names:
        given = task(task_id=f"gives_{name}")(give)(name)
        task(task_id=f"gets_{name}")(shown)(given)


with DAG("values", schedule=None):
    passed(VALUES, value_of)

with DAG("dates", schedule=None):
    passed(DATES, date_of)
