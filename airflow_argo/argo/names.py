"""What Argo and Kubernetes take as names, and a map from any id to one. Source: workflow/validate, ancestry.go, the CRDs."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from typing import Final

from airflow_argo.argo.limits import MAX_LABEL_VALUE, MAX_TASK_NAME, MAX_WORKFLOW_NAME

TASK_NAME: Final = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*\Z")
"""Templates, tasks and steps."""

PARAMETER_NAME: Final = re.compile(r"[-a-zA-Z0-9_]+\Z")

OBJECT_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
"""Kubernetes objects: a DNS subdomain."""

LABEL_VALUE: Final = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?\Z")

DEPENDS_WORDS: Final = frozenset(
    [
        "and",
        "contains",
        "else",
        "endsWith",
        "false",
        "if",
        "in",
        "let",
        "matches",
        "nil",
        "not",
        "or",
        "startsWith",
        "true",
    ]
)
"""Task names that expr reads as its own words, so that every `depends` with them is an Error."""

_HASH_LENGTH = 8
_SUFFIX_LENGTH = 6
"""Of what a generateName puts behind a name, its hyphen included."""


def is_task_name(name: str) -> bool:
    """Whether a DAG task may have this name, and others may depend on it."""
    return (
        TASK_NAME.match(name) is not None and len(name) <= MAX_TASK_NAME and not name[0].isdigit() and name not in DEPENDS_WORDS
    )


def is_object_name(name: str, limit: int = 253) -> bool:
    """Whether a Kubernetes object may have this name."""
    return len(name) <= limit and OBJECT_NAME.match(name) is not None


def is_label_value(value: str) -> bool:
    """Whether a label may have this value."""
    return len(value) <= MAX_LABEL_VALUE and LABEL_VALUE.match(value) is not None


def is_label_key(key: str) -> bool:
    """Whether a label or an annotation may have this name: a domain and a slash may be in front."""
    prefix, slash, name = key.rpartition("/")
    return bool(name) and is_label_value(name) and (not slash or is_object_name(prefix))


def task_names(ids: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """A name for each id, no two alike, in the order of `ids`.

    An id that is a name stays as it is. Any other becomes one by putting a hyphen for whatever a name can't hold
    (`load_data` → `load-data`); where that is another's name, reserved, or says too little, a hash of the id follows it.
    The name of an id depends on its neighbours only where they would clash.

    Args:
        ids: any text, each once.
        taken: names that none may get.
    """
    ordered, used = tuple(ids), set(taken)
    own = {text for text in ordered if is_task_name(text) and text not in used}
    used |= own
    slugs = {text: task_slug(text) for text in ordered if text not in own}
    claims = Counter(slugs.values())
    names = {}
    for text in ordered:
        name = text if text in own else slugs[text]
        if text not in own and (claims[name] > 1 or name in used or not is_task_name(name)):
            name = _hashed(name, text, used)
        used.add(name)
        names[text] = name
    return names


def task_slug(text: str) -> str:
    """The text with a hyphen for each run of characters that a name can't hold; may be empty, or no name yet."""
    return re.sub(r"[^a-zA-Z0-9]+", "-", text).strip("-")


def object_name(text: str, limit: int) -> str:
    """A Kubernetes name made from any text: lower case, hyphens, and a hash behind it where that loses something.

    `Daily_Load` → `daily-load`: case and separators alone are no loss worth a hash.
    """
    slug = task_slug(text).lower()
    kept = re.sub(r"[-_. ]+", "-", text).strip("-").lower()
    if slug == kept and 0 < len(slug) <= limit:
        return slug
    return f"{slug[: limit - _HASH_LENGTH - 1].rstrip('-') or 'x'}-{_digest(text)[:_HASH_LENGTH]}"


def workflow_name(text: str) -> str:
    """The name of a workflow of any name as a Kubernetes name, which leaves room for what makes a run's name of it."""
    return object_name(text, MAX_WORKFLOW_NAME - _SUFFIX_LENGTH)


def limits_name(workflow: str) -> str:
    """The name of the ConfigMap with the sizes of a workflow's semaphores."""
    return f"{object_name(workflow, MAX_WORKFLOW_NAME - len('-limits'))}-limits"


def renamed(names: Mapping[str, str]) -> dict[str, str]:
    """Of a map id → name, those that differ, as name → id: what has to be written down to get the ids back."""
    return {name: text for text, name in names.items() if name != text}


def _hashed(slug: str, text: str, used: Container[str]) -> str:
    head = slug[: MAX_TASK_NAME // 2].rstrip("-") or "x"
    if head[0].isdigit():
        head = f"x-{head}"
    candidates = (f"{head}-{_digest(text)[:length]}" for length in (_HASH_LENGTH, 2 * _HASH_LENGTH, 6 * _HASH_LENGTH))
    return next(name for name in candidates if name not in used)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
