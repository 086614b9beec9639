"""The table of settings, and where each value is looked for: flag, environment, file beside the DAGs, Airflow, default."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from airflow_argo.diagnostics import InputError, Origin

FILE_NAME = "airflow-argo.toml"
ENVIRONMENT_PREFIX = "AIRFLOW_ARGO_"
AIRFLOW_SECTION = "argo"
QUEUES = "queues"
QUEUE_FIELDS = frozenset(
    {"nodeSelector", "tolerations", "affinity", "serviceAccountName", "priorityClassName", "schedulerName", "resources"}
)
"""What a queue may say of the pods of its tasks: where they run, with what, and as whom."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting: its name, default, and what it is for.

    Attributes:
        per_task: a task may have its own.
        number: a whole number over 0 is a choice as well, as a number or as text; yes and no may be true and false.
    """

    name: str
    default: str | None
    help: str
    choices: tuple[str, ...] = ()
    per_task: bool = True
    number: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting("image", "python:3.12-slim", "image of bash and Python tasks; it needs Python 3.8 or later, and bash"),
    Setting("airflow_image", None, "image of tasks that need Airflow itself (default: apache/airflow of the version in use)"),
    Setting("image_pull_policy", None, "when nodes pull images", ("Always", "IfNotPresent", "Never")),
    Setting("namespace", None, "namespace of the workflows", per_task=False),
    Setting("service_account", None, "service account of the pods"),
    Setting("image_pull_secret", None, "name of the Secret that nodes pull images with", per_task=False),
    Setting("variables_secret", "airflow-variables", "name of the Secret with Airflow's Variables, a key each"),
    Setting("connections_secret", "airflow-connections", "name of the Secret with Airflow's Connections, a key each"),
    Setting("airflow_secret", None, "name of a Secret whose keys are further environment variables of tasks that need Airflow"),
    Setting(
        "pools_config_map", None, "name of the ConfigMap with the sizes of Airflow's pools, a key each (default: no limits)"
    ),
    Setting(
        "dags_folder",
        None,
        "folder of all DAGs, whose modules they import (default: Airflow's)",
        per_task=False,
    ),
    Setting("placeholders", "no", "stand for Variables and Connections that aren't known", ("yes", "no"), per_task=False),
    Setting("port", "no", "read DAG files as written for Airflow 1.10 or 2", ("yes", "no"), per_task=False),
    Setting(
        "xcom_artifacts",
        "no",
        "let values of more than so many bytes travel as artifacts, where Argo has a repository for them; yes is what fits",
        ("yes", "no"),
        number=True,
    ),
    Setting("dags_in_image", None, "folder of the DAG files in the Airflow image (default: they travel with the workflow)"),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from, for `airflow-argo config`."""

    kind: str
    place: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.place}".rstrip()


class UnknownSetting(InputError):
    """Something sets what is no setting."""

    def __init__(self, name: str, at: Origin | None, *, where: str = "") -> None:
        near = get_close_matches(name, _BY_NAME, 1)
        cure = f"did you mean '{near[0]}'?" if near else f"settings are: {', '.join(_BY_NAME)}"
        super().__init__(f"there is no setting '{name}'{where}", cure, at)


@dataclass(frozen=True, slots=True)
class Settings:
    """A value for each setting, and where it comes from.

    Attributes:
        queues: what pods of tasks of a queue get, by its name: fields of Kubernetes' pod spec.
    """

    values: Mapping[str, str | None]
    sources: Mapping[str, Source]
    queues: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str | None:
        return self.values[name]

    def required(self, name: str) -> str:
        """The value of a setting that always has one."""
        value = self.values[name]
        assert value is not None, f"setting '{name}' has a default"
        return value

    @property
    def ports(self) -> bool:
        """Whether DAG files are read as written for Airflow 1.10 or 2."""
        return self.values["port"] == "yes"

    @property
    def has_placeholders(self) -> bool:
        """Whether something stands for Variables and Connections that DAG files read and that aren't known."""
        return self.values["placeholders"] == "yes"

    def overridden(self, own: Mapping[str, Any], source: Source) -> Settings:
        """These settings with some of a task's own.

        Raises:
            UnknownSetting: one isn't a setting, or not one of tasks.
            InputError: a value isn't one that the setting may have.
        """
        for name in own:
            if name not in _BY_NAME or not _BY_NAME[name].per_task:
                raise UnknownSetting(name, None, where=f" of tasks, in {source}")
        given = {name: checked(name, value, str(source)) for name, value in own.items()}
        return replace(self, values={**self.values, **given}, sources={**self.sources, **dict.fromkeys(given, source)})


