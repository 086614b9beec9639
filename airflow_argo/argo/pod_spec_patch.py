"""podSpecPatch: a strategic merge patch of the spec of a pod.

Maps are merged, and null removes. Lists are replaced, but for those whose items Kubernetes tells apart by a key: items with the
same key are merged, new ones come first. Source: ApplyPodSpecPatch in workflow/util/util.go; apimachinery's strategicpatch, as
an API server showed it; the patchMergeKeys of k8s.io/api/core/v1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import yaml

MERGE_KEYS: Final[Mapping[str, str]] = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "volumes": "name",
    "imagePullSecrets": "name",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
    "resourceClaims": "name",
    "schedulingGates": "name",
    "env": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "ports": "containerPort",
}
"""By the name of a list in a pod's spec: what tells its items apart."""

DIRECTIVES: Final = ("$patch", "$retainKeys", "$setElementOrder/", "$deleteFromPrimitiveList/")
"""Keys by which a patch says how it is to be merged."""

Spec = Mapping[str, Any]


class InvalidPatch(Exception):
    """A patch is none; `args[0]` says why."""


def read_patch(text: str) -> dict[str, Any]:
    """The patch of a text, which is YAML or JSON.

    Raises:
        InvalidPatch: it is neither, or no object.
    """
    try:
        found = yaml.load(text, yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise InvalidPatch(str(error).splitlines()[0]) from None
    if not isinstance(found, dict):
        raise InvalidPatch("it is no object")
    return found


def directives_in(found: Any) -> Iterator[str]:
    """The directives of a patch, which `patched` doesn't know."""
    if isinstance(found, dict):
        yield from (key for key in found if str(key).startswith(DIRECTIVES))
        for value in found.values():
            yield from directives_in(value)
    elif isinstance(found, list):
        for value in found:
            yield from directives_in(value)


def patched(before: Spec, patch: Spec) -> dict[str, Any]:
    """The spec, or a part of it, after a patch without directives."""
    after = dict(before)
    for field, value in patch.items():
        there = before.get(field)
        if value is None:
            after.pop(field, None)
        elif isinstance(value, Mapping) and isinstance(there, Mapping):
            after[field] = patched(there, value)
        elif isinstance(value, list) and isinstance(there, list) and field in MERGE_KEYS:
            after[field] = _merged(there, value, MERGE_KEYS[field])
        else:
            after[field] = _without_nulls(value)
    return after


def _merged(before: Sequence[Spec], patch: Sequence[Spec], key: str) -> list[Any]:
    """The items of both lists. Those of the patch keep its order; others come before one only if they stood before that."""
    places = {item.get(key): place for place, item in enumerate(before)}
    by_key = {item.get(key): item for item in before}
    named = [patched(by_key.get(item.get(key), {}), item) for item in patch]
    others = [item for item in before if item.get(key) not in {one.get(key) for one in patch}]
    made: list[Any] = []
    for item in named:
        place = places.get(item.get(key))
        while others and place is not None and places[others[0].get(key)] < place:
            made.append(others.pop(0))
        made.append(item)
    return made + others


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(part) for key, part in value.items() if part is not None}
    return value
