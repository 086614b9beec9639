"""From a checked tree and an environment to a value. Source: expr-lang, compiler/compiler.go and vm/vm.go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from airflow_argo.argo.expr import nodes as ast
from airflow_argo.argo.expr import operators
from airflow_argo.argo.expr.builtins import BUILTINS
from airflow_argo.argo.expr.builtins.lists import sorted_by
from airflow_argo.argo.expr.errors import ExprError, UnsupportedExpression
from airflow_argo.argo.expr.operators import as_bool, as_text
from airflow_argo.argo.golang.regexp import RegexpError, compile_regexp
from airflow_argo.argo.golang.signatures import ANY, kind_of, signature
from airflow_argo.argo.golang.values import (
    AnyMap,
    GoFunction,
    IntSlice,
    Panic,
    UInt8,
    Unsupported,
    is_nil,
    type_name,
)

MEMORY_BUDGET = 1_000_000
"""How many items the lists and texts of one evaluation may have in all (expr-lang, conf.DefaultMemoryBudget)."""

GROUPS = "map[interface {}][]interface {}"


class _ChainBroken(Exception):
    pass


@dataclass(slots=True)
class _Frame:
    """A closure that is running: what it runs over, where it is, and what it has gathered."""

    items: list[Any]
    index: int = 0
    accumulator: Any = None

    def visit(self, positions: range | None = None) -> Iterator[int]:
        """Go from item to item, from the first unless told otherwise; `index` is at the current one."""
        for position in range(len(self.items)) if positions is None else positions:
            self.index = position
            yield position


def run(source: str, node: ast.Node, environment: Mapping[str, Any]) -> Any:
    """The value of an expression.

    Args:
        source: the expression, for errors.
        node: its tree, checked and optimized.
        environment: the names that it may use.
    Raises:
        ExprError: a value is of a type or out of a range that an operation can't take.
    """
    return _Evaluation(source, environment).value(node)


class _Evaluation:
    def __init__(self, source: str, environment: Mapping[str, Any]) -> None:
        self.source = source
        self.environment = environment
        self.variables: list[tuple[str, Any]] = []
        self.frames: list[_Frame] = []
        self.memory = 0

    def value(self, node: ast.Node) -> Any:
        try:
            return _EVALUATORS[type(node)](self, node)
        except Panic as panic:
            raise self.error(node, panic) from None

    def error(self, node: ast.Node, panic: Panic) -> ExprError:
        kind = UnsupportedExpression if isinstance(panic, Unsupported) else ExprError
        return kind(str(panic), self.source, node.at)

    def grow(self, size: int) -> None:
        self.memory += size
        if self.memory >= MEMORY_BUDGET:
            raise Panic("memory budget exceeded")

    # --- names and literals

    def literal(self, node: ast.Integer | ast.Float | ast.Bool | ast.String | ast.Bytes) -> Any:
        return node.value

    def nil(self, _: ast.Nil) -> None:
        return None

    def identifier(self, node: ast.Identifier) -> Any:
        for name, value in reversed(self.variables):
            if name == node.name:
                return value
        if node.name == "$env":
            return self.environment
        return self.environment.get(node.name)

    def pointer(self, node: ast.Pointer) -> Any:
        frame = self.frames[-1]
        if node.name == "index":
            return frame.index
        if node.name not in ("", "acc"):
            raise Panic(f"unknown pointer {node.name}")
        return frame.accumulator if node.name else frame.items[frame.index]

    def let(self, node: ast.Let) -> Any:
        self.variables.append((node.name, self.value(node.value)))
        result = self.value(node.body)
        self.variables.pop()
        return result

    def array(self, node: ast.Array) -> list[Any]:
        items = [self.value(item) for item in node.items]
        self.grow(len(items))
        return items

    def map(self, node: ast.Map) -> dict[str, Any]:
        pairs = [(self.value(pair.key), self.value(pair.value)) for pair in node.pairs]
        self.grow(len(pairs))
        entries: dict[str, Any] = {}
        for key, value in reversed(pairs):
            entries[as_text(key)] = value
        return entries

    # --- control

    def sequence(self, node: ast.Sequence) -> Any:
        return [self.value(part) for part in node.nodes][-1]

    def conditional(self, node: ast.Conditional) -> Any:
        return self.value(node.then if as_bool(self.value(node.condition)) else node.otherwise)

    # --- operators

    def unary(self, node: ast.Unary) -> Any:
        operand = self.value(node.operand)
        if node.operator in ("!", "not"):
            return not as_bool(operand)
        return operators.negate(operand) if node.operator == "-" else operand

    def binary(self, node: ast.Binary) -> Any:
        """Left operands nest as deep as a chain of operators is long: they are taken in a loop."""
        chain = [node]
        while isinstance(chain[-1].left, ast.Binary):
            chain.append(chain[-1].left)
        left = self.value(chain[-1].left)
        for link in reversed(chain):
            left = self.link(link, left)
        return left

    def link(self, node: ast.Binary, left: Any) -> Any:
        try:
            return self.operation(node, left)
        except Panic as panic:
            raise self.error(node, panic) from None

    def operation(self, node: ast.Binary, left: Any) -> Any:
        operator = node.operator
        if operator in ("&&", "and"):
            return self.value(node.right) if as_bool(left) else False
        if operator in ("||", "or"):
            return True if as_bool(left) else self.value(node.right)
        if operator == "??":
            return self.value(node.right) if is_nil(left) else left
        right = self.value(node.right)
        if operator == "..":
            return self.range(left, right)
        return _OPERATIONS[operator](left, right)

    def range(self, first: Any, last: Any) -> IntSlice:
        numbers = operators.integer_range(first, last)
        self.grow(max(0, numbers.stop - numbers.start))
        return IntSlice(numbers)

    def string_set(self, node: ast.StringSet) -> dict[str, None]:
        return dict.fromkeys(node.values)

    # --- members

    def chain(self, node: ast.Chain) -> Any:
        try:
            value = self.value(node.chained)
        except _ChainBroken:
            return None
        return None if is_nil(value) else value

    def member(self, node: ast.Member) -> Any:
        of = self.value(node.of)
        if node.optional and is_nil(of):
            raise _ChainBroken
        return operators.fetch(of, self.value(node.name))

    def slice(self, node: ast.Slice) -> Any:
        of = self.value(node.of)
        stop = operators.length(of) if node.stop is None else self.value(node.stop)
        start = 0 if node.start is None else self.value(node.start)
        return operators.cut(of, start, stop)

    # --- calls

    def call(self, node: ast.Call) -> Any:
        arguments = [self.value(argument) for argument in node.arguments]
        return call_function(self.value(node.callee), arguments)

    def builtin(self, node: ast.Builtin) -> Any:
        with_closure = _PREDICATES.get(node.name)
        if with_closure is not None:
            return self.over_items(node, with_closure)
        function = BUILTINS[node.name]
        result = function.call([self.value(argument) for argument in node.arguments])
        if function.grows:
            self.grow(operators.length(result))
        return result

    def over_items(self, node: ast.Builtin, run_closure: Callable[[_Evaluation, ast.Builtin, _Frame], Any]) -> Any:
        frame = _Frame(items_of(self.value(node.arguments[0])))
        self.frames.append(frame)
        try:
            return run_closure(self, node, frame)
        finally:
            self.frames.pop()

    # --- built-ins that take a closure

    def predicate(self, node: ast.Predicate) -> Any:
        return self.value(node.body)

    def answers(self, node: ast.Builtin, frame: _Frame) -> Iterator[Any]:
        """What the closure gives for each item; `frame.index` is at the item meanwhile."""
        for _ in frame.visit():
            yield self.value(node.arguments[1])

    def hits(self, node: ast.Builtin, frame: _Frame) -> Iterator[int]:
        """The positions of the items for which the closure is true; without a closure, of those that are true."""
        given = self.answers(node, frame) if len(node.arguments) > 1 else self.each(frame)
        return (frame.index for answer in given if as_bool(answer))

    def each(self, frame: _Frame) -> Iterator[Any]:
        return (frame.items[position] for position in frame.visit())

    def all(self, node: ast.Builtin, frame: _Frame) -> bool:
        return all(as_bool(answer) for answer in self.answers(node, frame))

    def none(self, node: ast.Builtin, frame: _Frame) -> bool:
        return not self.any(node, frame)

    def any(self, node: ast.Builtin, frame: _Frame) -> bool:
        return any(True for _ in self.hits(node, frame))

    def one(self, node: ast.Builtin, frame: _Frame) -> bool:
        return sum(1 for _ in self.hits(node, frame)) == 1

    def filter(self, node: ast.Builtin, frame: _Frame) -> list[Any]:
        kept = [frame.items[position] for position in self.hits(node, frame)]
        self.grow(len(kept))
        return kept

    def mapping(self, node: ast.Builtin, frame: _Frame) -> list[Any]:
        results = list(self.answers(node, frame))
        self.grow(len(results))
        return results

    def count(self, node: ast.Builtin, frame: _Frame) -> int:
        total = 0
        for _ in self.hits(node, frame):
            total += 1
            if total == node.threshold:
                break
        return total

    def sum(self, node: ast.Builtin, frame: _Frame) -> Any:
        total: Any = 0
        for term in self.answers(node, frame) if len(node.arguments) > 1 else self.each(frame):
            total = operators.add(term, total)
        return total

    def find(self, node: ast.Builtin, frame: _Frame) -> Any:
        position = self.find_index(node, frame)
        if position is not None:
            return frame.items[position]
        if node.throws:
            raise Panic("reflect: slice index out of range")
        return None

    def find_index(self, node: ast.Builtin, frame: _Frame) -> int | None:
        if node.name.startswith("findLast"):
            backwards = frame.visit(range(len(frame.items) - 1, -1, -1))
            return next((position for position in backwards if as_bool(self.value(node.arguments[1]))), None)
        return next(self.hits(node, frame), None)

    def group_by(self, node: ast.Builtin, frame: _Frame) -> AnyMap:
        groups = AnyMap(type_name=GROUPS)
        for key in self.answers(node, frame):
            group = groups.get(key)
            if group is None:
                group = groups[key] = []
            group.append(frame.items[frame.index])
        return groups

    def sort_by(self, node: ast.Builtin, frame: _Frame) -> list[Any]:
        order = self.value(node.arguments[2]) if len(node.arguments) > 2 else "asc"
        if not isinstance(order, str):
            raise Panic("sortBy order argument must be a string")
        if order not in ("asc", "desc"):
            raise Panic("unknown order, use asc or desc")
        keys = list(self.answers(node, frame))
        self.grow(len(keys))
        return sorted_by(frame.items, keys, descending=order == "desc")

    def reduce(self, node: ast.Builtin, frame: _Frame) -> Any:
        start = 0
        if len(node.arguments) > 2:
            frame.accumulator = self.value(node.arguments[2])
        elif frame.items:
            frame.accumulator, start = frame.items[0], 1
        else:
            raise Panic("reduce of empty array with no initial value")
        for _ in frame.visit(range(start, len(frame.items))):
            frame.accumulator = self.value(node.arguments[1])
        return frame.accumulator


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operators.equal,
    "!=": lambda left, right: not operators.equal(left, right),
    **{symbol: partial(operators.compare, symbol) for symbol in ("<", ">", "<=", ">=")},
    "+": operators.add,
    "-": operators.subtract,
    "*": operators.multiply,
    "/": operators.divide,
    "%": operators.modulo,
    "**": operators.power,
    "^": operators.power,
    "in": operators.contains,
}


def _text_operation(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    """An operator on two texts that is false if one is nil."""

    def run_test(left: Any, right: Any) -> bool:
        if is_nil(left) or is_nil(right):
            return False
        return test(as_text(left), as_text(right))

    return run_test


def _matches(left: Any, right: Any) -> bool:
    if is_nil(left) or is_nil(right):
        return False
    try:
        pattern = compile_regexp(as_text(right))
    except RegexpError as error:
        raise Panic(str(error)) from None
    text = operators.go_text(left) if isinstance(left, bytes) else left
    if not isinstance(text, str):
        raise Panic(f"interface conversion: interface {{}} is {type_name(left)}, not []uint8")
    return pattern.search(text) is not None


_OPERATIONS |= {
    "matches": _matches,
    "contains": _text_operation(lambda text, part: part in text),
    "startsWith": _text_operation(lambda text, part: text.startswith(part)),
    "endsWith": _text_operation(lambda text, part: text.endswith(part)),
}

_PREDICATES: dict[str, Callable[[_Evaluation, ast.Builtin, _Frame], Any]] = {
    "all": _Evaluation.all,
    "none": _Evaluation.none,
    "any": _Evaluation.any,
    "one": _Evaluation.one,
    "filter": _Evaluation.filter,
    "map": _Evaluation.mapping,
    "count": _Evaluation.count,
    "sum": _Evaluation.sum,
    **dict.fromkeys(("find", "findLast"), _Evaluation.find),
    **dict.fromkeys(("findIndex", "findLastIndex"), _Evaluation.find_index),
    "groupBy": _Evaluation.group_by,
    "sortBy": _Evaluation.sort_by,
    "reduce": _Evaluation.reduce,
}

_EVALUATORS: dict[type, Callable[[_Evaluation, Any], Any]] = {
    **dict.fromkeys((ast.Integer, ast.Float, ast.Bool, ast.String, ast.Bytes), _Evaluation.literal),
    ast.Nil: _Evaluation.nil,
    ast.Identifier: _Evaluation.identifier,
    ast.Pointer: _Evaluation.pointer,
    ast.Let: _Evaluation.let,
    ast.Array: _Evaluation.array,
    ast.Map: _Evaluation.map,
    ast.Sequence: _Evaluation.sequence,
    ast.Conditional: _Evaluation.conditional,
    ast.Unary: _Evaluation.unary,
    ast.Binary: _Evaluation.binary,
    ast.StringSet: _Evaluation.string_set,
    ast.Chain: _Evaluation.chain,
    ast.Member: _Evaluation.member,
    ast.Slice: _Evaluation.slice,
    ast.Call: _Evaluation.call,
    ast.Builtin: _Evaluation.builtin,
    ast.Predicate: _Evaluation.predicate,
}


def items_of(value: Any) -> list[Any]:
    """What a closure runs over: a list, or the bytes of a text."""
    if isinstance(value, list):
        return value
    if isinstance(value, (str, bytes)):
        return [UInt8(byte) for byte in (operators.go_bytes(value) if isinstance(value, str) else value)]
    if isinstance(value, Mapping):
        if value:
            raise Panic("reflect: call of reflect.Value.Index on map Value")
        return []
    shown = "zero" if value is None else kind_of(type_name(value))
    raise Panic(f"reflect: call of reflect.Value.Len on {shown} Value")


_ZERO: dict[str, object] = {
    "string": "",
    "bool": False,
    "float64": 0.0,
    **dict.fromkeys(("int", "int64", "uint64"), 0),
}


def call_function(function: Any, arguments: list[Any]) -> Any:
    """Call a function value as Go's reflection does: the types must fit, nil is the zero value of its type.

    Raises:
        Panic: it is no function, or the arguments don't fit, or the function fails.
    """
    if function is None:
        raise Panic("invalid operation: cannot call nil")
    if not isinstance(function, GoFunction):
        raise Panic(f"invalid operation: cannot call non-function of type {type_name(function)}")
    wanted = signature(function.signature)
    fixed = len(wanted.params) - wanted.variadic
    if len(arguments) < fixed or (len(arguments) > fixed and not wanted.variadic):
        least = "at least " if wanted.variadic else ""
        raise Panic(f"invalid number of arguments: expected {least}{fixed}, got {len(arguments)}")
    given = [_passed(argument, wanted.param(position)) for position, argument in enumerate(arguments)]
    return function.call(*given)


def _passed(argument: Any, wanted: str) -> Any:
    if wanted == ANY:
        return argument
    if argument is None:
        return _ZERO.get(wanted)
    given = type_name(argument)
    if given != wanted:
        raise Panic(f"reflect: Call using {given} as type {wanted}")
    return argument