def checked(name: str, value: Any, where: str) -> str:
    """The value, if the setting may have it.

    Raises:
        InputError: it may not.
    """
    setting, given = _BY_NAME[name], value
    choices = setting.choices
    if setting.number:
        if isinstance(value, int):
            value = ("no", "yes")[value] if isinstance(value, bool) else str(value)
        if isinstance(value, str) and value.isascii() and value.isdecimal() and int(value) > 0:
            return value
    if not isinstance(value, str) or not value or (choices and value not in choices):
        or_number = ", or a whole number" if setting.number else ""
        cure = f"use one of: {', '.join(choices)}{or_number}" if choices else "use a text"
        raise InputError(f"setting '{name}' is {given!r} in {where}", cure)
    return value


def load_settings(
    beside: Path | None = None,
    flags: Mapping[str, str | None] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """The settings for the DAGs of a file or folder.

    Args:
        beside: the file or folder; `airflow-argo.toml` is looked for there, then in the folders above.
        flags: what the command line says; None is not said.
    """
    found: dict[str, tuple[str | None, Source]] = {setting.name: (setting.default, Source("default")) for setting in SETTINGS}
    file = _file(beside)
    tables = _toml(file) if file else {}
    layers = (_from_airflow(), _from_file(tables, file), _from_environment(environment), _from_flags(flags or {}))
    for layer in layers:
        found |= layer
    values = {name: value for name, (value, _) in found.items()}
    return Settings(values, {name: source for name, (_, source) in found.items()}, queues_of(tables, file))


_Layer = dict[str, tuple["str | None", Source]]


def _from_flags(flags: Mapping[str, str | None]) -> _Layer:
    given = {name: value for name, value in flags.items() if value is not None and name in _BY_NAME}
    return {name: (checked(name, value, "flags"), Source("flag", _flag(name))) for name, value in given.items()}


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _from_environment(environment: Mapping[str, str]) -> _Layer:
    layer: _Layer = {}
    for name in _BY_NAME:
        variable = ENVIRONMENT_PREFIX + name.upper()
        if environment.get(variable):
            layer[name] = (checked(name, environment[variable], variable), Source("environment", variable))
    return layer


def _from_file(tables: Mapping[str, Any], path: Path | None) -> _Layer:
    layer: _Layer = {}
    for name, value in tables.items():
        if name == QUEUES:
            continue
        if name not in _BY_NAME:
            raise UnknownSetting(name, Origin(str(path)))
        layer[name] = (checked(name, value, str(path)), Source("file", str(path)))
    return layer


def queues_of(tables: Mapping[str, Any], path: Path | None) -> dict[str, dict[str, Any]]:
    """The tables `[queues.NAME]` of a settings file, if there is one.

    Raises:
        InputError: one isn't a table, or has a field that no queue can have.
    """
    found = tables.get(QUEUES, {})
    at = Origin(str(path))
    if not isinstance(found, dict) or not all(isinstance(table, dict) for table in found.values()):
        raise InputError("queues are no tables", "write [queues.NAME], and fields of a pod below it", at)
    for name, table in found.items():
        unknown = sorted(table.keys() - QUEUE_FIELDS)
        if unknown:
            raise InputError(f"queue '{name}' has no field '{unknown[0]}'", f"use: {', '.join(sorted(QUEUE_FIELDS))}", at)
    return found


def _file(beside: Path | None) -> Path | None:
    start = (beside or Path()).resolve()
    folders = [start, *start.parents] if start.is_dir() else list(start.parents)
    return next((file for folder in folders if (file := folder / FILE_NAME).is_file()), None)


def _toml(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return dict(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"this is no TOML: {error}", 'write name = "value" lines', Origin(str(path))) from None


def _from_airflow() -> _Layer:
    """Airflow's own configuration, section [argo], in a process that has Airflow already."""
    if "airflow.configuration" not in sys.modules:
        return {}
    from airflow.configuration import conf

    in_environment = any(name.startswith(f"AIRFLOW__{AIRFLOW_SECTION.upper()}__") for name in os.environ)
    if not in_environment and not conf.has_section(AIRFLOW_SECTION):
        return {}
    layer: _Layer = {}
    for name in _BY_NAME:
        value = conf.get(AIRFLOW_SECTION, name, fallback=None)
        if value:
            layer[name] = (checked(name, value, "Airflow's configuration"), Source("airflow", f"[{AIRFLOW_SECTION}] {name}"))
    return layer
