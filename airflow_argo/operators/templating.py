"""Jinja and Argo both write `{{…}}`: what is Argo's own stays as it is while Airflow renders the rest.

Argo's are expressions (`{{=…}}`, which Jinja has not) and tags that begin with a word that Argo's variables begin with.
None of these words is in Airflow's context. A name that the text itself gives to Jinja (`{% for item in … %}`) is Jinja's.
Source: Argo's docs/variables.md; airflow.sdk.definitions.context.Context.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

ARGO_WORDS: Final = frozenset(
    {"cronworkflow", "inputs", "item", "lastRetry", "node", "outputs", "pod", "retries", "steps", "tasks", "workflow"}
)

_TAG: Final = re.compile(r"\{\{\s*(?:=|([A-Za-z]+)\b).*?\}\}", re.DOTALL)
_JINJA_NAMES: Final = re.compile(r"\{%-?\s*(?:for|set)\s+([\w\s,]+?)\s*(?:in\b|=|%\})")
_MARK: Final = re.compile("\ue000(\\d+)\ue001")


def rendered(text: str, render: Callable[[str], Any]) -> Any:
    """What `render` makes of the text, Argo's tags unharmed. A native result (not text) has them in its texts.

    `{{workflow.name}}-{{ ds }}` → `{{workflow.name}}-2026-01-01`
    """
    tags: list[str] = []
    own = _names_of_jinja(text)

    def hide(found: re.Match[str]) -> str:
        word = found[1]
        if word is not None and (word not in ARGO_WORDS or word in own):
            return found[0]
        tags.append(found[0])
        return f"\ue000{len(tags) - 1}\ue001"

    return _restored(render(_TAG.sub(hide, text)), tags)


def _names_of_jinja(text: str) -> frozenset[str]:
    return frozenset(name for names in _JINJA_NAMES.findall(text) for name in re.split(r"[\s,]+", names))


def _restored(value: Any, tags: list[str]) -> Any:
    if isinstance(value, str):
        return _MARK.sub(lambda found: tags[int(found[1])], value) if tags else value
    if isinstance(value, dict):
        return {_restored(key, tags): _restored(one, tags) for key, one in value.items()}
    if isinstance(value, list):
        return [_restored(one, tags) for one in value]
    return value


def shortened(text: str) -> str:
    """The text in quotes, or the start of a long one."""
    return repr(text if len(text) <= 80 else f"{text[:79]}…")
