"""Checks of templates that run something themselves.

Source: validateLeaf in workflow/validate, ContainerSetTemplate.Validate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from airflow_argo.argo.templates import TemplateScope
from airflow_argo.argo.validation.faults import InvalidSpec
from airflow_argo.argo.validation.parts import check_names
from airflow_argo.argo.validation.variables import is_placeholder

Part = Mapping[str, Any]

_ACTIONS: Final = ("get", "create", "apply", "delete", "replace", "patch")


def check_leaf(template: Part, scope: TemplateScope) -> None:
    """All but the variables of a template without tasks or steps.

    Args:
        scope: where the template is from.
    Raises:
        InvalidSpec: something is wrong with it.
    """
    name = template.get("name", "")
    if template.get("container") is not None:
        _check_mounts(f"templates.{name}", template)
        _check_image(f"templates.{name}", "container", template, scope)
    if template.get("containerSet") is not None:
        _check_container_set(f"templates.{name}", template)
    for sidecar in template.get("sidecars") or []:
        _check_not_reserved(f"templates.{name}.sidecars", sidecar)
    if template.get("resource") is not None:
        _check_resource(f"templates.{name}", template["resource"])
    if template.get("script") is not None:
        _check_image(f"templates.{name}", "script", template, scope)
    _check_deadline(f"templates.{name}.activeDeadlineSeconds", template.get("activeDeadlineSeconds"))
    if template.get("parallelism") is not None:
        raise InvalidSpec(f"templates.{name}.parallelism is only valid for steps and dag templates")


def _check_mounts(place: str, template: Part) -> None:
    mounted: dict[str, str] = {}
    for index, mount in enumerate(template["container"].get("volumeMounts") or []):
        path = mount["mountPath"]
        if path in mounted:
            raise InvalidSpec(f"{place}.container.volumeMounts[{index}].mountPath '{path}' already mounted in {mounted[path]}")
        mounted[path] = f"container.volumeMounts.{mount['name']}"
    for index, artifact in enumerate((template.get("inputs") or {}).get("artifacts") or []):
        path = artifact["path"]
        if path in mounted:
            raise InvalidSpec(f"{place}.inputs.artifacts[{index}].path '{path}' already mounted in {mounted[path]}")
        mounted[path] = f"inputs.artifacts.{artifact['name']}"


def _check_image(place: str, kind: str, template: Part, scope: TemplateScope) -> None:
    """An image is there, or a default one in the same document; a ClusterWorkflowTemplate's defaults don't count."""
    if template[kind].get("image"):
        return
    defaults = (scope.defaults or {}) if scope.kind != "cluster" else {}
    if not (defaults.get(kind) or {}).get("image"):
        raise InvalidSpec(f"{place}.{kind}.image may not be empty")


def _check_container_set(place: str, template: Part) -> None:
    containers: Sequence[Part] = template["containerSet"].get("containers") or []
    if not containers:
        raise InvalidSpec(f"{place}.containerSet.containers must have at least one container")
    try:
        check_names(containers)
    except InvalidSpec as error:
        raise InvalidSpec(f"{place}.containerSet.containers{error}") from None
    needed = {container["name"]: container.get("dependencies") or [] for container in containers}
    for name, others in needed.items():
        for other in others:
            if other not in needed:
                raise InvalidSpec(f"{place}.containerSet.containers.{name} dependency '{other}' not defined")
    cycle = find_cycle(needed)
    if cycle:
        raise InvalidSpec(f"{place}.containerSet.containers dependency cycle detected: {'->'.join(cycle)}")
    inputs, outputs = template.get("inputs") or {}, template.get("outputs") or {}
    wanted = inputs.get("artifacts") or outputs.get("parameters") or outputs.get("artifacts")
    if wanted and "main" not in needed:
        raise InvalidSpec(f'{place}.containerSet.containers must have a container named "main" for input or output')
    for container in containers:
        _check_not_reserved(f"{place}.containerSet.containers", container)


def find_cycle(needed: Mapping[str, Iterable[str]]) -> list[str]:
    """A cycle in a graph of what needs what, its first name again at its end; empty if there is none."""
    done: set[str] = set()
    for start in needed:
        if start in done:
            continue
        path: dict[str, None] = {start: None}
        stack = [(start, iter(needed[start]))]
        while stack:
            name, rest = stack[-1]
            other = next((one for one in rest if one not in done), None)
            if other is None:
                done.add(name)
                stack.pop()
                path.pop(name)
            elif other in path:
                names = list(path)
                return [*names[names.index(other) :], other]
            else:
                path[other] = None
                stack.append((other, iter(needed[other])))
    return []


def _check_not_reserved(place: str, container: Part) -> None:
    name = container.get("name") or ""
    if name in ("wait", "supervisor") or name.startswith("artifact-plugin-"):
        raise InvalidSpec(f'{place}: "{name}" is a reserved Argo container name')


def _check_resource(place: str, resource: Part) -> None:
    action = resource.get("action") or ""
    if not is_placeholder(action) and action not in _ACTIONS:
        raise InvalidSpec(f"{place}.resource.action must be one of: {', '.join(_ACTIONS)}")
    if action in ("delete", "get"):
        return
    if not resource.get("manifest") and not resource.get("manifestFrom"):
        raise InvalidSpec(f"either {place}.resource.manifest or {place}.resource.manifestFrom must be specified")
    if resource.get("manifest") and resource.get("manifestFrom"):
        raise InvalidSpec("shouldn't have both `manifest` and `manifestFrom` specified in `Manifest` for resource template")


def _check_deadline(place: str, seconds: object) -> None:
    if seconds is None or is_placeholder(seconds):
        return
    text = str(seconds)
    if text.startswith("{{") and text.endswith("}}"):
        return
    if not text.lstrip("+").isdecimal():
        raise InvalidSpec(f"{place} must be a positive integer > 0 or an argo variable")
