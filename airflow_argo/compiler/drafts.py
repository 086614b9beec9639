"""A template in the making: what varies between its uses is a parameter, whose argument each caller writes in its own scope."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from airflow_argo.compiler import calls, words
from airflow_argo.compiler.code import tag
from airflow_argo.compiler.expressions import exists, text_of
from airflow_argo.compiler.scope import Scope, parameter_name, unused
from airflow_argo.model.values import Carried, Input, Item, Member, Output, SameItem, SecretText, Value, sources_of

Dict = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Escaped:
    """An argument for `words.reading`."""

    value: Value


@dataclass(frozen=True, slots=True)
class Quoted:
    """An argument that is put inside a JSON string of a resource's manifest."""

    value: Value


@dataclass(frozen=True, slots=True)
class Encoded:
    """An argument that is the base64 of a file's text."""

    value: Value


@dataclass(frozen=True, slots=True)
class Bare:
    """An argument that only expressions read: a value's text as it is."""

    value: Value


@dataclass(frozen=True, slots=True)
class Plain:
    """An argument known now."""

    text: str


Argument = Escaped | Quoted | Encoded | Bare | Plain | calls.Leaves


@dataclass(slots=True)
class Draft:
    """A template without its name, and what its callers pass to it."""

    body: Dict
    arguments: dict[str, Argument] = field(default_factory=dict)
    secrets: dict[SecretText, str] = field(default_factory=dict)

    def secret(self, secret: SecretText) -> str:
        """The environment variable that holds a text of a Secret."""
        return self.secrets.setdefault(secret, calls.secret_variable(len(self.secrets)))

    def parameter(self, argument: Escaped | Quoted | Encoded) -> str:
        """The input parameter for a value, the same for each use of it."""
        for name, known in self.arguments.items():
            if known == argument:
                return name
        name = unused(_value_name(argument.value), self.arguments)
        self.arguments[name] = argument
        return name


def argument(source: Argument, scope: Scope, step: str) -> str | None:
    """The text of an argument in the scope of the caller; None if the template's default will do."""
    match source:
        case Plain(text=text):
            return text
        case Escaped(value=value):
            return words.escaped(value, scope, what=f"a value for {step}")
        case Quoted(value=value):
            return tag(f"replace(replace(toJson({text_of(value, scope)}), '{{', '\\\\u007b'), '$', '\\\\u0024')[1:-1]")
        case Encoded(value=value):
            return tag(f"sprig.b64enc({text_of(value, scope)})")
        case Bare(value=value):
            return tag(text_of(value, scope))
        case calls.Leaves():
            return source.argument(scope)


def guards(source: Argument, scope: Scope) -> list[str]:
    """Conditions without which an argument can't be written: that the values exist."""
    match source:
        case Escaped(value=value) | Quoted(value=value) | Encoded(value=value) | Bare(value=value):
            return [exists(value, scope)]
        case calls.Leaves():
            return [exists(value, scope) for value in source.values]
        case _:
            return []


def _value_name(value: Value) -> str:
    match value:
        case Input(name=name) | Item(axis=name) | Carried(name=name):
            return parameter_name(name)
        case Output(step=step, name=name) | SameItem(of=Output(step=step, name=name)):
            return parameter_name(step if name in ("return_value", "result") else name)
        case Member(key=str() as name):
            return parameter_name(name)
        case _:
            sources = sources_of(value)
            return _value_name(sources[0]) if sources and sources[0] != value else "value"
