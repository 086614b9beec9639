"""Template tags: `{{inputs.parameters.x}}` and `{{= expression }}` in the JSON text of a manifest.

Source: util/template, and the fasttemplate library for what a tag is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from airflow_argo.argo import gojson
from airflow_argo.argo.expr import (
    ExprError,
    UnsupportedExpression,
    argo_environment,
    evaluate_plain,
    has_variable,
    identifiers,
)
from airflow_argo.argo.expr.environment import ArgoEnvironment
from airflow_argo.argo.golang.json_syntax import syntax_error
from airflow_argo.argo.golang.strconv import quote
from airflow_argo.argo.golang.text import trim_space
from airflow_argo.argo.scope import ABSENT, Scope
from airflow_argo.diagnostics import AirflowArgoError

__all__ = [
    "ABSENT",
    "MissingVariable",
    "Scope",
    "Tag",
    "TagKind",
    "TemplateError",
    "is_absent_reference",
    "replace",
    "replace_strict",
    "replace_text",
    "resolve_variable",
    "tags",
]

LATE_VARIABLES = frozenset(
    (
        "item",
        "retries",
        "lastRetry.exitCode",
        "lastRetry.status",
        "lastRetry.duration",
        "lastRetry.message",
        "workflow.status",
        "workflow.failures",
    )
)
"""Variables that come later than others: an expression that needs one waits for it (variablesToCheck)."""

_MISSING = ("failed to resolve {{", " is missing", "variable not in env")


class TemplateError(AirflowArgoError):
    """A tag can't be replaced, and never will be: the node is an Error. ``str()`` is Argo's message."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class MissingVariable(TemplateError):
    """A variable isn't there: the controller tries again at every reconcile, perhaps for ever (IsMissingVariableErr)."""


def _error(message: str) -> TemplateError:
    """Argo tells the two kinds apart by their texts."""
    missing = any(part in message for part in _MISSING)
    return MissingVariable(message) if missing else TemplateError(message)


# --- what a tag is


class TagKind(Enum):
    """How a tag is written."""

    SIMPLE = ""
    EXPRESSION = "="


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag of a text.

    Attributes:
        kind: `{{name}}` or `{{= expression }}`.
        text: what is between the braces, without the `=`, escaped as it is in the JSON text.
        start: the offset of its first brace.
        end: the offset behind its last brace.
    """

    kind: TagKind
    text: str
    start: int
    end: int

    @property
    def key(self) -> str:
        """The variable that a simple tag names."""
        return trim_space(self.text)

    @property
    def expression(self) -> str | None:
        """The expression as its author wrote it; None if the tag isn't inside one JSON string."""
        return _unescaped(self.text)


def tags(text: str) -> list[Tag]:
    """The tags of a text from the first `{{` on, each to the next `}}`; one that is not closed is left out."""
    found: list[Tag] = []
    start = text.find("{{")
    while start >= 0:
        stop = text.find("}}", start + 2)
        if stop < 0:
            break
        found.append(_tag(text[start + 2 : stop], start, stop + 2))
        start = text.find("{{", stop + 2)
    return found


def _tag(inside: str, start: int, end: int) -> Tag:
    if inside.startswith("="):
        return Tag(TagKind.EXPRESSION, _without_html_escapes(inside[1:]), start, end)
    return Tag(TagKind.SIMPLE, inside, start, end)


def _without_html_escapes(text: str) -> str:
    return text.replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&")


def _unescaped(text: str) -> str | None:
    try:
        value = json.loads(f'"{text}"')
    except ValueError:
        return None
    return value if isinstance(value, str) else None


# --- replacing


def replace(json_text: str, scope: Scope | Mapping[str, object], allow_unresolved: bool = True) -> str:
    """Replace the tags of a JSON text.

    Args:
        json_text: valid JSON, as `gojson.marshal` writes it.
        scope: the variables; ABSENT ones fail a simple tag and are nil in an expression.
        allow_unresolved: leave tags of unknown variables, and expressions that fail or give nil, as they are.
    Returns:
        The text with the values in place, again valid JSON.
    Raises:
        TemplateError: a tag can't be replaced, or the result is no JSON. MissingVariable if a variable isn't there.
    Source: util/template/replace.go, Replace.
    """
    if "{{" not in json_text:
        return json_text
    strict = _Strictness(None if allow_unresolved else _everything, allows_artifacts=allow_unresolved)
    return _checked(json_text, lambda: _replaced(json_text, _as_scope(scope), strict))


