"""What expr-lang refuses before it runs an expression: unknown names, operands and arguments that can't fit.

Types are known of literals, of built-ins, and of the first level of the environment; the rest shows when it runs.
Source: expr-lang, checker/checker.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from airflow_argo.argo.expr import nodes as ast
from airflow_argo.argo.expr.builtins import BUILTINS
from airflow_argo.argo.expr.builtins.function import ArgumentsRefused, Function
from airflow_argo.argo.expr.errors import ExprError, UnsupportedExpression
from airflow_argo.argo.expr.natures import (
    ARRAY,
    BOOL,
    BYTES,
    FLOAT,
    INT,
    MAP,
    NIL,
    STRING,
    UNKNOWN,
    Nature,
    array_of,
)
from airflow_argo.argo.expr.operation_types import RULES, OperandsRefused
from airflow_argo.argo.golang.regexp import RegexpError, compile_regexp
from airflow_argo.argo.golang.signatures import ANY, Signature, signature
from airflow_argo.argo.golang.values import Unsupported


def check(source: str, node: ast.Node, environment: Mapping[str, Nature]) -> Nature:
    """The type of an expression's value.

    Args:
        source: the expression, for errors.
        node: its tree.
        environment: the types of the names that it may use.
    Raises:
        ExprError: the expression can't be right, whatever the values.
    """
    return _Checker(source, environment).visit(node)


class _Mismatch(Exception):
    """A function doesn't take these arguments."""

    def __init__(self, error: ExprError) -> None:
        super().__init__(error)
        self.error = error


@dataclass(slots=True)
class _Closure:
    """A predicate that is being checked: what it runs over, and which `#name` it has."""

    collection: Nature
    pointers: Mapping[str, Nature] = field(default_factory=dict)


