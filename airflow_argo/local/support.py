"""What of a manifest the engine does; what it leaves out, as it matters only on Kubernetes; what it refuses, and why.

One table over all fields that Argo knows. Whoever adds a field to the schema has to say here what the engine makes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from airflow_argo.argo.templates import TemplateLibrary, TemplateScope, template_type
from airflow_argo.argo.validation.schema import Field, fields_below
from airflow_argo.diagnostics import Diagnostic
from airflow_argo.local.documents import Document
from airflow_argo.local.patch_support import refusals as refusals_of_patch
from airflow_argo.local.pods.artifacts import REPOSITORY
from airflow_argo.local.pods.plan import Objects, known_field
from airflow_argo.local.resource_support import created_specs, refusals

FIELD_CODE: Final = "AA501"
OBJECT_CODE: Final = "AA502"

DONE: Final[Mapping[str, str]] = {
    "WorkflowSpec": "templates entrypoint arguments serviceAccountName volumes volumeClaimTemplates parallelism suspend onExit "
    "activeDeadlineSeconds priority shutdown workflowTemplateRef synchronization retryStrategy podMetadata templateDefaults "
    "hooks workflowMetadata podSpecPatch",
    "WorkflowTemplateRef": "name clusterScope",
    "WorkflowMetadata": "labels annotations labelsFrom",
    "LabelFrom": "expression",
    "Metadata": "labels annotations name namespace",
    "Template": "name inputs outputs metadata steps container containerSet script resource dag suspend volumes initContainers "
    "sidecars activeDeadlineSeconds retryStrategy parallelism failFast synchronization timeout pendingTimeout annotations "
    "podSpecPatch",
    "Inputs": "parameters artifacts",
    "Outputs": "parameters artifacts result exitCode",
    "Arguments": "parameters artifacts",
    "Parameter": "name default value valueFrom globalName enum description",
    "ValueFrom": "path parameter supplied configMapKeyRef default expression jsonPath jqFilter",
    "KeyRef": "name key optional",
    "Artifact": "name path mode from raw globalName archive optional subPath recurseMode fromExpression s3 gcs oss",
    "RawLocation": "data",
    "Archive": "tar none zip",
    "DAG": "target tasks failFast",
    "Task": "name template inline arguments templateRef withItems withParam withSequence when continueOn onExit hooks "
    "dependencies depends",
    "Step": "name template inline arguments templateRef withItems withParam withSequence when continueOn onExit hooks",
    "TemplateRef": "name template clusterScope",
    "Sequence": "count start end format",
    "ContinueOn": "error failed",
    "Hook": "template arguments templateRef expression",
    "Container": "name image command args workingDir envFrom env volumeMounts",
    "UserContainer": "name image command args workingDir envFrom env volumeMounts mirrorVolumeMounts",
    "SetContainer": "name image command args workingDir envFrom env volumeMounts dependencies",
    "Script": "name image command args workingDir envFrom env volumeMounts source",
    "ContainerSet": "volumeMounts containers retryStrategy",
    "SetRetry": "duration retries",
    "Suspend": "duration",
    "Resource": "action manifest successCondition failureCondition setOwnerReference mergeStrategy flags",
    "EnvVar": "name value valueFrom",
    "EnvSource": "fieldRef configMapKeyRef secretKeyRef",
    "FieldRef": "apiVersion fieldPath",
    "EnvFrom": "prefix configMapRef secretRef",
    "ObjectRef": "name optional",
    "VolumeMount": "name mountPath subPath",
    "Volume": "name emptyDir configMap secret",
    "ClaimTemplate": "metadata",
    "RetryStrategy": "limit retryPolicy backoff expression",
    "Backoff": "duration factor maxDuration cap",
    "Synchronization": "semaphores mutexes",
    "Semaphore": "configMapKeyRef namespace",
    "Mutex": "name namespace",
    "CronSpec": "workflowSpec workflowMetadata",
}
"""By object of the schema: the fields that mean here what they mean on Argo."""

_PLACE = "where a pod runs"
_IDENTITY = "as whom a pod runs: tasks run as you"
_AFTERWARDS = "what becomes of things afterwards: the run's folder is kept"
_IMAGE = "how images are pulled"
_METRICS = "what the controller reports"
_ARTIFACTS = "where artifacts are put: they are files in the run's folder"
_SIZE = "how much a pod may use"
_TERMINAL = "terminals: standard input is empty"
_SCHEDULE = "when runs start, and how many: this is one of them"
_CONTAINER: Final = {
    "ports": "what a container listens on",
    "resources resizePolicy": _SIZE,
    "imagePullPolicy": _IMAGE,
    "securityContext": _IDENTITY,
    "stdin stdinOnce tty": _TERMINAL,
    "terminationMessagePath": "where a container leaves its last words",
    "readinessProbe": "whether a Service sends requests",
}

IGNORED: Final[Mapping[str, Mapping[str, str]]] = {
    "WorkflowSpec": {
        "nodeSelector affinity tolerations schedulerName podPriorityClassName hostNetwork dnsPolicy dnsConfig": _PLACE,
        "automountServiceAccountToken executor securityContext": _IDENTITY,
        "ttlStrategy podGC volumeClaimGC artifactGC archiveLogs": _AFTERWARDS,
        "imagePullSecrets": _IMAGE,
        "metrics": _METRICS,
        "artifactRepositoryRef": _ARTIFACTS,
        "podResources resourceClaims": _SIZE,
        "podDisruptionBudget": "what an administrator may evict",
    },
    "Template": {
        "nodeSelector affinity tolerations schedulerName priorityClassName": _PLACE,
        "serviceAccountName automountServiceAccountToken executor securityContext": _IDENTITY,
        "metrics": _METRICS,
        "archiveLocation": _ARTIFACTS,
        "podResources resourceClaims": _SIZE,
    },
    "Metadata": {"finalizers": _AFTERWARDS},
    "PodGC": {"strategy labelSelector deleteDelayDuration": _AFTERWARDS},
    "Artifact": {"archiveLogs artifactGC deleted": _AFTERWARDS},
    "Container": _CONTAINER,
    "UserContainer": _CONTAINER,
    "SetContainer": _CONTAINER,
    "Script": _CONTAINER,
    "VolumeMount": {"readOnly recursiveReadOnly mountPropagation": "what a container may do to a volume"},
    "ClaimTemplate": {"apiVersion kind spec status": "how large a volume is: it is a folder of the run"},
    "RetryStrategy": {"affinity": _PLACE},
    "CronSpec": {
        "schedules timezone concurrencyPolicy suspend startingDeadlineSeconds when stopStrategy": _SCHEDULE,
        "successfulJobsHistoryLimit failedJobsHistoryLimit": _AFTERWARDS,
    },
}
"""By object: fields that are left out without changing how a node ends, and what they are about."""

_CONTROLLER = "it runs in Argo's agent, and there is none"
_NAMES = "tasks use the names of this machine"
_PROBE = "the kubelet does that, and there is none"
_DEVICE = "tasks have no devices of a cluster"
_RESTART = "processes are not restarted"
_ELSEWHERE = "artifacts are files of the run, or raw; let a task load it"
_VOLUME = "only emptyDir, configMap and secret can be folders here"
_REFUSED_CONTAINER: Final = {
    "restartPolicy restartPolicyRules": _RESTART,
    "livenessProbe startupProbe lifecycle": _PROBE,
    "volumeDevices": _DEVICE,
    "terminationMessagePolicy": "messages of tasks don't come from their logs",
}

REFUSED: Final[Mapping[str, Mapping[str, str]]] = {
    "WorkflowSpec": {"hostAliases": _NAMES, "executorPlugins": _CONTROLLER},
    "Template": {
        "http plugin": _CONTROLLER,
        "data": "it lists a bucket, which Argo's executor does",
        "daemon": "it lives as long as the template around it, with an address of its own, which processes don't have",
        "hostAliases": _NAMES,
        "memoize": "results are not kept from run to run",
    },
    "ValueFrom": {"event": "events start workflows on a cluster"},
    "Resource": {"manifestFrom": "its object is in an artifact; write it as manifest"},
    "Artifact": {"git http artifactory hdfs azure plugin": _ELSEWHERE},
    "Container": _REFUSED_CONTAINER,
    "UserContainer": _REFUSED_CONTAINER,
    "SetContainer": _REFUSED_CONTAINER,
    "Script": _REFUSED_CONTAINER,
    "EnvSource": {"resourceFieldRef": "processes have no share of a node", "fileKeyRef": "it reads a volume of the kubelet's"},
    "VolumeMount": {"subPathExpr": "use subPath"},
    "Volume": {
        "hostPath gcePersistentDisk awsElasticBlockStore gitRepo nfs iscsi glusterfs persistentVolumeClaim rbd flexVolume "
        "cinder cephfs flocker downwardAPI fc azureFile vsphereVolume quobyte azureDisk photonPersistentDisk projected "
        "portworxVolume scaleIO storageos csi ephemeral image": _VOLUME
    },
    "Semaphore": {"database": "locks of a run are its own"},
    "Mutex": {"database": "locks of a run are its own"},
}
"""By object: fields that would change what happens, and why the engine can't do it."""

