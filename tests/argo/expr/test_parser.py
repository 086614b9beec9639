"""From text to tree."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_argo.argo.expr import ExprSyntaxError, parse
from airflow_argo.argo.expr.nodes import (
    Array,
    Binary,
    Bool,
    Builtin,
    Call,
    Chain,
    Conditional,
    Float,
    Identifier,
    Integer,
    Let,
    Map,
    Member,
    Nil,
    Pair,
    Pointer,
    Predicate,
    Sequence,
    Slice,
    String,
    Unary,
    walk,
)

A, B, C = Identifier("a"), Identifier("b"), Identifier("c")


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("a + b * c", Binary("+", A, Binary("*", B, C))),
        ("(a + b) * c", Binary("*", Binary("+", A, B), C)),
        ("a - b - c", Binary("-", Binary("-", A, B), C)),
        ("a ** b ** c", Binary("**", A, Binary("**", B, C))),
        ("-a ** b", Unary("-", Binary("**", A, B))),
        ("a or b and c", Binary("or", A, Binary("and", B, C))),
        ("not a == b", Unary("not", A) and Binary("==", Unary("not", A), B)),
        ("a not in b", Unary("not", Binary("in", A, B))),
        ("a not   startsWith b", Unary("not", Binary("startsWith", A, B))),
        ("a < b <= c", Binary("&&", Binary("<", A, B), Binary("<=", B, C))),
        ("a ?? b ?? c", Binary("??", Binary("??", A, B), C)),
        ("a ? b : c", Conditional(A, B, C)),
        ("a ?: b", Conditional(A, A, B)),
        ("if a { b } else { c }", Conditional(A, B, C)),
        ("a..b + c", Binary("..", A, Binary("+", B, C))),
        ("a.b", Member(A, String("b"))),
        ("a['b']", Member(A, String("b"))),
        ("a?.b.c", Chain(Member(Member(A, String("b"), optional=True), String("c")))),
        ("a?.[0]", Chain(Member(A, Integer(0), optional=True))),
        ("a[1:]", Slice(A, Integer(1), None)),
        ("a[:1]", Slice(A, None, Integer(1))),
        ("a.not", Member(A, String("not"))),
        ("a.b()", Call(Member(A, String("b"), method=True), ())),
        ("a(b, c,)", Call(A, (B, C))),
        ("a | b(c)", Call(B, (A, C))),
        ("a | len()", Builtin("len", (A,))),
        ("::len(a)", Builtin("len", (A,))),
        ("filter(a, # > 1)", Builtin("filter", (A, Predicate(Binary(">", Pointer(""), Integer(1)))))),
        ("filter(a, .b)", Builtin("filter", (A, Predicate(Member(Pointer(""), String("b")))))),
        ("map(a, {#index})", Builtin("map", (A, Predicate(Pointer("index"))))),
        ("count(a)", Builtin("count", (A,))),
        ("let x = a; x", Let("x", A, Identifier("x"))),
        ("a; b", Sequence((A, B))),
        ("a;", A),
        ("[a, 1, 2.5, 'x', nil, true]", Array((A, Integer(1), Float(2.5), String("x"), Nil(), Bool(True)))),
        ("{a: 1, 'b': 2, (c): 3}", Map((Pair(String("a"), Integer(1)), Pair(String("b"), Integer(2)), Pair(C, Integer(3))))),
        ("0x10 ", Integer(16)),
        ("1_000", Integer(1000)),
        ("a // rest", A),
        ("/* x */ a", A),
    ],
)
def test_tree(source, tree):
    assert parse(source) == tree


def test_a_name_that_the_environment_overrides_is_called_there():
    assert parse("len(a)", frozenset(("len",))) == Call(Identifier("len"), (A,))
    assert parse("::len(a)", frozenset(("len",))) == Builtin("len", (A,))


def test_nodes_know_their_place():
    tree = parse("abc + 'x'")
    assert (tree.at.start, tree.at.end) == (4, 5)
    assert (tree.left.at.start, tree.left.at.end) == (0, 3)
    assert (tree.right.at.start, tree.right.at.end) == (6, 9)


def test_an_error_marks_its_place():
    with pytest.raises(ExprSyntaxError) as caught:
        parse("a +\n\tb )")
    assert str(caught.value) == 'unexpected token Bracket(")") (2:4)\n |  b )\n | ...^'
    assert (caught.value.source, caught.value.span.start) == ("a +\n\tb )", 7)


def test_more_than_ten_thousand_nodes_are_refused():
    assert sum(1 for _ in walk(parse(" + ".join(["1"] * 5000)))) == 9999
    with pytest.raises(ExprSyntaxError, match="exceeds maximum allowed nodes"):
        parse(" + ".join(["1"] * 5001))


def test_deep_nesting_is_an_error_of_ours():
    with pytest.raises(ExprSyntaxError, match="nested too deeply"):
        parse("(" * 5000 + "1" + ")" * 5000)


TOKENS = st.sampled_from(
    [
        "a", "b", "item", "tasks", "nil", "true", "let", "if", "else", "not", "in", "matches", "len", "filter", "#", "#index",
        ".", "?.", "??", "?", ":", ";", ",", "(", ")", "[", "]", "{", "}", "+", "-", "**", "..", "|", "==", "<", "1", "2.5",
        "0x", "'x'", '"y"', "`z`", "b'q'", "\\", "/*", "//", "@", "é",
    ]
)  # fmt: skip


def outcome(source):
    try:
        return parse(source)
    except ExprSyntaxError as error:
        return error


@given(st.one_of(st.text(), st.lists(TOKENS).map(" ".join), st.lists(TOKENS).map("".join)))
@example("'\\")
@example("`")
@example('"\\u{110000}"')
@example("1e")
@example("#")
def test_any_text_parses_or_is_a_syntax_error(source):
    result = outcome(source)
    if isinstance(result, ExprSyntaxError):
        assert 0 <= result.span.start <= len(source) + 1
        assert str(result).startswith(result.fault)
    else:
        assert all(node.at.start <= node.at.end <= len(source) for node in walk(result))


@given(st.lists(TOKENS, min_size=1).map(" ".join))
def test_more_space_changes_nothing(source):
    result = outcome(source)
    if not isinstance(result, ExprSyntaxError) and not set(source) & set("/'\"`"):
        assert parse(source.replace(" ", " \n ")) == result
