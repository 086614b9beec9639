"""Which podSpecPatches the engine can do, found before anything runs: on containers that there are, by fields that it does."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from airflow_argo.argo.pod_spec_patch import InvalidPatch, directives_in, read_patch
from airflow_argo.local.controller.pod_patch import OF_ARGO, containers_of

_TAG: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_VOLUMES: Final = frozenset({"name", "emptyDir", "configMap", "secret"})
OF_PLACES: Final = frozenset(
    {"imagePullSecrets", "runtimeClassName", "hostNetwork", "dnsPolicy", "dnsConfig", "hostname", "subdomain", "nodeName"}
    | {"nodeSelector", "affinity", "tolerations", "topologySpreadConstraints", "priorityClassName", "preemptionPolicy"}
    | {"schedulerName", "terminationGracePeriodSeconds", "enableServiceLinks", "overhead", "securityContext"}
    | {"serviceAccountName", "hostUsers", "setHostnameAsFQDN", "schedulingGates", "readinessGates", "os", "resources"}
    | {"resourceClaims", "automountServiceAccountToken"}
)
"""Fields of a pod about where and as whom it runs, and with what, which mean nothing here in a template either."""


def refusals(text: Any, template: Mapping[str, Any], fields: Collection[str]) -> Iterator[str]:
    """Why a patch of a template's pod can't be applied.

    Args:
        fields: those of a container that are done, or mean nothing here.
    """
    if template.get("resource") or not any(template.get(kind) for kind in ("container", "script", "containerSet")):
        return
    try:
        patch = read_patch(_TAG.sub("tag", str(text)))
    except InvalidPatch as error:
        yield f"it is no patch of a pod: {error}"
        return
    for directive in directives_in(patch):
        yield f"its directive {directive} isn't known here"
    names = {
        "containers": {one["name"] for one in containers_of(template)},
        "initContainers": {one["name"] for one in template.get("initContainers") or []},
    }
    for field, value in patch.items():
        if field in names:
            yield from _of_containers(value or [], names[field], fields, is_script=bool(template.get("script")))
        elif field == "volumes":
            unknown = {key for one in value or [] for key in one} - _VOLUMES
            yield from (f"its volume is a {one}, which can be no folder here" for one in sorted(unknown))
        elif field not in OF_PLACES:
            yield f"it sets {field} of a pod, and there is none"


def _of_containers(found: list[Any], names: set[str], fields: Collection[str], *, is_script: bool) -> Iterator[str]:
    for item in found:
        name = item.get("name")
        if name in OF_ARGO:
            continue
        if name not in names:
            yield f"its pod has no container '{name}'"
        for field in sorted(item.keys() - set(fields)):
            if not field.startswith("$"):  # a directive, which is said already
                yield f"it sets {field} of a container"
        if is_script and name == "main" and "args" in item:
            yield "a script's file is among the arguments that it replaces"
