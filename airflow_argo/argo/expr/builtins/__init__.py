"""The functions of the language. Those that take a closure are run by the evaluator; the others are here."""

from __future__ import annotations

from airflow_argo.argo.expr.builtins import dates, lists, numbers, text
from airflow_argo.argo.expr.builtins.function import Function
from airflow_argo.argo.golang.values import Panic

_ITEM_PREDICATES = "all none any one filter map find findIndex findLast findLastIndex groupBy"

PREDICATE_ARGUMENTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_ITEM_PREDICATES.split(), ("value", "predicate")),
    **dict.fromkeys(("count", "sum"), ("value", "predicate?")),
    **dict.fromkeys(("sortBy", "reduce"), ("value", "predicate", "value?")),
}
"""Functions that take a closure, with their arguments; `?` marks an optional one."""


def _needs_closure(*_: object) -> object:
    raise Panic("a built-in that takes a closure can't be called as a value")


_PREDICATE_TYPES = {
    **dict.fromkeys(("all", "none", "any", "one"), "func([]interface {}, func(interface {}) bool) bool"),
    "filter": "func([]interface {}, func(interface {}) bool) []interface {}",
    "map": "func([]interface {}, func(interface {}) interface {}) []interface {}",
    **dict.fromkeys(("find", "findLast"), "func([]interface {}, func(interface {}) bool) interface {}"),
    **dict.fromkeys(("findIndex", "findLastIndex", "count", "sum"), "func([]interface {}, func(interface {}) bool) int"),
    "groupBy": "func([]interface {}, func(interface {}) interface {}) map[interface {}][]interface {}",
    "sortBy": "func([]interface {}, func(interface {}) bool, string) []interface {}",
    "reduce": ("func([]interface {}, func(interface {}, interface {}) interface {}, interface {}) interface {}"),
}

BUILTINS: dict[str, Function] = {
    function.name: function
    for function in (
        *(Function(name, _needs_closure, (_PREDICATE_TYPES[name],)) for name in PREDICATE_ARGUMENTS),
        *numbers.FUNCTIONS,
        *text.FUNCTIONS,
        *dates.FUNCTIONS,
        *lists.FUNCTIONS,
    )
}
"""Every function of the language by name."""