class _Checker:
    def __init__(self, source: str, environment: Mapping[str, Nature]) -> None:
        self.source = source
        self.environment = environment
        self.variables: list[tuple[str, Nature]] = []
        self.closures: list[_Closure] = []

    def error(self, node: ast.Node, fault: str) -> ExprError:
        return ExprError(fault, self.source, node.at)

    def visit(self, node: ast.Node) -> Nature:
        return _VISITORS[type(node)](self, node)

    # --- names and literals

    def identifier(self, node: ast.Identifier) -> Nature:
        for name, nature in reversed(self.variables):
            if name == node.name:
                return nature
        if node.name == "$env":
            return UNKNOWN
        if node.name in self.environment:
            return self.environment[node.name]
        if node.name in BUILTINS:
            return Nature(BUILTINS[node.name].value_type)
        raise self.error(node, f"unknown name {node.name}")

    def pointer(self, node: ast.Pointer) -> Nature:
        if not self.closures:
            raise self.error(node, "cannot use pointer accessor outside predicate")
        closure = self.closures[-1]
        if not node.name:
            return UNKNOWN if closure.collection.is_unknown else closure.collection.element()
        if node.name in closure.pointers:
            return closure.pointers[node.name]
        raise self.error(node, f"unknown pointer #{node.name}")

    def let(self, node: ast.Let) -> Nature:
        for names, what in ((self.environment, ""), (BUILTINS, "builtin "), (dict(self.variables), "variable ")):
            if node.name in names:
                raise self.error(node, f"cannot redeclare {what}{node.name}")
        value = self.visit(node.value)
        self.variables.append((node.name, value))
        body = self.visit(node.body)
        self.variables.pop()
        return body

    def array(self, node: ast.Array) -> Nature:
        natures = [self.visit(item) for item in node.items]
        if len({nature.kind for nature in natures}) > 1:
            return ARRAY
        return array_of(natures[-1] if natures else UNKNOWN)

    def map(self, node: ast.Map) -> Nature:
        for pair in node.pairs:
            self.visit(pair)
        return MAP

    def pair(self, node: ast.Pair) -> Nature:
        self.visit(node.key)
        self.visit(node.value)
        return NIL

    # --- control

    def sequence(self, node: ast.Sequence) -> Nature:
        return [self.visit(part) for part in node.nodes][-1]

    def conditional(self, node: ast.Conditional) -> Nature:
        condition = self.visit(node.condition)
        if not condition.is_bool and not condition.is_unknown:
            raise self.error(node.condition, f"non-bool expression (type {condition}) used as condition")
        then, otherwise = self.visit(node.then), self.visit(node.otherwise)
        if then.nil or otherwise.nil:
            return then if otherwise.nil else otherwise
        if not then.assignable_to(otherwise):
            return UNKNOWN
        if then.is_array and otherwise.is_array:
            one, other = then.element(), otherwise.element()
            if not (one.assignable_to(other) and other.assignable_to(one)):
                return ARRAY
        return then

    # --- operators

    def unary(self, node: ast.Unary) -> Nature:
        operand = self.visit(node.operand)
        if node.operator in ("!", "not"):
            if operand.is_bool or operand.is_unknown:
                return BOOL
        elif operand.is_number:
            return operand
        elif operand.is_unknown:
            return UNKNOWN
        raise self.error(node, f"invalid operation: {node.operator} (mismatched type {operand})")

    def binary(self, node: ast.Binary) -> Nature:
        """Left operands nest as deep as a chain of operators is long: they are taken in a loop."""
        chain = [node]
        while isinstance(chain[-1].left, ast.Binary):
            chain.append(chain[-1].left)
        left = self.visit(chain[-1].left)
        for link in reversed(chain):
            left = self.operation(link, left, self.visit(link.right))
        return left

    def operation(self, node: ast.Binary, left: Nature, right: Nature) -> Nature:
        if node.operator == "matches" and isinstance(node.right, ast.String):
            self.pattern(node, node.right.value)
        try:
            result = RULES[node.operator](left, right)
        except OperandsRefused as refusal:
            raise self.error(node, str(refusal)) from None
        if result is None:
            raise self.error(node, f"invalid operation: {node.operator} (mismatched types {left} and {right})")
        return result

    def pattern(self, node: ast.Binary, pattern: str) -> None:
        try:
            compile_regexp(pattern)
        except RegexpError as error:
            raise self.error(node, str(error)) from None
        except Unsupported as unsupported:
            raise UnsupportedExpression(str(unsupported), self.source, node.at) from None

    # --- members

    def chain(self, node: ast.Chain) -> Nature:
        return self.visit(node.chained)

    def member(self, node: ast.Member) -> Nature:
        name = node.name.value if isinstance(node.name, ast.String) else None
        if isinstance(node.of, ast.Identifier) and node.of.name == "$env":
            return self.environment_member(node, name)
        base = self.visit(node.of)
        key = self.visit(node.name)
        if base.is_unknown:
            return UNKNOWN
        if name is not None:
            if base.nil:
                raise self.error(node, f"type nil has no field {name}")
            if (method := base.method(name)) is not None:
                return method
        if base.is_map:
            if not key.assignable_to(base.key()) and not key.is_unknown:
                raise self.error(node.name, f"cannot use {key} to get an element from {base}")
            return base.element()
        if base.is_array:
            if not key.is_integer and not key.is_unknown:
                raise self.error(node.name, f"array elements can only be selected using an integer (got {key})")
            return base.element()
        if name is not None:
            if (known := base.field(name)) is not None:
                return known
            shown = Nature(base.type.lstrip("*")) if base.type else base
            raise self.error(node, f"type {shown} has no {'method' if node.method else 'field'} {name}")
        raise self.error(node, f"type {base}[{key}] is undefined")

    def environment_member(self, node: ast.Member, name: str | None) -> Nature:
        if name is None:
            return UNKNOWN
        if name in self.environment:
            return self.environment[name]
        if node.optional:
            return UNKNOWN
        raise self.error(node, f"unknown name {name}")

    def slice(self, node: ast.Slice) -> Nature:
        nature = self.visit(node.of)
        if nature.is_unknown:
            return UNKNOWN
        if not nature.is_string and not nature.is_array:
            raise self.error(node, f"cannot slice {nature}")
        for end in (node.start, node.stop):
            if end is None:
                continue
            index = self.visit(end)
            if not index.is_integer and not index.is_unknown:
                raise self.error(end, f"non-integer slice index {index}")
        return nature

    # --- calls

    def call(self, node: ast.Call) -> Nature:
        if isinstance(node.callee, ast.Identifier) and node.callee.name == "$env":
            raise self.error(node, f"{MAP} is not callable")
        callee = self.visit(node.callee)
        if callee.is_unknown:
            return UNKNOWN
        name = _called_name(node.callee)
        if callee.nil:
            raise self.error(node, f"{name} is nil; cannot call nil as function")
        if callee.kind != "func":
            raise self.error(node, f"{callee} is not callable")
        assert callee.type is not None
        try:
            return self.arguments(name, signature(callee.type), node.arguments, node)
        except _Mismatch as mismatch:
            raise mismatch.error from None

    def arguments(self, name: str, function: Signature, arguments: tuple[ast.Node, ...], node: ast.Node) -> Nature:
        """The type of a call's result; a fault within an argument is raised as such, before one of the call.

        Raises:
            _Mismatch: the function doesn't take these arguments.
        """
        if not function.results:
            raise _Mismatch(self.error(node, f"func {name} doesn't return value"))
        if len(function.results) > 2:
            raise _Mismatch(self.error(node, f"func {name} returns more then two values"))
        fixed = len(function.params) - function.variadic
        if len(arguments) < fixed or (len(arguments) > fixed and not function.variadic):
            for argument in arguments:
                self.visit(argument)
            how = "not enough" if len(arguments) < fixed else "too many"
            raise _Mismatch(self.error(node, f"{how} arguments to call {name}"))
        for position, argument in enumerate(arguments):
            self.argument(name, argument, Nature(function.param(position)))
        return Nature(function.results[0])

    def argument(self, name: str, node: ast.Node, wanted: Nature) -> None:
        given = self.visit(node)
        if given.is_integer and wanted.is_number:
            return
        if given.nil:
            if wanted.kind not in ("ptr", "interface"):
                raise _Mismatch(self.error(node, f"cannot use nil as argument (type {wanted}) to call {name}"))
        elif not given.assignable_to(wanted) and not given.is_unknown:
            raise _Mismatch(self.error(node, f"cannot use {given} as argument (type {wanted}) to call {name} "))

    def builtin(self, node: ast.Builtin) -> Nature:
        checker = _PREDICATES.get(node.name)
        if checker is not None:
            return checker(self, node)
        if node.name == "get":
            return self.get(node)
        return self.function(BUILTINS[node.name], node)

    def function(self, function: Function, node: ast.Builtin) -> Nature:
        if function.validate is not None:
            natures = [self.visit(argument) for argument in node.arguments]
            types = [None if nature.nil else ANY if nature.is_unknown else nature.type for nature in natures]
            try:
                return Nature(function.validate(types))
            except ArgumentsRefused as refusal:
                raise self.error(node, str(refusal)) from None
        refused = self.error(node, f"no matching overload for {node.name}")
        for overload in function.overloads:
            result = self.overload(node, overload)
            if isinstance(result, Nature):
                return result
            refused = result
        raise refused

    def overload(self, node: ast.Builtin, overload: str) -> Nature | ExprError:
        try:
            return self.arguments(node.name, signature(overload), node.arguments, node)
        except _Mismatch as mismatch:
            return mismatch.error

    def get(self, node: ast.Builtin) -> Nature:
        if len(node.arguments) != 2:
            raise self.error(node, f"invalid number of arguments (expected 2, got {len(node.arguments)})")
        of, name = node.arguments
        base, key = self.visit(of), self.visit(name)
        if isinstance(of, ast.Identifier) and of.name == "$env":
            return self.environment.get(name.value, UNKNOWN) if isinstance(name, ast.String) else UNKNOWN
        if base.is_unknown:
            return UNKNOWN
        if base.is_array:
            if not key.is_integer and not key.is_unknown:
                raise self.error(name, f"non-integer slice index {key}")
            return base.element()
        if base.is_map:
            if not key.assignable_to(base.key()) and not key.is_unknown:
                raise self.error(name, f"cannot use {key} to get an element from {base}")
            return base.element()
        raise self.error(of, f"type {base} does not support indexing")

    # --- built-ins that take a closure

    def collection(self, node: ast.Builtin) -> Nature:
        nature = self.visit(node.arguments[0])
        if not nature.is_array and not nature.is_unknown:
            raise self.error(node.arguments[0], f"builtin {node.name} takes only array (got {nature})")
        return nature

    @contextmanager
    def _inside(self, closure: _Closure) -> Any:
        self.closures.append(closure)
        yield
        self.closures.pop()

    def inside(self, collection: Nature, **pointers: Nature) -> AbstractContextManager[None]:
        return self._inside(_Closure(collection, pointers))

    def closure(self, node: ast.Builtin, collection: Nature, **pointers: Nature) -> Nature:
        """The type of what the closure gives; a closure that can only give nil is refused."""
        with self.inside(collection, **pointers):
            body = self.visit(node.arguments[1])
        if body.nil:
            raise self.error(node.arguments[1], _NIL_CLOSURE.get(node.name, _NIL_CLOSURE[""]))
        return body

    def predicate(self, node: ast.Predicate) -> Nature:
        return self.visit(node.body)

    def condition(self, node: ast.Builtin) -> Nature:
        """Check a closure that says yes or no; gives the type of the list that it runs over."""
        collection = self.collection(node)
        answer = self.closure(node, collection)
        if not answer.is_bool and not answer.is_unknown:
            raise self.error(node.arguments[1], f"predicate should return boolean (got {answer})")
        return collection

    def quantifier(self, node: ast.Builtin) -> Nature:
        self.condition(node)
        return BOOL

    def filter(self, node: ast.Builtin) -> Nature:
        collection = self.condition(node)
        return ARRAY if collection.is_unknown else array_of(collection.element())

    def find(self, node: ast.Builtin) -> Nature:
        collection = self.condition(node)
        return UNKNOWN if collection.is_unknown else collection.element()

    def find_index(self, node: ast.Builtin) -> Nature:
        self.condition(node)
        return INT

    def mapping(self, node: ast.Builtin) -> Nature:
        return array_of(self.closure(node, self.collection(node), index=INT))

    def count(self, node: ast.Builtin) -> Nature:
        if len(node.arguments) == 1:
            self.collection(node)
        else:
            self.condition(node)
        return INT

    def sum(self, node: ast.Builtin) -> Nature:
        collection = self.collection(node)
        if len(node.arguments) == 2:
            return Nature(self.closure(node, collection).type or ANY)
        return UNKNOWN if collection.is_unknown else collection.element()

    def group_by(self, node: ast.Builtin) -> Nature:
        collection = self.collection(node)
        self.closure(node, collection)
        return Nature("map[interface {}][]interface {}")

    def sort_by(self, node: ast.Builtin) -> Nature:
        collection = self.collection(node)
        with self.inside(collection):
            key = self.visit(node.arguments[1])
        if len(node.arguments) == 3:
            order = self.visit(node.arguments[2])
            if not order.is_string and not order.is_unknown:
                raise self.error(node.arguments[2], f"sortBy order argument must be a string (got {order})")
        if key.nil:
            raise self.error(node.arguments[1], _NIL_CLOSURE[""])
        return collection

    def reduce(self, node: ast.Builtin) -> Nature:
        collection = self.collection(node)
        body = self.closure(node, collection, index=INT, acc=UNKNOWN)
        if len(node.arguments) == 3:
            self.visit(node.arguments[2])
        return body


