"""What to do about an error with which a DAG file's import ends."""

from __future__ import annotations

import ast
import inspect
import os
import re
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from airflow_argo.diagnostics import InputError, Origin
from airflow_argo.translator.airflow_names import airflow_names
from airflow_argo.translator.dag_folders import folders_around
from airflow_argo.translator.parse_time import Read, reads_so_far, unknown_in
from airflow_argo.translator.sources import as_written, is_authors, is_porting, left_in, text_of
from airflow_argo.translator.value_files import how_to_give

_OF_TWO_PARTS = frozenset({"apache", "atlassian", "cncf", "common", "dbt", "microsoft"})
"""Parts of Airflow's providers' names after which another follows: `apache.spark`."""


_SHOWN: Final = 5
"""How many Variables and Connections a message names."""


def cure_of(error: Exception, file: Path) -> str:
    """What the author can do, in a few words."""
    unknown = unknown_in(error)
    if unknown is not None:
        return f"{how_to_give(*unknown)}; or see how far one gets with --placeholders"
    if isinstance(error, ImportError):
        return _cure_of_import(error, file)
    refused = refused_arguments(error)
    if refused is not None and not _is_to_be_ported(file):
        return "; ".join(_left_by(error, file, *refused.names)) or refused.cure
    if type(error).__name__ == "ParamValidationError" and "json-serializable" in str(error):
        return "params are JSON since Airflow 3: give a text, such as str(…) of a date"
    if refused is None and (cause := cause_of_placeholders(reads_so_far())):
        return cause
    if isinstance(error, FileNotFoundError) and error.filename is not None:
        relative = not Path(str(error.filename)).is_absolute()
        return "put it there" + (", or start in the folder from which Airflow finds it" if relative else "")
    if isinstance(error, KeyError) and (variable := _unset(error)):
        return f"the environment has no {variable}, which it reads: set it as Airflow's processes have it"
    if isinstance(error, AttributeError | TypeError | ValueError) and _is_to_be_ported(file):
        return f"if the file was written for an Airflow older than {airflow_names().version}, read it with --port"
    if refused is None and (others := _given_as("default", reads_so_far())):
        return f"it takes defaults for what isn't known here, and they may be why; {others}"
    return "it has to import without errors"


def cause_of_placeholders(reads: Sequence[Read]) -> str | None:
    """What to say of an error that placeholders may have caused; None if a file got none."""
    unknown = _given_as("placeholder", reads)
    return unknown and f"placeholders stand for what it reads, and may be why; {unknown}"


def _given_as(what: str, reads: Sequence[Read]) -> str:
    """How to give the Variables and Connections for which a file got something else; empty if there are none."""
    found = [read for read in reads if read.gave == what]
    more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return "; ".join([*(f"{one.kind} '{one.name}': {how_to_give(one.kind, one.name)}" for one in found[:_SHOWN]), *more])


def _unset(error: KeyError) -> str | None:
    """The variable that `os.environ[…]` was asked for, if that is the error."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    known = frames[-1].f_locals.get("self") if frames else None
    return str(error.args[0]) if known is os.environ and error.args else None


@dataclass(frozen=True, slots=True)
class Refused:
    """Arguments that a class doesn't take, such as those of an older Airflow or provider. Their values may be secrets."""

    of: str
    names: tuple[str, ...]
    takes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.of} takes no argument {' or '.join(repr(name) for name in self.names)}"

    @property
    def cure(self) -> str:
        """What to do about it."""
        takes = f": it takes {', '.join(self.takes)}" if self.takes else ""
        what, its = ("them", "their") if len(self.names) > 1 else ("it", "its")
        return f"take {what} out, or use what took {its} place{takes}"


