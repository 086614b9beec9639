"""podSpecPatch, for what of a pod is known here: its containers and volumes. What else it says is about places.

Source: createWorkflowPod, which patches before it puts its own program in front of the commands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from airflow_argo.argo.pod_spec_patch import InvalidPatch, patched, read_patch
from airflow_argo.local.controller.faults import Fault

MAIN: Final = "main"
OF_ARGO: Final = frozenset({"init", "wait", "supervisor"})
"""Argo's own containers, of which there are none here."""

PATCHED: Final = ("containers", "initContainers", "volumes")

Template = Mapping[str, Any]


def patch_template(template: Template, volumes: Sequence[Any], patches: Sequence[str]) -> dict[str, Any]:
    """The template after patches of its pod, one after the other; the volumes of the workflow are among its own then.

    Raises:
        Fault: one is no patch.
    """
    spec: dict[str, Any] = {
        "containers": list(containers_of(template)),
        "initContainers": list(template.get("initContainers") or []),
        "volumes": [*volumes, *(template.get("volumes") or [])],
    }
    try:
        for text in patches:
            spec = patched(spec, _known(read_patch(text)))
    except InvalidPatch as error:
        raise Fault(f"Error applying PodSpecPatch: {error}") from None
    after = {**template, "initContainers": spec["initContainers"], "volumes": spec["volumes"]}
    return {**after, **_put_back(template, {one["name"]: one for one in spec["containers"]})}


def containers_of(template: Template) -> Iterator[dict[str, Any]]:
    """The containers of a template's pod, by their names there; a script's is the one that runs it."""
    if template.get("containerSet"):
        yield from template["containerSet"]["containers"]
    for kind in ("container", "script"):
        if template.get(kind):
            yield {**template[kind], "name": MAIN}
    yield from template.get("sidecars") or []


def _known(patch: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {field: value for field, value in patch.items() if field in PATCHED and value is not None}
    for field in ("containers", "initContainers"):
        if field in found:
            found[field] = [one for one in found[field] if one.get("name") not in OF_ARGO]
    return found


def _put_back(template: Template, containers: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if template.get("containerSet"):
        names = [one["name"] for one in template["containerSet"]["containers"]]
        made["containerSet"] = {**template["containerSet"], "containers": [containers[name] for name in names]}
    for kind in ("container", "script"):
        if template.get(kind):
            made[kind] = containers[MAIN]
    if template.get("sidecars"):
        made["sidecars"] = [containers[one["name"]] for one in template["sidecars"]]
    return made
