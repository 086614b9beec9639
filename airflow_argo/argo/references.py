"""Which variables a text mentions: in simple tags, in expression tags, and in expressions that stand alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from airflow_argo.argo.expr import ExprSyntaxError, Span, parse
from airflow_argo.argo.expr.environment import ARGO_FUNCTIONS
from airflow_argo.argo.expr.identifiers import guarded_members
from airflow_argo.argo.expr.nodes import Chain, Identifier, Let, Member, Node, String, walk
from airflow_argo.argo.tags import TagKind, tags

NODE_HEADS = ("tasks", "steps")
"""What a reference to another task or step begins with."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One mention of a variable.

    Attributes:
        path: its segments, such as ("tasks", "a", "outputs", "parameters", "x"), as far as they are written out.
        span: of the tag in the text, or of the mention in the expression.
        expression: the expression that it stands in; None for a simple tag.
        optional_from: the first segment that `?.` reaches, as an index into `path`; None if none does.
        guarded: the expression runs without the variable: `??` or `?.` provides for its absence.
        dynamic: the path goes on with something that isn't written out, as in `tasks[x]`.
    """

    path: tuple[str, ...]
    span: Span
    expression: str | None = None
    optional_from: int | None = None
    guarded: bool = False
    dynamic: bool = False

    @property
    def node(self) -> str | None:
        """The task or step whose variable it is; None of other variables."""
        return self.path[1] if self.path[0] in NODE_HEADS and len(self.path) > 1 else None

    @property
    def output(self) -> str | None:
        """Which of the task's or step's variables: "status", "outputs.result", "outputs.parameters.x"; None of others."""
        return ".".join(self.path[2:]) if self.node is not None else None


def references(text: str) -> list[Reference]:
    """All mentions in the tags of a text, in its order; what is no expression is passed over.

    Args:
        text: JSON text, as `tags.replace` takes it.
    """
    found: list[Reference] = []
    for tag in tags(text):
        span = Span(tag.start, tag.end)
        if tag.kind is TagKind.SIMPLE:
            found.append(Reference(tuple(tag.key.split(".")), span))
        elif (source := tag.expression) is not None:
            found += (replace(reference, span=span) for reference in _references_or_none(source))
    return found


def _references_or_none(source: str) -> list[Reference]:
    try:
        return expression_references(source)
    except ExprSyntaxError:
        return []


def expression_references(source: str) -> list[Reference]:
    """All mentions in an expression, such as a `valueFrom.expression`; names of `let` and functions are none.

    Raises:
        ExprSyntaxError: the text is no expression.
    """
    tree = parse(source)
    own_names = {node.name for node in walk(tree) if isinstance(node, Let)}
    guarded = guarded_members(tree)
    found = dict.fromkeys(_reference(chain, source, guarded) for chain in _chains(tree))
    no_variables = own_names | ARGO_FUNCTIONS.keys() | {"$env"}
    return [reference for reference in found if reference.path[0] not in no_variables]


def _chains(tree: Node) -> Iterator[list[Node]]:
    """Each name with the members that are taken of it, from the name outwards."""
    within: dict[int, Member] = {id(_unchained(node.of)): node for node in walk(tree) if isinstance(node, Member)}
    for node in walk(tree):
        if isinstance(node, Identifier):
            chain: list[Node] = [node]
            while (outer := within.get(id(chain[-1]))) is not None:
                chain.append(outer)
            yield chain


def _unchained(node: Node) -> Node:
    return _unchained(node.chained) if isinstance(node, Chain) else node


def _reference(chain: list[Node], source: str, guarded: set[int]) -> Reference:
    name, *members = chain
    assert isinstance(name, Identifier)
    path = [name.name]
    optional_from: int | None = None
    last = name.at
    is_guarded = dynamic = False
    for member in members:
        assert isinstance(member, Member)
        if not isinstance(member.name, String):
            dynamic = True
            break
        if member.optional and optional_from is None:
            optional_from = len(path)
        is_guarded = is_guarded or member.optional or id(member) in guarded
        path.append(member.name.value)
        last = member.at
    span = Span(name.at.start, max(last.end, name.at.end))
    return Reference(tuple(path), span, source, optional_from, is_guarded, dynamic)


def captures_result(template_json: str, head: str, name: str) -> bool:
    """Whether a template makes Argo capture the stdout of one of its tasks or steps as `outputs.result`.

    Argo looks for the text of a mention, in JSON, so that `tasks["a"]` (escaped there) and `outputs?.result` don't count,
    and a comment does. Source: hasOutputResultRef, workflow/controller/operator.go.

    Args:
        template_json: the template that has the task, as `gojson.marshal` writes it.
        head: "tasks" or "steps".
        name: of the task or step.
    """
    escaped = re.escape(name)
    plain, looked_up = rf"{head}\.{escaped}\.outputs\.result", rf"{head}\[['\"]{escaped}['\"]\]\.outputs.result"
    return re.search(plain, template_json) is not None or re.search(looked_up, template_json) is not None