_HARMLESS: Final[Mapping[tuple[str, str], Collection[Any]]] = {
    ("Template", "daemon"): (False,),
    ("Mutex", "database"): (False,),
    ("Container", "terminationMessagePolicy"): ("File", ""),
    ("UserContainer", "terminationMessagePolicy"): ("File", ""),
    ("SetContainer", "terminationMessagePolicy"): ("File", ""),
    ("Script", "terminationMessagePolicy"): ("File", ""),
}
"""Values with which a refused field means nothing."""

_PATCHABLE: Final = frozenset({*DONE["Container"].split(), *(name for names in _CONTAINER for name in names.split())})
"""Fields of a container that a podSpecPatch may set."""

_CONTAINERS: Final = ("Container", "UserContainer", "SetContainer", "Script")


def _by_field(table: Mapping[str, Mapping[str, str]]) -> dict[tuple[str, str], str]:
    return {(of, name): reason for of, rows in table.items() for names, reason in rows.items() for name in names.split()}


DONE_FIELDS: Final = frozenset((of, name) for of, names in DONE.items() for name in names.split())
IGNORED_FIELDS: Final = _by_field(IGNORED)
REFUSED_FIELDS: Final = _by_field(REFUSED)


@dataclass(frozen=True, slots=True)
class Support:
    """Judges the parts of a manifest that a run can reach.

    Args:
        objects: the ConfigMaps and Secrets that there are.
        images: containers run in their images.
        documents: all that there are.
        made: kinds of objects that the run itself creates.
    """

    objects: Objects
    images: bool
    documents: Sequence[Document] = ()
    made: frozenset[str] = frozenset()

    def findings(
        self, spec: Mapping[str, Any], library: TemplateLibrary, seen: frozenset[str] = frozenset()
    ) -> list[Diagnostic]:
        """All fields that the engine doesn't do, of a spec and of the templates that can be called from it.

        Args:
            seen: the workflows that are being looked at, which create this one.
        """
        bare = {key: value for key, value in spec.items() if key not in ("templates", "templateDefaults")}
        found = list(self._of(bare, "WorkflowSpec", "spec"))
        for path, template in reachable_templates(bare, library):
            kind = template_type(template)
            if ("Template", kind) in REFUSED_FIELDS:
                found.append(_diagnostic(f"{path}.{kind}", REFUSED_FIELDS["Template", kind]))
                continue
            if kind == "resource":
                found += self._of_resource(template, path, seen)
            found += self._of(template, "Template", path)
            patches = [("spec.podSpecPatch", spec.get("podSpecPatch")), (f"{path}.podSpecPatch", template.get("podSpecPatch"))]
            found += [
                _diagnostic(at, why) for at, patch in patches if patch for why in refusals_of_patch(patch, template, _PATCHABLE)
            ]
        return list(dict.fromkeys(found))

    def _of_resource(self, template: Mapping[str, Any], path: str, seen: frozenset[str]) -> Iterator[Diagnostic]:
        """What is wrong with an action on an object, or in the workflow that it creates."""
        for field, reason in refusals(template):
            yield _diagnostic(f"{path}.{field}", reason)
        for name, spec in created_specs(template, self.documents):
            if spec is None:
                cure = "put the WorkflowTemplate into the file"
                yield Diagnostic(
                    code=OBJECT_CODE, message=f"there is no WorkflowTemplate '{name}'", cure=cure, path=f"{path}.resource"
                )
            elif name not in seen:
                inner = self.findings(spec, TemplateLibrary.of(spec, self.documents, ""), seen | {name})
                yield from (replace(one, path=f"{name}: {one.path}") for one in inner)

    def _of(self, value: Mapping[str, Any], of: str, path: str) -> Iterator[Diagnostic]:
        for field in fields_below(value, of, path):
            reason = REFUSED_FIELDS.get((field.of, field.name))
            if reason is not None and field.value not in _HARMLESS.get((field.of, field.name), (None,)):
                yield _diagnostic(field.path, reason)
            elif (field.of, field.name) in _JUDGES:
                yield from _JUDGES[field.of, field.name](self, field)
            yield from self._containers(field)

    def _containers(self, field: Field) -> Iterator[Diagnostic]:
        """Containers whose command only their image knows."""
        if self.images:
            return
        single = field.of == "Template" and field.name in ("container", "script")
        several = (field.of, field.name) in (
            ("Template", "initContainers"),
            ("Template", "sidecars"),
            ("ContainerSet", "containers"),
        )
        containers = [(field.path, field.value)] if single else []
        if several and isinstance(field.value, list):
            containers = [(f"{field.path}[{index}]", container) for index, container in enumerate(field.value)]
        for path, container in containers:
            if isinstance(container, Mapping) and not container.get("command"):
                cure = "say which command it runs, or run it in its image (isolation docker or podman)"
                reason = "containers are processes here, and only the image knows what it runs"
                yield Diagnostic(code=FIELD_CODE, message=f"there is no command: {reason}", cure=cure, path=f"{path}.command")

    def repository(self, field: Field) -> Iterator[Diagnostic]:
        """A place of an artifact, which may be a key in the run's own repository."""
        if set(field.value or {}) - {"key"}:
            yield _diagnostic(field.path, _ELSEWHERE)

    def field_ref(self, field: Field) -> Iterator[Diagnostic]:
        """What a pod may ask about itself."""
        if "{{" not in str(field.value) and not known_field(str(field.value)):
            yield _diagnostic(field.path, f"a process doesn't know {field.value}")

    def secret(self, field: Field) -> Iterator[Diagnostic]:
        """A reference to a Secret."""
        yield from self._reference(field, "Secret", self.objects.secrets, "secretName" if field.of == "Volume" else "name")

    def config_map(self, field: Field) -> Iterator[Diagnostic]:
        """A container's or volume's reference to a ConfigMap."""
        yield from self._reference(field, "ConfigMap", self.objects.config_maps, "name")

    def _reference(self, field: Field, kind: str, known: Collection[str], key: str) -> Iterator[Diagnostic]:
        name = str((field.value or {}).get(key) or "")
        if kind in self.made or name in known or "{{" in name or (field.value or {}).get("optional"):
            return
        cure = f"put the {kind} into the file, or mark the reference as optional"
        yield Diagnostic(code=OBJECT_CODE, message=f"there is no {kind} '{name}'", cure=cure, path=field.path)