def replace_strict(json_text: str, scope: Scope | Mapping[str, object], prefixes: Iterable[str]) -> str:
    """Replace the tags of a JSON text; those of variables under one of the prefixes must resolve.

    Args:
        json_text: valid JSON.
        scope: the variables.
        prefixes: such as "tasks" and "steps": `tasks` and `tasks.…`. Artifacts of outputs are exempt.
    Raises:
        TemplateError: as `replace`.
    Source: util/template/replace.go, ReplaceStrictAny.
    """
    if "{{" not in json_text:
        return json_text
    heads = tuple(prefixes)
    must_resolve = _under(heads) if heads else None
    strict = _Strictness(must_resolve, allows_artifacts=True)
    return _checked(json_text, lambda: _replaced(json_text, _as_scope(scope), strict))


def replace_text(text: str, scope: Scope | Mapping[str, object], allow_unresolved: bool = False) -> str:
    """Replace the tags of any text, JSON or not; what is inserted is escaped all the same.

    Raises:
        TemplateError: a tag can't be replaced.
    Source: util/template/template.go; for a loop's items (processItem), configMapKeyRef and a CronWorkflow's `when`.
    """
    if "{{" not in text:
        return text
    strict = _Strictness(None if allow_unresolved else _everything, allows_artifacts=allow_unresolved)
    return _replaced(text, _as_scope(scope), strict)


def _as_scope(variables: Scope | Mapping[str, object]) -> Scope:
    return variables if isinstance(variables, Scope) else Scope(variables)


def _checked(json_text: str, replacing: Callable[[], str]) -> str:
    if not gojson.is_valid(json_text):
        raise TemplateError("cannot do template replacements with invalid JSON")
    result = replacing()
    if not gojson.is_valid(result):
        raise TemplateError("cannot finish template replacement because the result was invalid JSON")
    return result


@dataclass(frozen=True, slots=True)
class _Strictness:
    """Which variables must be there."""

    must_resolve: Callable[[str], bool] | None
    allows_artifacts: bool


def _everything(_: str) -> bool:
    return True


def _under(prefixes: tuple[str, ...]) -> Callable[[str], bool]:
    return lambda key: any(key == prefix or key.startswith(f"{prefix}.") for prefix in prefixes)


def _replaced(text: str, scope: Scope, strict: _Strictness) -> str:
    refuse_open_tag(text)
    replacer = _Replacer(scope, strict)
    pieces: list[str] = []
    position = 0
    for tag in tags(text):
        pieces += (text[position : tag.start], replacer.value(tag))
        position = tag.end
    pieces.append(text[position:])
    return "".join(pieces)


def refuse_open_tag(text: str) -> None:
    """Check that each `{{` has its `}}`.

    Raises:
        TemplateError: one has none.
    """
    found = tags(text)
    opened = text.find("{{", found[-1].end if found else 0)
    if opened >= 0:
        raise TemplateError(
            f'Cannot find end tag="}}}}" in the template={quote(text)} starting from {quote(text[opened + 2 :])}'
        )


