"""Pieces of expr-lang text, written so that Argo's own scanning can't misread them.

A tag ends at the first `}}` and a `{{` starts one, wherever they stand; so neither may occur in an expression, not even inside
quotes. Source: Argo's util/template.
"""

from __future__ import annotations

import base64
import json
import re

_PLAIN = re.compile(r"[ -~]*\Z")


def tag(code: str) -> str:
    """An expression as it stands in a manifest."""
    return "{{= " + code + " }}"


def as_tag(code: str) -> str:
    """The plain tag of an input parameter, where an expression is just that, else the expression's tag."""
    parameter = re.fullmatch(r"inputs\.parameters\['([-\w]+)'\]", code)
    return f"{{{{inputs.parameters.{parameter[1]}}}}}" if parameter else tag(code)


def quote(text: str) -> str:
    """A text as an expr-lang literal; as base64 where it could be taken for a tag, or isn't plain ASCII."""
    if "{{" in text or "}}" in text or not _PLAIN.match(text):
        return f"sprig.b64dec('{base64_of(text)}')"
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def base64_of(text: str) -> str:
    """What `sprig.b64enc` makes of a text."""
    return base64.b64encode(text.encode()).decode()


def index(name: str) -> str:
    """The key of a map as an index."""
    return f"[{quote(name)}]"


def a_list(codes: list[str]) -> str:
    """A list of expressions."""
    return f"[{', '.join(codes)}]"


def a_map(fields: list[tuple[str, str]]) -> str:
    """A map literal. The last brace stands apart, so that two of them don't end the tag."""
    return "{" + ", ".join(f"{quote(name)}: {code}" for name, code in fields) + " }" if fields else "{ }"


def all_of(codes: list[str]) -> str:
    """The conjunction of some conditions, each already closed."""
    return " && ".join(codes) or "true"


def any_of(codes: list[str]) -> str:
    """The disjunction of some conditions, each already closed."""
    return " || ".join(codes) or "false"


def closed(code: str) -> str:
    """An expression in parentheses, unless it is one word or one call."""
    return code if re.fullmatch(r"[\w.?]+(\([^()]*\))?|'[^']*'", code) else f"({code})"


def given(value: str, code: str) -> str:
    """Code in which `#` stands for a value. Not by `let`: where such an expression fails, Argo leaves it as it is, as text."""
    return f"map([{value}], {code})[0]"


def fails(message: str) -> str:
    """An expression that ends in an Error with a message: `int` of a text that is no number says which text."""
    return f"int({quote(message)})"


def compact_json(value: object) -> str:
    """JSON without spaces, and without any `{{`: its second brace is escaped where it stands in a text."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("{{", "{\\u007b") if "{{" in text else text