_JUDGES: Final[Mapping[tuple[str, str], Callable[[Support, Field], Iterator[Diagnostic]]]] = {
    **{("Artifact", kind): Support.repository for kind in REPOSITORY},
    ("FieldRef", "fieldPath"): Support.field_ref,
    ("EnvSource", "secretKeyRef"): Support.secret,
    ("EnvFrom", "secretRef"): Support.secret,
    ("Volume", "secret"): Support.secret,
    ("EnvSource", "configMapKeyRef"): Support.config_map,
    ("EnvFrom", "configMapRef"): Support.config_map,
    ("Volume", "configMap"): Support.config_map,
}


def _diagnostic(path: str, reason: str) -> Diagnostic:
    cure = "leave it out, or run the workflow on a cluster"
    return Diagnostic(code=FIELD_CODE, message=f"the embedded engine doesn't do this: {reason}", cure=cure, path=path)


def reachable_templates(spec: Mapping[str, Any], library: TemplateLibrary) -> Iterator[tuple[str, dict[str, Any]]]:
    """The templates that can be called from a spec's entrypoint and hooks, defaults put under them, and where they are."""
    todo = [(library.local, holder) for holder in _first_holders(spec)]
    seen: set[tuple[str, str]] = set()
    while todo:
        scope, holder = todo.pop()
        if holder.get("inline"):
            todo += [(scope, inner) for inner in _holders(holder["inline"])]
            continue
        for inside, name in _named(holder, scope, library):
            if (inside.label, name) in seen:
                continue
            seen.add((inside.label, name))
            template = library.with_defaults(inside.templates[name])
            yield _path(inside, name, library), template
            todo += [(inside, inner) for inner in _holders(template)]


