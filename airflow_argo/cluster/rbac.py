"""What each operation needs to be allowed to do: the one table for documentation, error messages and Roles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from airflow_argo.cluster.resources import ARGO_GROUP, Call, Manifest


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a Role."""

    group: str
    resource: str
    verbs: tuple[str, ...]

    def as_manifest(self) -> dict[str, Any]:
        """The rule as a Role has it."""
        return {"apiGroups": [self.group], "resources": [self.resource], "verbs": list(self.verbs)}

    def __str__(self) -> str:
        group = self.group or '""'
        return f"{{apiGroups: [{group}], resources: [{self.resource}], verbs: [{', '.join(self.verbs)}]}}"


def _argo(resource: str, *verbs: str) -> Rule:
    return Rule(ARGO_GROUP, resource, verbs)


def _core(resource: str, *verbs: str) -> Rule:
    return Rule("", resource, verbs)


NEEDS: Final[dict[str, tuple[Rule, ...]]] = {
    "submit": (_argo("workflows", "create", "get"),),
    "submit with templates": (
        _argo("workflows", "create", "get"),
        _argo("workflowtemplates", "get", "create", "update"),
        _argo("cronworkflows", "get", "create", "update"),
        _core("configmaps", "get", "create", "update"),
    ),
    "submit from": (
        _argo("workflows", "create", "get"),
        _argo("workflowtemplates", "get"),
        _argo("cronworkflows", "get"),
    ),
    "get": (_argo("workflows", "get"),),
    "list": (_argo("workflows", "list"),),
    "wait": (_argo("workflows", "list", "watch"),),
    "delete": (_argo("workflows", "delete"),),
    "stop": (_argo("workflows", "get", "patch"),),
    "terminate": (_argo("workflows", "get", "patch"),),
    "suspend": (_argo("workflows", "get", "patch"),),
    "resume": (_argo("workflows", "get", "patch"),),
    "retry": (_argo("workflows", "get", "patch"), _core("pods", "list", "watch", "delete")),
    "resubmit": (_argo("workflows", "get", "create"),),
    "logs": (_argo("workflows", "get", "list", "watch"), _core("pods", "list", "watch"), _core("pods/log", "get")),
}
"""By operation of `Cluster`. ClusterWorkflowTemplates (get, create, update) need a ClusterRole, and only where they're used."""


def missing_rule(call: Call) -> Rule:
    """The rule that would have allowed a call that was forbidden."""
    return Rule(call.resource.group, call.rbac_resource, (call.verb,))


def role(namespace: str, operations: Iterable[str] = tuple(NEEDS), name: str = "airflow-argo") -> Manifest:
    """A Role that allows the operations, with the verbs of a resource in one rule.

    Raises:
        KeyError: no operation has such a name.
    """
    verbs: dict[tuple[str, str], dict[str, None]] = {}
    for operation in operations:
        for rule in NEEDS[operation]:
            verbs.setdefault((rule.group, rule.resource), {}).update(dict.fromkeys(rule.verbs))
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": name, "namespace": namespace},
        "rules": [Rule(group, resource, tuple(wanted)).as_manifest() for (group, resource), wanted in verbs.items()],
    }
