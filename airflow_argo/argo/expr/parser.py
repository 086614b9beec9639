"""From tokens to the syntax tree, by operator precedence. Source: expr-lang, parser/parser.go, parser/operator.

Python's stack limits how deep an expression may be nested; a chain of operators may be of any length.
"""

from __future__ import annotations

from functools import lru_cache

from airflow_argo.argo.expr import nodes as ast
from airflow_argo.argo.expr.builtins import BUILTINS, PREDICATE_ARGUMENTS
from airflow_argo.argo.expr.errors import ExprSyntaxError
from airflow_argo.argo.expr.nodes import NOWHERE, Span
from airflow_argo.argo.expr.tokens import Kind, Token, is_word_character, tokens
from airflow_argo.argo.golang.strconv import NumberSyntaxError, parse_float, parse_int, parse_prefixed_int

MAX_NODES = 10_000  # expr-lang, conf.DefaultMaxNodes
_UNARY = {"not": 50, "!": 50, "-": 90, "+": 90}
_BINARY = {
    "|": 0,
    **dict.fromkeys(("or", "||"), 10),
    **dict.fromkeys(("and", "&&"), 15),
    **dict.fromkeys(("==", "!=", "<", ">", ">=", "<=", "in", "matches", "contains", "startsWith", "endsWith"), 20),
    "..": 25,
    **dict.fromkeys(("+", "-"), 30),
    **dict.fromkeys(("*", "/", "%"), 60),
    **dict.fromkeys(("**", "^"), 100),
    "??": 500,
}
_RIGHT_ASSOCIATIVE = frozenset(("**", "^"))
_COMPARISONS = frozenset(("<", ">", ">=", "<="))
_NEGATABLE = frozenset(("contains", "matches", "startsWith", "endsWith", "in"))


def parse(source: str, overridden: frozenset[str] = frozenset()) -> ast.Node:
    """The tree of an expression; trees are kept, since Argo evaluates the same texts over and over.

    Args:
        source: the text.
        overridden: names of built-ins that the environment defines anew; a call of them is a call into the environment.
    Raises:
        ExprSyntaxError: the text is no expression, has more than 10,000 nodes, or is nested too deeply for Python.
    """
    try:
        return _parse(source, overridden)
    except RecursionError:
        raise ExprSyntaxError("the expression is nested too deeply", source) from None


@lru_cache(maxsize=4096)
def _parse(source: str, overridden: frozenset[str]) -> ast.Node:
    return _Parser(source, overridden).parse()


