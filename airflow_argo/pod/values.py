"""Values as they travel between tasks: base64 of JSON, in which the Python types that JSON lacks are marked.

What can travel, and as what it arrives, is as in Airflow. Source: airflow.sdk.serde. A mark is `{TYPE: kind, "of": …}`.
"""

from __future__ import annotations

import base64
import enum
import json
import sys
import zlib
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from importlib import import_module
from io import BytesIO
from typing import Any, Callable, Dict, Optional, Tuple

from . import large
from .sequences import LazyXComSequence

TYPE = "__airflow_argo_type__"
CLASS, VERSION, DATA = "__classname__", "__version__", "__data__"
RESERVED = (CLASS, "__id__")
"""Keys that no dict may have in Airflow."""


class Stored:
    """A value of a class that Airflow stores and doesn't read again, as it is stored."""

    def __init__(self, of: Any) -> None:
        self.of = of


LARGE_MARK = '{"%s": "large", "of": ["' % TYPE
"""How the JSON begins that stands for a large value; what follows is the key of the artifact that has it."""

ABSENT = object()
"""Stands in the list of what a mapped task's instances gave for one that gave nothing."""

Json = Any


def decoded(text: str) -> Any:
    """The value of base64 of JSON."""
    return json.loads(base64.b64decode(text), object_hook=from_json)


def encoded(value: Any) -> str:
    """Base64 of the JSON of a value.

    Raises:
        TypeError: it is of a type that can't be passed between tasks.
        ValueError: it has a number or a text that JSON can't say: NaN, infinity, half of a surrogate pair.
    """
    text = json.dumps(to_json(value), allow_nan=False, ensure_ascii=False)
    return base64.b64encode(text.encode()).decode()


def mark_of(large_value: Json) -> str:
    """What stands for a value that is in an artifact: see `large`."""
    return base64.b64encode(json.dumps({TYPE: "large", "of": large_value}).encode()).decode()


def packed(text: str) -> str:
    """An encoded value, compressed."""
    of = base64.b64encode(zlib.compress(base64.b64decode(text), 9)).decode()
    return base64.b64encode(json.dumps({TYPE: "packed", "of": of}).encode()).decode()


def text_of(text: str) -> str:
    """The JSON text of an encoded value, compressed or in an artifact or as it is."""
    found = base64.b64decode(text).decode()
    mark = json.loads(found)
    kind = mark.get(TYPE) if isinstance(mark, dict) else None
    if kind == "large":
        return text_of(large.found(*mark["of"]))
    return unpacked(mark["of"]) if kind == "packed" else found


def unpacked(of: str) -> str:
    """The JSON text of a value that was compressed."""
    return zlib.decompress(base64.b64decode(of)).decode()


def to_json(value: Any) -> Json:
    """The value as JSON with marks."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, list):
        return [to_json(part) for part in value]
    if isinstance(value, dict):
        return _dict_to_json(value)
    if isinstance(value, Stored):
        return {TYPE: "airflow", "of": value.of}
    class_ = tuple if hasattr(value, "_asdict") and hasattr(value, "_fields") else type(value)
    write = WRITERS.get(f"{class_.__module__}.{class_.__qualname__}")
    if write is not None:
        kind, of = write(value)
        return {TYPE: kind, "of": of}
    if isinstance(value, (int, float, str)):
        return to_json(value.value) if isinstance(value, enum.Enum) else _plain(value)
    return _object_to_json(value)


def from_json(found: Dict[str, Any]) -> Any:
    """The value of a JSON object, whose parts are values already."""
    return READERS[found[TYPE]](found["of"]) if TYPE in found else found


def moment_of(text: str) -> datetime:
    """A date with time, of the class that Airflow has for it where the image knows it; one without a zone is UTC's."""
    try:
        import pendulum

        return pendulum.parse(text)  # type: ignore[return-value]
    except ImportError:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def _plain(value: Any) -> Any:
    """A number or a text without the subclass that it may be of."""
    if isinstance(value, str):
        return str.__str__(value)
    return int(value) if isinstance(value, int) else float(value)


def _dict_to_json(value: Dict[Any, Any]) -> Json:
    for name in RESERVED:
        if name in value:
            raise AttributeError(f"a dict with the key {name} can't be passed to another task")
    made = {str(key): to_json(part) for key, part in value.items()}
    return {TYPE: "dict", "of": list(map(list, made.items()))} if TYPE in made else made