_NIL_CLOSURE = {
    "": "predicate should has one input and one output param",
    "reduce": "predicate should has two input and one output param",
    "sum": "cannot use func(interface {}) as argument (type func(interface {}) bool) to call sum ",
}
"""What is said of a closure that can only give nil."""

_PREDICATES: dict[str, Callable[[_Checker, ast.Builtin], Nature]] = {
    **dict.fromkeys(("all", "none", "any", "one"), _Checker.quantifier),
    "filter": _Checker.filter,
    "map": _Checker.mapping,
    "count": _Checker.count,
    "sum": _Checker.sum,
    **dict.fromkeys(("find", "findLast"), _Checker.find),
    **dict.fromkeys(("findIndex", "findLastIndex"), _Checker.find_index),
    "groupBy": _Checker.group_by,
    "sortBy": _Checker.sort_by,
    "reduce": _Checker.reduce,
}


def _literal(nature: Nature) -> Callable[[_Checker, Any], Nature]:
    return lambda _checker, _node: nature


_VISITORS: dict[type, Callable[[_Checker, Any], Nature]] = {
    ast.Nil: _literal(NIL),
    ast.Integer: _literal(INT),
    ast.Float: _literal(FLOAT),
    ast.Bool: _literal(BOOL),
    ast.String: _literal(STRING),
    ast.Bytes: _literal(BYTES),
    ast.Identifier: _Checker.identifier,
    ast.Pointer: _Checker.pointer,
    ast.Let: _Checker.let,
    ast.Array: _Checker.array,
    ast.Map: _Checker.map,
    ast.Pair: _Checker.pair,
    ast.Sequence: _Checker.sequence,
    ast.Conditional: _Checker.conditional,
    ast.Unary: _Checker.unary,
    ast.Binary: _Checker.binary,
    ast.Chain: _Checker.chain,
    ast.Member: _Checker.member,
    ast.Slice: _Checker.slice,
    ast.Call: _Checker.call,
    ast.Builtin: _Checker.builtin,
    ast.Predicate: _Checker.predicate,
}


def _called_name(callee: ast.Node) -> str:
    if isinstance(callee, ast.Identifier):
        return callee.name
    if isinstance(callee, ast.Member) and isinstance(callee.name, ast.String):
        return callee.name.value
    return "function"