class _Parser:
    """One pass over the tokens; every method reads what its docstring's grammar line says."""

    def __init__(self, source: str, overridden: frozenset[str]) -> None:
        self.source = source
        self.overridden = overridden
        self.tokens = tokens(source)
        self.stashed: Token | None = None
        self.closures = 0
        self.nodes = 0
        self.current = next(self.tokens)

    def parse(self) -> ast.Node:
        """Sequence EOF."""
        node = self.sequence()
        if self.current.kind is not Kind.EOF:
            raise self.unexpected()
        return node

    # --- tokens

    def advance(self) -> Token:
        """Take the current token."""
        taken = self.current
        if self.stashed is not None:
            self.current, self.stashed = self.stashed, None
        else:
            token = next(self.tokens, None)
            if token is None:
                raise self.error("unexpected end of expression")
            self.current = token
        return taken

    def at(self, kind: Kind, *values: str) -> bool:
        return self.current.kind is kind and (not values or self.current.value in values)

    def expect(self, kind: Kind, *values: str) -> Token:
        if not self.at(kind, *values):
            raise self.unexpected()
        return self.advance()

    def error(self, fault: str, at: Span | None = None) -> ExprSyntaxError:
        return ExprSyntaxError(fault, self.source, at or self.current.at)

    def unexpected(self) -> ExprSyntaxError:
        return self.error(f"unexpected token {self.current}")

    def count_nodes(self, number: int = 1) -> None:
        self.nodes += number
        if self.nodes > MAX_NODES:
            raise self.error("compilation failed: expression exceeds maximum allowed nodes")

    # --- expressions

    def sequence(self) -> ast.Node:
        """Expression { ";" expression } [";"]."""
        first = self.expression()
        nodes = [first]
        while self.at(Kind.OPERATOR, ";"):
            self.advance()
            if self.at(Kind.EOF):
                break
            nodes.append(self.expression())
        if len(nodes) == 1:
            return first
        self.count_nodes()
        return ast.Sequence(tuple(nodes), at=first.at)

    def expression(self, precedence: int = 0) -> ast.Node:
        """Let | if | operand { operator operand } [ "?" expression ":" expression ]."""
        if precedence == 0 and self.at(Kind.OPERATOR, "let"):
            return self.let()
        if precedence == 0 and self.at(Kind.OPERATOR, "if"):
            return self.conditional_if()
        left = self.operators(self.primary(), precedence)
        return self.ternary(left) if precedence == 0 else left

    def operators(self, left: ast.Node, precedence: int) -> ast.Node:
        """Everything of at least this precedence that follows an operand."""
        previous = ""
        while self.current.kind is Kind.OPERATOR:
            negation = self.negation(precedence) if self.current.value == "not" else None
            if self.stashed is not None:
                break
            operator = self.current
            if _BINARY.get(operator.value, -1) < precedence:
                break
            self.advance()
            if previous == "??" and operator.value not in ("??", "|"):
                raise self.error(
                    f"Operator ({operator.value}) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses.",
                    operator.at,
                )
            left = self.binary(left, operator, negation)
            previous = operator.value
        return left

    def negation(self, precedence: int) -> Token | None:
        """The operator behind `not`, as in `not in`; leaves the `not` if that operator binds too weakly here."""
        negating = self.advance()
        if self.current.value not in _NEGATABLE:
            raise self.unexpected()
        if _BINARY[self.current.value] < precedence:
            self.stashed, self.current = self.current, negating
            return None
        return self.current

    def binary(self, left: ast.Node, operator: Token, negation: Token | None) -> ast.Node:
        symbol = operator.value
        if symbol == "|":
            return self.call(self.expect(Kind.IDENTIFIER), (left,))
        if symbol in _COMPARISONS:
            return self.comparison(left, operator)
        binding = _BINARY[symbol]
        right = self.expression(binding if symbol in _RIGHT_ASSOCIATIVE else binding + 1)
        self.count_nodes()
        node: ast.Node = ast.Binary(symbol, left, right, at=operator.at)
        if negation is None:
            return node
        self.count_nodes()
        return ast.Unary("not", node, at=negation.at)

    def comparison(self, left: ast.Node, operator: Token) -> ast.Node:
        """`a < b <= c` means `a < b && b <= c`."""
        whole: ast.Node | None = None
        while True:
            right = self.expression(_BINARY[operator.value] + 1)
            self.count_nodes()
            part = ast.Binary(operator.value, left, right, at=operator.at)
            if whole is None:
                whole = part
            else:
                self.count_nodes()
                whole = ast.Binary("&&", whole, part, at=operator.at)
            if not (self.current.kind is Kind.OPERATOR and self.current.value in _COMPARISONS):
                return whole
            left, operator = right, self.advance()

    def let(self) -> ast.Node:
        """Let name = expression ; sequence."""
        self.advance()
        name = self.expect(Kind.IDENTIFIER)
        self.expect(Kind.OPERATOR, "=")
        value = self.expression()
        self.expect(Kind.OPERATOR, ";")
        body = self.sequence()
        self.count_nodes()
        return ast.Let(name.value, value, body, at=name.at)

    def conditional_if(self) -> ast.Node:
        """If expression { sequence } else ( if | { sequence } )."""
        self.advance()
        condition = self.expression()
        then = self.block()
        self.expect(Kind.OPERATOR, "else")
        otherwise = self.conditional_if() if self.at(Kind.OPERATOR, "if") else self.block()
        return ast.Conditional(condition, then, otherwise, at=NOWHERE)

    def block(self) -> ast.Node:
        self.expect(Kind.BRACKET, "{")
        node = self.sequence()
        self.expect(Kind.BRACKET, "}")
        return node

    def ternary(self, node: ast.Node) -> ast.Node:
        """Operand { "?" [expression] ":" expression }; `a ?: b` is `a ? a : b`."""
        while self.at(Kind.OPERATOR, "?"):
            self.advance()
            then = node
            if not self.at(Kind.OPERATOR, ":"):
                then = self.expression()
            self.expect(Kind.OPERATOR, ":")
            otherwise = self.expression()
            self.count_nodes()
            node = ast.Conditional(node, then, otherwise, at=self.current.at)
        return node

    # --- operands

    def primary(self) -> ast.Node:
        """Unary operand | "(" sequence ")" | "#"name | ."name" | "::" call | literal, then what follows by postfix."""
        token = self.current
        if token.kind is Kind.OPERATOR and token.value in _UNARY:
            self.advance()
            operand = self.expression(_UNARY[token.value])
            self.count_nodes()
            return self.postfix(ast.Unary(token.value, operand, at=token.at))
        if self.at(Kind.BRACKET, "("):
            self.advance()
            node = self.sequence()
            self.expect(Kind.BRACKET, ")")
            return self.postfix(node)
        if self.closures and self.at(Kind.OPERATOR, "#", "."):
            return self.postfix(self.pointer())
        if self.at(Kind.OPERATOR, "::"):
            self.advance()
            return self.postfix(self.call(self.expect(Kind.IDENTIFIER), (), forced_builtin=True))
        return self.secondary()

    def pointer(self) -> ast.Node:
        token = self.current
        name = ""
        if token.value == "#":
            self.advance()
            if self.at(Kind.IDENTIFIER):
                name = self.advance().value
        self.count_nodes()
        return ast.Pointer(name, at=token.at)

    def secondary(self) -> ast.Node:
        token = self.current
        match token.kind:
            case Kind.IDENTIFIER:
                return self.name()
            case Kind.NUMBER:
                return self.number()
            case Kind.STRING:
                self.advance()
                self.count_nodes()
                return self.postfix(ast.String(token.value, at=token.at))
            case Kind.BYTES:
                self.advance()
                self.count_nodes()
                return self.postfix(ast.Bytes(token.value.encode("utf-8", "surrogateescape"), at=token.at))
        if self.at(Kind.BRACKET, "["):
            return self.postfix(self.array())
        if self.at(Kind.BRACKET, "{"):
            return self.postfix(self.map())
        raise self.unexpected()

    def name(self) -> ast.Node:
        token = self.advance()
        if token.value in ("true", "false"):
            self.count_nodes()
            return ast.Bool(token.value == "true", at=token.at)
        if token.value == "nil":
            self.count_nodes()
            return ast.Nil(at=token.at)
        if self.at(Kind.BRACKET, "("):
            return self.postfix(self.call(token, ()))
        self.count_nodes()
        return self.postfix(ast.Identifier(token.value, at=token.at))

    def number(self) -> ast.Node:
        token = self.advance()
        text = token.value.replace("_", "")
        lowered = text.lower()
        for prefix, name in (("0x", "hex"), ("0b", "binary"), ("0o", "octal")):
            if lowered.startswith(prefix):
                form = name
                break
        else:
            form = "float" if "." in lowered or "e" in lowered else "integer"
        try:
            if form == "float":
                number: ast.Node = ast.Float(parse_float(text), at=token.at)
            else:
                number = ast.Integer((parse_int if form == "integer" else parse_prefixed_int)(text), at=token.at)
        except NumberSyntaxError as error:
            raise self.error(f"invalid {form} literal: {error}") from None
        self.count_nodes()
        return number

    def array(self) -> ast.Node:
        """List: "[" [ expression { "," expression } [","] ] "]"."""
        token = self.advance()
        items: list[ast.Node] = []
        while not self.at(Kind.BRACKET, "]"):
            if items:
                self.expect(Kind.OPERATOR, ",")
                if self.at(Kind.BRACKET, "]"):
                    break
            items.append(self.expression())
        self.expect(Kind.BRACKET, "]")
        self.count_nodes()
        return ast.Array(tuple(items), at=token.at)

    def map(self) -> ast.Node:
        """Map: "{" [ key ":" expression { "," key ":" expression } [","] ] "}"."""
        token = self.advance()
        pairs: list[ast.Pair] = []
        while not self.at(Kind.BRACKET, "}"):
            if pairs:
                self.expect(Kind.OPERATOR, ",")
                if self.at(Kind.BRACKET, "}"):
                    break
                if self.at(Kind.OPERATOR, ","):
                    raise self.unexpected()
            key = self.key()
            self.expect(Kind.OPERATOR, ":")
            value = self.expression()
            self.count_nodes()
            pairs.append(ast.Pair(key, value, at=token.at))
        self.expect(Kind.BRACKET, "}")
        self.count_nodes()
        return ast.Map(tuple(pairs), at=token.at)

    def key(self) -> ast.Node:
        if self.current.kind in (Kind.NUMBER, Kind.STRING, Kind.IDENTIFIER):
            token = self.advance()
            self.count_nodes()
            return ast.String(token.value, at=token.at)
        if self.at(Kind.BRACKET, "("):
            return self.expression()
        raise self.error(
            "a map key must be a quoted string, a number, a identifier, or an expression enclosed in parentheses "
            f"(unexpected token {self.current})"
        )

    # --- what follows an operand

    def postfix(self, node: ast.Node) -> ast.Node:
        """{ "." name [arguments] | "?." name [arguments] | "[" index "]" | "?.[" index "]" | "[" from ":" to "]" }."""
        while self.current.kind in (Kind.OPERATOR, Kind.BRACKET):
            opening = self.current
            optional = opening.value == "?."
            if opening.value in (".", "?."):
                self.advance()
                if optional and self.at(Kind.BRACKET, "["):
                    node = self.index(node, optional=True)
                else:
                    node = self.property(node, optional=optional)
            elif opening.value == "[":
                node = self.index(node, optional=False)
            else:
                break
        return node

    def property(self, node: ast.Node, *, optional: bool) -> ast.Node:
        token = self.advance()
        if token.kind is not Kind.IDENTIFIER and not (token.kind is Kind.OPERATOR and _is_name(token.value)):
            raise self.error("expected name")
        chained = isinstance(node, ast.Chain)
        base = node.chained if isinstance(node, ast.Chain) else node
        called = self.at(Kind.BRACKET, "(")
        self.count_nodes(2)
        name = ast.String(token.value, at=token.at)
        node = ast.Member(base, name, optional=optional, method=called, at=token.at)
        if called:
            node = ast.Call(node, self.arguments(), at=token.at)
            self.count_nodes()
        if chained or optional:
            self.count_nodes()
            node = ast.Chain(node, at=token.at)
        return node

    def index(self, node: ast.Node, *, optional: bool) -> ast.Node:
        token = self.expect(Kind.BRACKET, "[")
        if self.at(Kind.OPERATOR, ":"):
            return self.slice(node, None, token)
        start = self.expression()
        if self.at(Kind.OPERATOR, ":"):
            return self.slice(node, start, token)
        self.count_nodes()
        node = ast.Member(node, start, optional=optional, at=token.at)
        if optional:
            self.count_nodes()
            node = ast.Chain(node, at=token.at)
        self.expect(Kind.BRACKET, "]")
        return node

    def slice(self, node: ast.Node, start: ast.Node | None, token: Token) -> ast.Node:
        self.advance()
        stop = None if self.at(Kind.BRACKET, "]") else self.expression()
        self.count_nodes()
        node = ast.Slice(node, start, stop, at=token.at)
        self.expect(Kind.BRACKET, "]")
        return node

    # --- calls

    def call(self, name: Token, piped: tuple[ast.Node, ...], *, forced_builtin: bool = False) -> ast.Node:
        """Name arguments; `x | f(y)` is `f(x, y)`, `::f(x)` is the built-in even if the environment has an `f`."""
        overridden = name.value in self.overridden and not forced_builtin
        if name.value in PREDICATE_ARGUMENTS and not overridden:
            node: ast.Node = ast.Builtin(name.value, self.predicate_arguments(name.value, piped), at=name.at)
        elif name.value in BUILTINS and not overridden:
            node = ast.Builtin(name.value, self.arguments(piped), at=name.at)
        else:
            self.count_nodes()
            node = ast.Call(ast.Identifier(name.value, at=name.at), self.arguments(piped), at=name.at)
        self.count_nodes()
        return node

    def arguments(self, piped: tuple[ast.Node, ...] = ()) -> tuple[ast.Node, ...]:
        """Arguments: "(" [ expression { "," expression } [","] ] ")"."""
        given: list[ast.Node] = []
        self.expect(Kind.BRACKET, "(")
        while not self.at(Kind.BRACKET, ")"):
            if given:
                self.expect(Kind.OPERATOR, ",")
                if self.at(Kind.BRACKET, ")"):
                    break
            given.append(self.expression())
        self.expect(Kind.BRACKET, ")")
        return (*piped, *given)

    def predicate_arguments(self, name: str, piped: tuple[ast.Node, ...]) -> tuple[ast.Node, ...]:
        self.expect(Kind.BRACKET, "(")
        kinds = PREDICATE_ARGUMENTS[name][len(piped) :]
        arguments = list(piped)
        for position, kind in enumerate(kinds):
            if self.at(Kind.BRACKET, ")"):
                if kind.endswith("?"):
                    break
                raise self.error(f"expected at least {len(kinds)} arguments")
            if position:
                self.expect(Kind.OPERATOR, ",")
            arguments.append(self.closure() if kind.startswith("predicate") else self.expression())
        if self.at(Kind.OPERATOR, ","):
            self.advance()
        self.expect(Kind.BRACKET, ")")
        return tuple(arguments)

    def closure(self) -> ast.Node:
        """Expression | "{" sequence "}"."""
        token = self.current
        self.closures += 1
        if self.at(Kind.BRACKET, "{"):
            body = self.block()
        else:
            body = self.expression()
            if self.at(Kind.OPERATOR, ";"):
                raise self.error("wrap predicate with brackets { and }")
        self.closures -= 1
        self.count_nodes()
        return ast.Predicate(body, at=token.at)


def _is_name(text: str) -> bool:
    return bool(text) and not text[0].isdigit() and all(is_word_character(char) for char in text)
