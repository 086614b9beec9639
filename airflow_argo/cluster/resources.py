"""The kinds of objects that are talked about with the API server: their names, and their places in its URLs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

Manifest = dict[str, Any]
"""A Kubernetes object as JSON has it: `apiVersion`, `kind`, `metadata`, …"""

ARGO_GROUP: Final = "argoproj.io"


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of object. `group` is "" for Kubernetes' own core."""

    kind: str
    plural: str
    group: str = ARGO_GROUP
    version: str = "v1alpha1"
    namespaced: bool = True
    aliases: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """What a manifest says as `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str, name: str = "", subresource: str = "") -> str:
        """The URL's path of the object, or of all of them."""
        root = f"/apis/{self.group}" if self.group else "/api"
        space = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced else ""
        tail = "".join(f"/{quote(part, safe='')}" for part in (name, subresource) if part)
        return f"{root}/{self.version}{space}/{self.plural}{tail}"


WORKFLOWS: Final = Resource("Workflow", "workflows", aliases=("wf",))
WORKFLOW_TEMPLATES: Final = Resource("WorkflowTemplate", "workflowtemplates", aliases=("wftmpl",))
CLUSTER_WORKFLOW_TEMPLATES: Final = Resource(
    "ClusterWorkflowTemplate", "clusterworkflowtemplates", namespaced=False, aliases=("clusterwftmpl", "cwft")
)
CRON_WORKFLOWS: Final = Resource("CronWorkflow", "cronworkflows", aliases=("cronwf", "cwf"))
CONFIG_MAPS: Final = Resource("ConfigMap", "configmaps", group="", version="v1")
PODS: Final = Resource("Pod", "pods", group="", version="v1")
NAMESPACES: Final = Resource("Namespace", "namespaces", group="", version="v1", namespaced=False)

APPLIED_FIRST: Final = {
    resource.kind: resource for resource in (WORKFLOW_TEMPLATES, CLUSTER_WORKFLOW_TEMPLATES, CRON_WORKFLOWS, CONFIG_MAPS)
}
"""What may stand beside a Workflow in a manifest, by kind: it is created or replaced before the workflow is."""


def resource_named(text: str, among: tuple[Resource, ...]) -> Resource | None:
    """The resource that a user calls by its kind, singular, plural or short name, as `argo submit --from` does."""
    word = text.lower()
    for resource in among:
        if word in (resource.kind.lower(), resource.plural, *resource.aliases):
            return resource
    return None


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the API server, in RBAC's words.

    Attributes:
        verb: get, list, watch, create, update, patch or delete.
        query: of the URL; a value that is None is left out.
    """

    verb: str
    resource: Resource
    namespace: str
    name: str = ""
    subresource: str = ""
    query: tuple[tuple[str, str], ...] = ()

    @property
    def method(self) -> str:
        """The HTTP method that RBAC sees as this verb."""
        return _METHODS[self.verb]

    @property
    def path(self) -> str:
        """The URL's path."""
        return self.resource.path(self.namespace, self.name, self.subresource)

    def __str__(self) -> str:
        name = f" '{self.name}'" if self.name else ""
        return f"{self.verb} {self.rbac_resource}{name}"

    @property
    def rbac_resource(self) -> str:
        """The resource as a Role names it, e.g. `pods/log`."""
        return self.resource.plural + (f"/{self.subresource}" if self.subresource else "")


_METHODS: Final = {
    "get": "GET",
    "list": "GET",
    "watch": "GET",
    "create": "POST",
    "update": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
}


def query(**parameters: str | int | bool | None) -> tuple[tuple[str, str], ...]:
    """The parameters of a URL: None and "" are left out, a bool is `true` or `false`."""
    return tuple(
        (key, str(value).lower() if isinstance(value, bool) else str(value))
        for key, value in parameters.items()
        if value is not None and value != ""
    )
