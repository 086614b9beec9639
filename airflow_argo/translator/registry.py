"""Which function translates which operator: by the dotted name of its class, found along the class's bases.

A class that overrides what a translated base does is not translated as that base: `@task.bash` is a BashOperator whose command
is unknown until it runs. Other packages add operators by the entry point group `airflow_argo.operators`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_argo.diagnostics import AirflowArgoError
from airflow_argo.model.graph import Body

if TYPE_CHECKING:
    from airflow_argo.translator.context import TaskContext

ENTRY_POINTS = "airflow_argo.operators"

Translator = Callable[[Any, "TaskContext"], Body]
"""(operator, context) → the job, or the steps, that does what the operator does. What is left out it reports to the context."""

T = TypeVar("T", bound=Translator)

_translators: dict[str, Translator] = {}


class BrokenExtension(AirflowArgoError):
    """An installed package that adds operators can't be loaded."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name, self.reason = name, reason

    def __str__(self) -> str:
        return f"the extension '{self.name}' can't be loaded: {self.reason}; repair it, or remove its package"


def translates(*classes: str) -> Callable[[T], T]:
    """Decorator: the function translates operators of these classes, given by their dotted names."""

    def register(translator: T) -> T:
        for name in classes:
            _translators[name] = translator
        _translator_of.cache_clear()
        return translator

    return register


def translator_of(operator_class: type) -> Translator | None:
    """The translator of a class; None if there is none, or if the class does something else than the base that has one."""
    _load_all()
    return _translator_of(operator_class)


@cache
def _translator_of(operator_class: type) -> Translator | None:
    base = _translated_base(operator_class)
    return _own_translator(base) if base is not None and _behaves_like(operator_class, base) else None


def has_known_constructor(operator_class: type) -> bool:
    """Whether a class with a translator is made as its base that has one: another constructor may look at what it is given."""
    base: Any = _translated_base(operator_class)
    given: Any = operator_class
    return base is not None and inspect.unwrap(given.__init__) is inspect.unwrap(base.__init__)  # Airflow wraps each class's


def _translated_base(operator_class: type) -> type | None:
    return next((base for base in inspect.getmro(operator_class) if _own_translator(base) is not None), None)


def _own_translator(of: type) -> Translator | None:
    return _translators.get(f"{of.__module__}.{of.__qualname__}")


def _behaves_like(operator_class: Any, base: Any) -> bool:
    """Whether a class has all methods of a base of it, wherever in its bases they are defined, and renders the same."""
    mine, its = set(operator_class.template_fields), set(base.template_fields)
    if not mine >= its or (mine - its) & inspect.signature(base.__init__).parameters.keys():
        return False
    return all(
        _found(operator_class, name) is _found(base, name)
        for own in inspect.getmro(base)
        for name, value in vars(own).items()
        if (callable(value) or isinstance(value, property)) and not name.startswith("__") and name not in _HARMLESS
    )


def _found(of: type, name: str) -> Any:
    """What a class has under a name, itself or from a base; not called, as a property would be."""
    return next((vars(base)[name] for base in of.__mro__ if name in vars(base)), None)


_HARMLESS = frozenset({"dry_run", "get_python_source", "on_kill"})
"""Methods that don't decide how a task ends or what it returns. Nor does a constructor: what it sets is read off."""


@cache
def _load_all() -> None:
    from airflow_argo.translator import operators

    for module in pkgutil.iter_modules(operators.__path__):
        importlib.import_module(f"{operators.__name__}.{module.name}")
    for entry_point in entry_points(group=ENTRY_POINTS):
        _load_extension(entry_point)


def _load_extension(entry_point: EntryPoint) -> None:
    try:
        entry_point.load()
    except Exception as error:
        raise BrokenExtension(entry_point.name, f"{type(error).__name__}: {error}") from error