def _first_holders(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for field in ("entrypoint", "onExit"):
        if spec.get(field):
            yield {"template": spec[field]}
    yield from (spec.get("hooks") or {}).values()


def _holders(template: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The tasks, steps and hooks of a template."""
    calls = list((template.get("dag") or {}).get("tasks") or [])
    calls += [step for group in template.get("steps") or [] for step in group]
    for call in calls:
        yield call
        yield from (call.get("hooks") or {}).values()
        if call.get("onExit"):
            yield {"template": call["onExit"]}


def _named(holder: Mapping[str, Any], scope: TemplateScope, library: TemplateLibrary) -> Iterator[tuple[TemplateScope, str]]:
    """The templates that a task may mean; all of a scope if its name is only known when it runs."""
    reference = holder.get("templateRef") or {}
    name = reference.get("template") or holder.get("template") or ""
    if reference:
        scopes = library.cluster if reference.get("clusterScope") else library.namespaced
        found = scopes.get(reference.get("name") or "")
        if found is None:
            return
        scope = found
    names = list(scope.templates) if "{{" in name else [name]
    yield from ((scope, name) for name in names if name in scope.templates)


def _path(scope: TemplateScope, name: str, library: TemplateLibrary) -> str:
    path = f"spec.templates[{list(scope.templates).index(name)}]"
    return path if scope is library.local else f"{scope.document} {scope.name}: {path}"