class _Replacer:
    def __init__(self, scope: Scope, strict: _Strictness) -> None:
        self.scope = scope
        self.strict = strict
        self._environment: ArgoEnvironment | None = None

    @property
    def environment(self) -> ArgoEnvironment:
        if self._environment is None:
            self._environment = argo_environment(self.scope)
        return self._environment

    def value(self, tag: Tag) -> str:
        return self.simple(tag) if tag.kind is TagKind.SIMPLE else self.expression(tag)

    # --- simple tags

    def simple(self, tag: Tag) -> str:
        """Source: simpleReplaceStrict."""
        key = tag.key
        if key in self.scope:
            return self.present(tag, self.scope[key])
        nested = self.nested(tag)
        if nested is not None:
            return nested
        must = self.strict.must_resolve is not None and self.strict.must_resolve(key)
        if must and not (self.strict.allows_artifacts and ".outputs.artifacts." in key):
            raise _error(f"failed to resolve {{{{{tag.text}}}}}")
        return f"{{{{{tag.text}}}}}"

    def present(self, tag: Tag, value: object) -> str:
        if value is ABSENT:
            raise _error(
                f"unable to substitute {{{{{tag.text}}}}}: output is an absent optional (skipped/omitted node with no default)"
            )
        if not isinstance(value, str):
            raise _error(f"failed to resolve {{{{{tag.text}}}}} to string")
        return quote(value)[1:-1]

    def nested(self, tag: Tag) -> str | None:
        """`{{a.{{b}}` with b replaced: the outer tag is left open for the next pass."""
        outer, braces, inner = tag.text.rpartition("{{")
        if not braces or not outer or inner not in self.scope:
            return None
        value = self.scope[inner]
        if value is ABSENT:
            raise _error(f"unable to substitute nested tag {{{{{tag.text}}}}}: {quote(inner)} is an absent optional")
        return f"{{{{{outer}{quote(value)[1:-1]}" if isinstance(value, str) else None

    # --- expressions

    def expression(self, tag: Tag) -> str:
        """Source: expressionReplaceStrict."""
        source = tag.expression
        if source is None:
            as_json = f'"{tag.text}"'
            raise _error(f"failed to unmarshall JSON expression: {syntax_error(as_json)}")
        try:
            missing = [name for name in identifiers(source) if not has_variable(self.environment, name)]
        except ExprError:
            return self.evaluated(tag, source, missing=[], unresolved_allowed=False)
        must_resolve = self.strict.must_resolve
        for name in missing:
            if must_resolve is not None and must_resolve(name):
                raise _error(f"failed to evaluate expression: {name} is missing")
        return self.evaluated(tag, source, missing, unresolved_allowed=bool(missing) or must_resolve is None)

    def evaluated(self, tag: Tag, source: str, missing: list[str], *, unresolved_allowed: bool) -> str:
        """Source: expressionReplaceCore."""
        as_it_is = f"{{{{={tag.text}}}}}"
        if unresolved_allowed and not LATE_VARIABLES.isdisjoint(missing):
            return as_it_is
        may_fail = unresolved_allowed or self.scope.has_placeholder()
        try:
            value = evaluate_plain(source, self.environment)
        except UnsupportedExpression:
            raise
        except ExprError as error:
            if may_fail:
                return as_it_is
            raise _error(f"failed to evaluate expression: {error}") from None
        if value is None:
            if may_fail:
                return as_it_is
            raise _error(f"failed to evaluate expression {quote(tag.text)}")
        try:
            marshalled = gojson.marshal(value)
        except gojson.UnsupportedJsonValue as error:
            if unresolved_allowed:
                return as_it_is
            raise _error(f"failed to marshal evaluated expression: {error}") from None
        return in_json_string(marshalled)


def in_json_string(marshalled: str) -> str:
    """A JSON value as it is inserted into a JSON string: of a text what is in its quotes, all else quoted by Go's rules."""
    if len(marshalled) > 1 and marshalled[0] == marshalled[-1] == '"':
        return marshalled[1:-1]
    return quote(marshalled)[1:-1]


# --- references


def resolve_variable(text: str, scope: Scope | Mapping[str, object]) -> tuple[str, Any]:
    """What `valueFrom.parameter` or an artifact's `from` names: the variable, and its value.

    Raises:
        TemplateError: there is no such variable.
    Source: util/template/resolve_var.go, which gives an expression the variables by their dotted keys only, and no functions.
    """
    variables = _as_scope(scope)
    tag = trim_space(text.removeprefix("{{").removesuffix("}}"))
    if not tag.startswith("="):
        if tag not in variables:
            raise _error(f"Unable to resolve: {quote(tag)}")
        return tag, variables[tag]
    expression = _without_html_escapes(tag[1:])
    try:
        value = evaluate_plain(expression, variables)
    except ExprError:
        raise _error(f"Unable to compile: {quote(expression)}") from None
    if value is None:
        raise _error(f"Unable to resolve: {quote(tag)}")
    return tag, value


def is_absent_reference(value: str, scope: Scope | Mapping[str, object]) -> bool:
    """Whether an argument is just one simple tag, of an ABSENT variable: then the consumer's own default applies.

    Source: workflow/controller/scope.go, absentOptionalRef.
    """
    if not (value.startswith("{{") and value.endswith("}}")):
        return False
    key = trim_space(value[2:-2])
    return "{{" not in key and "}}" not in key and key in scope and scope[key] is ABSENT
