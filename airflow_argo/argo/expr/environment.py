"""The environment that Argo gives its expressions: the variables as nested maps, and its functions on top.

Source: util/expr/env/env.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_argo.argo import gojson
from airflow_argo.argo.expr.builtins.numbers import to_float, to_int
from airflow_argo.argo.expr.jsonpath import jsonpath
from airflow_argo.argo.expr.operators import as_text
from airflow_argo.argo.expr.sprig import SPRIG
from airflow_argo.argo.golang.values import GoFunction, Panic
from airflow_argo.argo.scope import NestedView, Scope


def _to_json(value: object) -> str:
    """Compact, with `<`, `>` and `&` escaped, unlike the language's own toJSON."""
    try:
        return gojson.marshal(value)
    except gojson.UnsupportedJsonValue as error:
        raise Panic(str(error)) from None


def _jsonpath(text: object, selector: object) -> object:
    return jsonpath(as_text(text), as_text(selector))


ARGO_FUNCTIONS: dict[str, Any] = {
    "asInt": GoFunction("asInt", "func(interface {}) interface {}", to_int),
    "asFloat": GoFunction("asFloat", "func(interface {}) interface {}", to_float),
    "jsonpath": GoFunction("jsonpath", "func(string, string) interface {}", _jsonpath),
    "toJson": GoFunction("toJson", "func(interface {}) string", _to_json),
    "sprig": SPRIG,
}
"""What Argo adds to the language; a variable of the same name is hidden by it."""


class ArgoEnvironment(Mapping[str, Any]):
    """What an expression of Argo's may use, by name: `tasks`, `inputs`, …, and Argo's functions."""

    __slots__ = ("_variables",)

    def __init__(self, scope: Scope) -> None:
        self._variables: NestedView = scope.expanded()

    def __getitem__(self, name: str) -> Any:
        function = ARGO_FUNCTIONS.get(name)
        return self._variables[name] if function is None else function

    def __contains__(self, name: object) -> bool:
        return name in ARGO_FUNCTIONS or name in self._variables

    def __iter__(self) -> Iterator[str]:
        yield from ARGO_FUNCTIONS
        yield from (name for name in self._variables if name not in ARGO_FUNCTIONS)

    def get(self, name: str, default: Any = None) -> Any:
        """What stands under a name, or the default."""
        function = ARGO_FUNCTIONS.get(name)
        return self._variables.get(name, default) if function is None else function

    def __len__(self) -> int:
        return sum(1 for _ in self)


def argo_environment(variables: Scope | Mapping[str, object]) -> ArgoEnvironment:
    """The environment over a scope, or over a plain mapping of dotted keys."""
    return ArgoEnvironment(variables if isinstance(variables, Scope) else Scope(variables))


def has_variable(environment: Mapping[str, Any], path: str) -> bool:
    """Whether a dotted path exists; its last name may stand for nil (util/template, hasVarInEnv)."""
    if path in environment:
        return True
    current: Any = environment
    for name in path.split("."):
        if not isinstance(current, Mapping):
            return False
        current = current.get(name, _NOTHING)
        if current is _NOTHING:
            return False
    return True


_NOTHING = object()