def _object_to_json(value: Any) -> Json:
    """An object of a class that says how it is stored. Airflow reads it again only where its configuration allows the class."""
    if "airflow" in sys.modules:
        return {TYPE: "airflow", "of": _serde().serialize(value)}
    import dataclasses  # few tasks give such objects

    class_ = type(value)
    name = f"{class_.__module__}.{class_.__qualname__}"
    if hasattr(class_, "__pydantic_validator__"):
        stored, version = value.model_dump(mode="json"), 1
    elif hasattr(value, "serialize"):
        stored, version = value.serialize(), getattr(class_, VERSION, 0)
    elif dataclasses.is_dataclass(class_):
        stored, version = dataclasses.asdict(value), getattr(class_, VERSION, 0)
    elif hasattr(class_, "__attrs_attrs__"):
        fields = [field.name for field in class_.__attrs_attrs__ if field.init]
        stored, version = {field: getattr(value, field) for field in fields}, getattr(class_, VERSION, 0)
    else:
        raise TypeError(f"a value of type {name} can't be passed to another task")
    return {TYPE: "airflow", "of": {CLASS: name, VERSION: version, DATA: to_json(stored)}}


def _by_airflow(stored: Any) -> Any:
    """What Airflow makes of a stored value."""
    try:
        serde = _serde()
    except ImportError:
        name = stored.get(CLASS) if isinstance(stored, dict) else None
        raise ImportError(f"{name} was not found in allow list for deserialization imports") from None
    return serde.deserialize(stored)


def _serde() -> Any:
    """Airflow's module for values, wherever its version has it."""
    try:
        return import_module("airflow.sdk.serde")
    except ImportError:
        return import_module("airflow.serialization.serde")


# Times. Source: airflow.sdk.serde.serializers.datetime, timezone


def _write_datetime(value: datetime) -> Tuple[str, Json]:
    kind = "pendulum" if type(value).__module__.startswith("pendulum") else "datetime"
    if value.tzinfo is None:
        return kind, [value.isoformat(), None]
    zone = _zone(value.tzinfo)
    if zone is None:  # Airflow stores it, and fails to read it
        none = {CLASS: "builtins.tuple", VERSION: 1, DATA: ["", "", 0, False]}
        stored = {CLASS: "datetime.datetime", VERSION: 2, DATA: {"timestamp": value.timestamp(), "tz": none}}
        return "unreadable", stored
    return kind, [value.timestamp(), zone]


def _zone(found: tzinfo) -> Optional[str]:
    """The name by which a time zone is stored: a name, or seconds east of UTC."""
    offset = getattr(found, "offset", None)
    if isinstance(offset, int):  # pendulum's FixedTimezone
        return "UTC" if offset == 0 else str(offset)
    for attribute in ("key", "name", "zone"):
        if isinstance(getattr(found, attribute, None), str):
            return str(getattr(found, attribute))
    return "UTC" if found.utcoffset(None) == timedelta(0) else None


def _read_zone(name: str) -> tzinfo:
    """A time zone, of the class that Airflow has for it where the image knows it."""
    seconds = int(name) if name.lstrip("-").isdigit() else None
    try:
        import pendulum

        return pendulum.timezone(name if seconds is None else seconds)
    except ImportError:
        pass
    if seconds is not None:
        return timezone(timedelta(seconds=seconds))
    return timezone.utc if name == "UTC" else _read_zone_info(name)


