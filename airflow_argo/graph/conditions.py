"""What a `when` says: of how tasks ended, as a rule like that of `depends`; and of values, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from airflow_argo.argo.depends import AllOf, AnyOf, Ended, Not, Rule, TaskResult
from airflow_argo.argo.expr import ExprError, parse
from airflow_argo.argo.expr import nodes as ast
from airflow_argo.argo.phases import DEPENDS_RESULT
from airflow_argo.argo.tags import TagKind, tags
from airflow_argo.graph import words
from airflow_argo.graph.words import OUTCOME, Label

ALWAYS = AllOf(())
_NODES = ("tasks", "steps")
_FOLLOW = ("pushed", "follow")
"""Where a task that decides on those after it reports what it decided."""

_TAG = re.compile(r"""(['"]?)\{\{=?(.*?)\}\}\1""", re.DOTALL)
_STATUS = re.compile(
    r"""\s*(['"]?)\{\{(?:tasks|steps)\.([-\w]+)\.status\}\}\1\s*(==|!=)\s*(['"]?)(\w+)\4\s*""",
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A `when`.

    Attributes:
        rule: what it says of how tasks ended.
        text: what else it says; "" if nothing.
        tasks: names of the tasks whose outputs the text is about.
    """

    rule: Rule = ALWAYS
    text: str = ""
    tasks: frozenset[str] = frozenset()


def read_condition(when: str, label: Label, own: str = "", *, of_loop: bool = False) -> Condition:
    """A `when` as it stands in a manifest.

    Args:
        label: task name → the author's id.
        own: id of the task that has it, which a branch names if it is to run.
        of_loop: the task is a loop, of which it goes without saying that there must be items.
    """
    code = _only_expression(when)
    if code is None:
        return _plain(when, label)
    try:
        return _expression(parse(code), label, own, of_loop)
    except (ExprError, RecursionError):
        return Condition(text=_squeezed(code))


def read_items(text: str, argument: Callable[[str], str], label: Label) -> str:
    """What a `withParam` or a count runs over: `flip.rounds`.

    Args:
        argument: what the caller passes for an input parameter; "" if that isn't known.
    """
    whole = re.fullmatch(r"\s*\{\{\s*inputs\.parameters\.([-\w]+)\s*\}\}\s*", text)
    if whole and argument(whole[1]):
        return read_items(argument(whole[1]), lambda _: "", label)
    code = _only_expression(text)
    if code is None:
        return _squeezed(_TAG.sub(lambda found: _tag(found[2], label), text))
    try:
        paths = dict.fromkeys(words.variables(parse(code)))
    except (ExprError, RecursionError):
        return _squeezed(code)
    names = dict.fromkeys(words.name(path, label) for path in paths)
    return " and ".join(names) or _squeezed(code)


def _only_expression(given: str) -> str | None:
    """The code of a text that is one expression tag. Argo reads tags in the JSON of the template, so its quotes are escaped."""
    if "{{=" not in given:
        return None
    source = json.dumps(given, ensure_ascii=False)[1:-1]
    found = tags(source)
    if len(found) != 1 or found[0].kind is not TagKind.EXPRESSION:
        return None
    outside = source[: found[0].start] + source[found[0].end :]
    return found[0].expression if not outside.strip() else None


def _squeezed(text: str) -> str:
    return " ".join(text.split())


# --- expressions


def _expression(tree: ast.Node, label: Label, own: str, of_loop: bool) -> Condition:
    rules: list[Rule] = []
    rest: list[ast.Node] = []
    for part in words.conjuncts(tree):
        rule = _rule(part, None)
        if rule is not None:
            rules.append(rule)
        elif not words.is_guard(part) and not (of_loop and _has_items(part)):
            rest.append(part)
    texts = [_decision(part, own) or words.said(part, label) for part in rest]
    return Condition(
        AllOf(tuple(rules)),
        " and ".join(texts),
        frozenset(name for part in rest for path in words.variables(part) if (name := _node_of(path)) is not None),
    )


def _node_of(path: tuple[str | int, ...]) -> str | None:
    """The task or step that a variable is of: `tasks` alone is of none."""
    match path:
        case (kind, str(name), *_) if kind in _NODES:
            return name
        case _:
            return None


def _has_items(node: ast.Node) -> bool:
    match node:
        case ast.Binary(operator=">", left=ast.Builtin(name="len"), right=ast.Integer(value=0)):
            return True
    return False


def _decision(node: ast.Node, own: str) -> str:
    """A test of what a branch or a short circuit decided, in a word or two; "" if it is none."""
    match node:
        case ast.Binary(operator="in", left=ast.String(value=chosen), right=decided) if _is_decision(decided):
            return "chosen" if chosen == own else f"{chosen} chosen"
        case ast.Binary(operator="==", left=decided, right=ast.String(value="true")) if _is_decision(decided):
            return "true"
    return ""


def _is_decision(node: ast.Node) -> bool:
    path = words.path_of(node)
    return path is not None and path[-2:] == _FOLLOW


def _rule(node: ast.Node, bound: str | None) -> Rule | None:
    """What a condition says of how tasks ended; None if it is about anything else.

    Args:
        bound: the name that `#` stands for.
    """
    match node:
        case ast.Bool(value=True):
            return ALWAYS
        case ast.Unary(operator="!" | "not", operand=inner):
            rule = _rule(inner, bound)
            return None if rule is None else Not(rule)
        case ast.Binary(operator="&&" | "and", left=left, right=right):
            return _both(AllOf, _rule(left, bound), _rule(right, bound))
        case ast.Binary(operator="||" | "or", left=left, right=right):
            return _both(AnyOf, _rule(left, bound), _rule(right, bound))
        case ast.Binary(left=left, right=right):
            return _test(node.operator, words.path_of(left), right, bound)
        case ast.Builtin(name="all" | "any", arguments=(ast.Array(items=names), ast.Predicate(body=body))):
            return _quantified(node.name, names, body)
        case ast.Conditional(condition=condition, otherwise=otherwise) if _rule(condition, bound) is not None:
            return _rule(otherwise, bound)  # a loop that reports, judged by its items or else by its phase: the same states
    return None


def _both(kind: type[AllOf | AnyOf], left: Rule | None, right: Rule | None) -> Rule | None:
    return None if left is None or right is None else kind((left, right))


def _quantified(quantifier: str, names: tuple[ast.Node, ...], body: ast.Node) -> Rule | None:
    found = [_rule(body, name.value) if isinstance(name, ast.String) else None for name in names]
    rules = tuple(rule for rule in found if rule is not None)
    if len(rules) < len(found):
        return None
    return AllOf(rules) if quantifier == "all" else AnyOf(rules)


def _test(operator: str, path: tuple[str | int, ...] | None, right: ast.Node, bound: str | None) -> Rule | None:
    match path:
        case (("tasks" | "steps"), name, "status"):
            pass
        case (("tasks" | "steps"), name, "outputs", "parameters", str(output), "state") if output == OUTCOME:
            pass
        case _:
            return None
    task = bound if name == "#" else str(name)
    phases = _texts(right)
    if task is None or phases is None or operator not in ("==", "!=", "in") or not _RESULT.keys() >= set(phases):
        return None
    rule = AnyOf(tuple(Ended(task, _RESULT[phase]) for phase in phases))
    return Not(rule) if operator == "!=" else rule


_RESULT = {phase: TaskResult(result) for phase, result in DEPENDS_RESULT.items()} | {"skipped": TaskResult.SKIPPED}


def _texts(node: ast.Node) -> list[str] | None:
    match node:
        case ast.String(value=value):
            return [value]
        case ast.Array(items=items) if all(isinstance(item, ast.String) for item in items):
            return [item.value for item in items if isinstance(item, ast.String)]
    return None


# --- plain conditions: govaluate's, with simple tags in them


def _plain(when: str, label: Label) -> Condition:
    """A condition with tags in it. Parts that are joined by `&&` and test a status are told from the rest."""
    rules: list[Rule] = []
    rest: list[str] = []
    for part in when.split("&&"):
        found = _STATUS.fullmatch(part)
        if found and found[5] in _RESULT:
            rule = Ended(found[2], _RESULT[found[5]])
            rules.append(rule if found[3] == "==" else Not(rule))
        else:
            rest.append(part)
    tasks = {tag[1] for part in rest for one in tags(part) if (tag := one.key.strip().split("."))[0] in _NODES and len(tag) > 1}
    text = _squeezed(" and ".join(part.strip() for part in rest))
    return Condition(AllOf(tuple(rules)), _TAG.sub(lambda found: _tag(found[2], label), text), frozenset(tasks))


def _tag(key: str, label: Label) -> str:
    """What a tag stands for, without the quotes around it."""
    path = tuple(key.strip().split("."))
    return words.name(path, label) if all(path) else key.strip()
