"""Values that are too large for a parameter: they travel in a file, an artifact of the pod, and the report has marks for them.

The file is JSON, key → base64 of JSON; a key is the digest of what it stands for, so that readers of several files need not
know which task made which.
"""

from __future__ import annotations

import glob
import json
import os
from functools import lru_cache
from typing import Any, Callable, Dict, List

FILE = "/tmp/airflow-argo-large.json"
GIVEN = "/tmp/airflow-argo/large-*"
"""The files of other tasks. One that a task didn't make is missing, or a folder."""

Report = Dict[str, Any]


class NotHere(LookupError):
    """A value is in an artifact that whoever wants it doesn't have."""


def set_aside(report: Report, how: Dict[str, Any], most: int, mark: Callable[[Any], str]) -> Report:
    """The report with marks for its large values, which go into the file.

    Args:
        how: `over`: bytes of JSON, larger values are large; `never`: names of outputs that stay, since Argo reads them.
        most: bytes that the report may have; where it has more, the largest values are large.
        mark: makes what stands for a value from [key, bytes].
    """
    import hashlib  # few tasks have such values, and it takes longer than the rest of this module

    report = {**report, "pushed": dict(report["pushed"])}
    places: List[Any] = [(report["pushed"], key, key) for key in report["pushed"]]
    if "value" in report:
        places.append((report, "value", "return_value"))
    size, large = len(json.dumps(report)), {}
    for holder, key, name in sorted(places, key=lambda place: len(place[0][place[1]]), reverse=True):
        text = holder[key]
        length = len(text) * 3 // 4
        if name in how["never"] or (length <= how["over"] and size <= most):
            continue
        digest = hashlib.sha256(text.encode()).hexdigest()
        marked = mark([digest, length])
        if len(marked) < len(text):
            large[digest], holder[key] = text, marked
            size -= len(text) - len(marked)
    if large:
        with open(FILE, "w", encoding="utf-8") as file:
            json.dump(large, file)
    return report


@lru_cache(maxsize=None)
def values_of(path: str) -> Dict[str, str]:
    """What is in a file, which stays as it is while the pod lives."""
    with open(path, encoding="utf-8") as file:
        values: Dict[str, str] = json.load(file)
    return values


def found(key: str, length: int) -> str:
    """Base64 of the JSON that a mark stands for.

    Raises:
        NotHere: no file that this pod was given has it.
    """
    for path in glob.glob(GIVEN):
        if os.path.isfile(path):
            large = values_of(path)
            if key in large:
                return large[key]
    raise NotHere(f"a value of {length // 1024} KiB is in an artifact of the task that made it, which isn't here")
