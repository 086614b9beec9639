"""Values that are too large for a parameter: they travel in a file, an artifact of the pod, and the report has marks for them.

The file is JSON, digest → base64 of JSON. A mark tells the key of the artifact in Argo's repository, and the digest and the
bytes of what it stands for; by the key, readers were given the file, or a folder of the files of all instances of a task.
"""

from __future__ import annotations

import glob
import json
import os
from functools import lru_cache
from typing import Any, Callable, Dict, List

FILE = "/tmp/airflow-argo-large.json"
GIVEN = "/tmp/airflow-argo/large-*"
"""The files of other tasks, or folders of them. One that there was no need for is missing, or an empty folder."""
REPOSITORIES: List[str] = []
"""Folders in which artifacts lie by their keys. No pod has one, but who looks at the values of runs on this machine."""
KEY = "AIRFLOW_ARGO_LARGE"
"""The variable with the key of the pod's own artifact."""

Report = Dict[str, Any]


class NotHere(LookupError):
    """A value is in an artifact that whoever wants it doesn't have."""


def set_aside(report: Report, how: Dict[str, Any], most: int, mark: Callable[[Any], str]) -> Report:
    """The report with marks for its large values, which go into the file.

    Args:
        how: `over`: bytes of JSON, larger values are large; `never`: names of outputs that stay, since Argo reads them; `key`:
            that of the artifact that the file becomes.
        most: bytes that the report may have; where it has more, the largest values are large.
        mark: makes what stands for a value from [key, digest, bytes].
    """
    import hashlib  # few tasks have such values, and it takes longer than the rest of this module

    report = {**report, "pushed": dict(report["pushed"]), "items": list(report.get("items", ()))}
    places: List[Any] = [(report["pushed"], key, key) for key in report["pushed"]]
    places += [(report["items"], number, "return_value") for number in range(len(report["items"]))]
    if "value" in report:
        places.append((report, "value", "return_value"))
    size, large = len(json.dumps(report)), {}
    for holder, key, name in sorted(places, key=lambda place: len(place[0][place[1]]), reverse=True):
        text = holder[key]
        length = len(text) * 3 // 4
        if name in how["never"] or (length <= how["over"] and size <= most):
            continue
        digest = hashlib.sha256(text.encode()).hexdigest()
        marked = mark([how["key"], digest, length])
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


def found(key: str, digest: str, length: int) -> str:
    """Base64 of the JSON that a mark stands for.

    Raises:
        NotHere: no file that this pod was given has it.
    """
    given = [os.path.join(path, os.path.basename(key)) if os.path.isdir(path) else path for path in glob.glob(GIVEN)]
    for file in [*given, *(os.path.join(folder, key) for folder in REPOSITORIES)]:
        if os.path.isfile(file):
            large = values_of(file)
            if digest in large:
                return large[digest]
    raise NotHere(f"a value of {length // 1024} KiB is in an artifact of the task that made it, which isn't here")