def _read_zone_info(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def _read_datetime(of: Any) -> datetime:
    if of[1] is None:
        return datetime.fromisoformat(of[0])
    return datetime.fromtimestamp(of[0], _read_zone(of[1]))


def _read_pendulum(of: Any) -> datetime:
    """A pendulum.DateTime where the image knows it; one without a zone comes back with the machine's, as in Airflow."""
    found = _read_datetime(of)
    try:
        import pendulum
    except ImportError:
        return found
    return pendulum.DateTime.fromtimestamp(found.timestamp(), found.tzinfo)


def _read_pendulum_date(of: str) -> date:
    try:
        import pendulum

        return pendulum.Date.fromisoformat(of)
    except ImportError:
        return date.fromisoformat(of)


def _read_unreadable(stored: Any) -> Any:
    raise TypeError(f"Airflow can't read what it stored: {stored}")


def _read_pushed(of: Any) -> Any:
    """What a task gets that it fails without. Source: airflow.sdk.definitions.xcom_arg.PlainXComArg.resolve.

    Args:
        of: the value, the id of the task that gives it, and under which key.
    """
    if of[0] is None:
        raise LookupError(f"task '{of[1]}' has pushed nothing under the key '{of[2]}'")
    return of[0]


def _read_not_set(_of: Any) -> Any:
    """What an element is for which a zip has none. Source: airflow.sdk.definitions.xcom_arg.ZipXComArg."""
    try:
        return import_module("airflow.sdk.definitions._internal.types").NOTSET
    except ImportError:
        pass
    try:
        return import_module("airflow.utils.types").NOTSET
    except ImportError:
        raise LookupError("zip() of a dict without fillvalue gives NOTSET, which only Airflow knows: set fillvalue") from None


# Numbers and tables of libraries. Source: airflow.sdk.serde.serializers.numpy, pandas


def _write_numpy(value: Any) -> Tuple[str, Json]:
    name = type(value).__name__
    kind: Any = bool if name.startswith("bool") else int if "int" in name else float
    return "numpy", [name, kind(value)]


def _read_numpy(of: Any) -> Any:
    return getattr(import_module("numpy"), of[0])(of[1])


def _write_frame(value: Any) -> Tuple[str, Json]:
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    buffer = arrow.BufferOutputStream()
    parquet.write_table(arrow.Table.from_pandas(value), buffer, compression="snappy")
    return "pandas", buffer.getvalue().to_pybytes().hex()


def _read_frame(of: Any) -> Any:
    return import_module("pyarrow.parquet").read_table(BytesIO(bytes.fromhex(of))).to_pandas()


def _write_decimal(value: Decimal) -> Tuple[str, Json]:
    """Airflow stores digits behind the point as a float, and so loses some. Source: serializers.bignum."""
    exponent = value.as_tuple().exponent
    return "decimal", int(value) if isinstance(exponent, int) and exponent >= 0 else float(value)


def _sequence(kind: str) -> Callable[[Any], Tuple[str, Json]]:
    return lambda value: (kind, [to_json(part) for part in value])


_NUMPY = (
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "bool", "bool_"),
)

WRITERS: Dict[str, Callable[[Any], Tuple[str, Json]]] = {
    "builtins.tuple": _sequence("tuple"),
    "builtins.set": _sequence("set"),
    "builtins.frozenset": _sequence("frozenset"),
    "datetime.datetime": _write_datetime,
    "pendulum.datetime.DateTime": _write_datetime,
    "datetime.date": lambda value: ("date", value.isoformat()),
    "pendulum.date.Date": lambda value: ("pendulum date", value.isoformat()),
    "datetime.timedelta": lambda value: ("timedelta", value.total_seconds()),
    "decimal.Decimal": _write_decimal,
    "uuid.UUID": lambda value: ("uuid", str(value)),
    "zoneinfo.ZoneInfo": lambda value: ("zone", value.key),
    "pendulum.tz.timezone.FixedTimezone": lambda value: ("pendulum zone", _zone(value)),
    "pendulum.tz.timezone.Timezone": lambda value: ("pendulum zone", _zone(value)),
    "pandas.core.frame.DataFrame": _write_frame,
    "pandas.DataFrame": _write_frame,
    **{f"numpy.{name}": _write_numpy for name in _NUMPY},
    "airflow.sdk.execution_time.lazy_sequence.LazyXComSequence": _sequence("sequence"),
    "airflow.models.xcom.LazyXComSelectSequence": _sequence("list if any"),
}
"""A type's full name → what writes its values: (kind, JSON). Airflow's sequences are of arguments: no pod has one to give."""

READERS: Dict[str, Callable[[Any], Any]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "sequence": LazyXComSequence,
    "list if any": lambda of: of or None,
    "dict": dict,
    "datetime": _read_datetime,
    "pendulum": _read_pendulum,
    "date": date.fromisoformat,
    "pendulum date": _read_pendulum_date,
    "timedelta": lambda seconds: timedelta(seconds=seconds),
    "decimal": lambda of: Decimal(str(of)),
    "uuid": lambda of: import_module("uuid").UUID(of),
    "zone": _read_zone_info,
    "pendulum zone": _read_zone,
    "bytes": base64.b64decode,
    "parts of a timedelta": lambda of: timedelta(*of),
    "text of a decimal": Decimal,
    "numpy": _read_numpy,
    "pandas": _read_frame,
    "airflow": _by_airflow,
    "unreadable": _read_unreadable,
    "not set": _read_not_set,
    "pushed": _read_pushed,
    "absent": lambda _of: ABSENT,
    "large": lambda of: decoded(large.found(*of)),
    "packed": lambda of: json.loads(unpacked(of), object_hook=from_json),
}
"""A mark's kind → what makes the value again. Bytes, parts and texts are of arguments, of which Airflow keeps all."""