_UNEXPECTED = re.compile(r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'")


def refused_arguments(error: Exception) -> Refused | None:
    """What a class refuses, if that is the error. Source: BaseOperator.__init__ of Airflow; Python's own calls."""
    if not isinstance(error, TypeError):
        return None
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    known = frames[-1].f_locals if frames else {}
    if str(error).startswith("Invalid arguments were passed to ") and "self" in known:
        operator = type(known["self"])
        return Refused(operator.__name__, tuple(map(str, known.get("kwargs", ()))), _own_arguments(operator))
    unexpected = _UNEXPECTED.search(str(error))
    return None if unexpected is None else Refused(unexpected[1], (unexpected[2],), ())


def _own_arguments(operator: type) -> tuple[str, ...]:
    """Arguments of an operator that not all of them take; those of its own author aside."""
    taken = {
        name: None
        for base in operator.__mro__
        if base.__name__ not in ("BaseOperator", "AbstractOperator", "object") and "__init__" in vars(base)
        for name, parameter in inspect.signature(vars(base)["__init__"]).parameters.items()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }
    common = [inspect.signature(vars(base)["__init__"]) for base in operator.__mro__ if base.__name__ == "BaseOperator"]
    of_all = {name for signature in common for name in signature.parameters}
    return tuple(name for name in taken if name not in of_all and not name.startswith("_"))


def _is_to_be_ported(file: Path) -> bool:
    """Whether a file would be read otherwise with --port."""
    if is_porting() or airflow_names().is_2:
        return False
    from airflow_argo.translator.porting import ported_text

    try:
        text = text_of(file)
        return ported_text(text, file).text != text
    except (OSError, SyntaxError, UnicodeDecodeError, InputError):
        return False


def where_in(error: Exception, file: Path) -> str:
    """The module of the author's that the error comes from, in brackets; nothing if that is the DAG file."""
    frames = _authors_frames(error)
    if not frames or frames[-1].filename == str(file):
        return ""
    return f" (in {as_written(Origin(frames[-1].filename, frames[-1].lineno))})"


def _authors_frames(error: Exception) -> list[traceback.FrameSummary]:
    """Where an error came by in the author's files, the last one last."""
    return [frame for frame in traceback.extract_tb(error.__traceback__) if is_authors(frame.filename)]


def missing_package(error: Exception, file: Path) -> str | None:
    """What is to be installed for a file's import: a provider of Airflow's, or whatever has the module; None if nothing is."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    if error.name.startswith("airflow.providers."):
        provider = _provider_of(_as_imported(error)[0])
        return None if _installed(provider) else provider
    top = error.name.split(".")[0]
    return None if top == "airflow" or next(_places_of(top, file), None) else top


def _cure_of_import(error: ImportError, file: Path) -> str:
    name = error.name or ""
    if name.split(".")[0] == "airflow":
        return _cure_of_airflows(error, file)
    is_missing = isinstance(error, ModuleNotFoundError) or "unknown location" in str(error)
    if is_missing and (place := next(_places_of(name.split(".")[0], file), None)) is not None:
        return f"there is one in {place}: put that folder on PYTHONPATH, where Airflow has it as well"
    if is_missing:
        return "install it beside Airflow; or, if it is yours, put its folder on PYTHONPATH"
    return "it has to import without errors"


def _cure_of_airflows(error: ImportError, file: Path) -> str:
    """For a module or name that this Airflow hasn't."""
    full, names = _as_imported(error)
    if left := _left_by(error, file, full, *names):
        return "; ".join(left)
    if full.startswith("airflow.providers."):
        provider = _provider_of(full)
        installed = _installed(provider)
        if installed is None:
            return f"pip install {provider}"
        otherwise = "" if is_porting() else "read the file with --port, or "
        return f"{provider} {installed}, which is installed, has none: {otherwise}import what took its place"
    if is_porting() or airflow_names().is_2:
        return f"Airflow {airflow_names().version} has none: import what took its place"
    return f"Airflow {airflow_names().version} has none: if the file was written for an older one, read it with --port"


def _left_by(error: Exception, file: Path, *names: str) -> list[str]:
    """What porting leaves to the author of the file that an error comes from, and that names something."""
    frames = _authors_frames(error)
    named = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in names))
    return list(dict.fromkeys(what for what in left_in(frames[-1].filename if frames else str(file)) if named.search(what)))


def _as_imported(error: ImportError) -> tuple[str, list[str]]:
    """The module of the statement that failed, of whose name the error may say a part, and the names that it asks for.

    Of `from airflow.providers.apache.spark.hooks import x` the error may be about `airflow.providers.apache`.
    """
    missing = error.name or ""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.lineno is None or frame.filename.startswith("<"):
            continue
        for module, names in _imported_at(frame.filename, frame.lineno):
            if module == missing or module.startswith(f"{missing}."):
                return module, names
    return missing, []


def _imported_at(path: str, line: int) -> Iterator[tuple[str, list[str]]]:
    try:
        tree = ast.parse(text_of(path))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom) or not node.lineno <= line <= (node.end_lineno or node.lineno):
            continue
        if isinstance(node, ast.ImportFrom):
            yield node.module or "", [alias.name for alias in node.names]
        else:
            yield from ((alias.name, []) for alias in node.names)


def _provider_of(module: str) -> str:
    """The distribution of a module of a provider of Airflow's."""
    parts = module.split(".")[2:]
    count = 2 if parts and parts[0] in _OF_TWO_PARTS else 1
    return "-".join(["apache-airflow-providers", *parts[:count]])


def _installed(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _places_of(top: str, file: Path) -> Iterator[Path]:
    """Folders around a file that have a module of that name, the nearest first."""
    if not re.fullmatch(r"\w+", top):
        return
    for folder in folders_around(file):
        package = folder / top
        if (folder / f"{top}.py").is_file() or (package.is_dir() and next(package.rglob("*.py"), None)):
            yield folder
