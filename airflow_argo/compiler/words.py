"""Words of command lines and values of environment variables, so that each process gets exactly the author's text.

Two programs rewrite such texts on the way. Argo replaces and evaluates tags, also those inside the values that it put in.
Then the kubelet makes `$$` into `$` and `$(NAME)` into the value of a variable. So whatever could be a tag is written with
`$(_LB)`, a variable that holds one left brace: it becomes a brace only in the kubelet, when Argo is done.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from airflow_argo.argo.limits import MAX_ARGUMENT_BYTES
from airflow_argo.compiler.code import as_tag, fails, given, tag
from airflow_argo.compiler.expressions import text_of
from airflow_argo.compiler.scope import Scope, travels_as_base64
from airflow_argo.model.values import RunDate, Type, Value

LEFT_BRACE = "_LB"
LEFT_BRACE_VARIABLE = {"name": LEFT_BRACE, "value": "{"}
"""The environment variable that texts with braces need; it comes first, since a variable sees only those before it."""

_MAX_BASE64 = MAX_ARGUMENT_BYTES * 4 // 3


def literal(text: str, *, before_tag: bool = False) -> str:
    """A text of the author's, as it stands in a manifest. If a tag follows, its last characters mustn't become part of that."""
    if "$" in text:
        text = re.sub(r"\$(?=[$(]|\{?\Z)" if before_tag else r"\$(?=[$(])", "$$", text)
    if "{" not in text:
        return text
    text = text.replace("{{", f"{{$({LEFT_BRACE})")
    return f"{text[:-1]}$({LEFT_BRACE})" if before_tag and text.endswith("{") else text


def reading(parameter: str, type: Type = Type.TEXT) -> str:
    """The tag that puts an input parameter into a word. For text an expression: a plain tag breaks on control characters."""
    return tag(f"inputs.parameters['{parameter}']") if travels_as_base64(type) else f"{{{{inputs.parameters.{parameter}}}}}"


def escaped(value: Value, scope: Scope, *, what: str) -> str:
    """A value as an argument for `reading`.

    A word of over 128 KiB, which no process can get, and for which Argo would pass the name of a file instead, is an Error.

    Args:
        what: how an error calls the value.
    """
    text = text_of(value, scope)
    if not travels_as_base64(value.type) or isinstance(value, RunDate):
        return as_tag(text)
    too_long = fails(f"{what} is over 128 KiB, too long for a command line")
    word = f"replace(replace({text}, '$', '$$'), '{{', '$({LEFT_BRACE})')"
    return tag(given(word, f"len(sprig.b64enc(#)) < {_MAX_BASE64} ? # : {too_long}"))


def needs_left_brace(words: Iterable[str]) -> bool:
    """Whether some texts of a container may hold `$(_LB)`."""
    return any(f"$({LEFT_BRACE})" in word or "{{=" in word for word in words)
