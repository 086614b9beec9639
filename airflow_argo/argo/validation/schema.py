"""The fields of Argo's objects, in the order in which Argo writes them, with what the full CRDs of v4.1.2 ask of each.

Parts of Kubernetes that Argo only hands on (affinity, probes, …) are not looked into. Source: manifests/base/crds/full,
pkg/apis/workflow/v1alpha1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from airflow_argo.argo.limits import MAX_DAG_TASKS, MAX_PARAMETERS, MAX_TASK_NAME, MAX_TEMPLATES


@dataclass(frozen=True, slots=True)
class Text:
    """A string."""

    pattern: str = ""
    max_length: int | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number; `or_text` if a string will do."""

    minimum: int | None = None
    maximum: int | None = None
    or_text: bool = False


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Not looked into here."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list."""

    item: Type
    minimum: int = 0
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map with any keys."""

    item: Type


@dataclass(frozen=True, slots=True)
class Ref:
    """An object of the table."""

    name: str


Type = Text | Whole | Flag | Anything | ListOf | MapOf | Ref


@dataclass(frozen=True, slots=True)
class Fields:
    """An object's fields in their order, and which of them have to be there."""

    types: Mapping[str, Type]
    required: tuple[str, ...] = ()


TEXT, FLAG, ANY, INT, INT_OR_TEXT = Text(), Flag(), Anything(), Whole(), Whole(or_text=True)
TEXTS, TEXT_MAP = ListOf(TEXT), MapOf(TEXT)
TASK_NAME = Text("^[a-zA-Z0-9][-a-zA-Z0-9]*$", MAX_TASK_NAME)
_KEY_REF = Fields({"name": TEXT, "key": TEXT, "optional": FLAG}, ("key",))


def _fields(required: str = "", /, **types: Type) -> Fields:
    return Fields({name.rstrip("_"): type_ for name, type_ in types.items()}, tuple(required.split()))


def _anything(names: str) -> dict[str, Type]:
    return dict.fromkeys(names.split(), ANY)


_SPEC_FIELDS: Final[dict[str, Type]] = {
    "templates": ListOf(Ref("Template"), maximum=MAX_TEMPLATES),
    "entrypoint": TEXT,
    "arguments": Ref("Arguments"),
    "serviceAccountName": TEXT,
    "automountServiceAccountToken": FLAG,
    "executor": ANY,
    "volumes": ListOf(Ref("Volume")),
    "volumeClaimTemplates": ListOf(Ref("ClaimTemplate")),
    "parallelism": Whole(minimum=1),
    "artifactRepositoryRef": ANY,
    "suspend": FLAG,
    "nodeSelector": TEXT_MAP,
    "affinity": ANY,
    "tolerations": ListOf(ANY),
    "imagePullSecrets": ListOf(ANY),
    "hostNetwork": FLAG,
    "dnsPolicy": TEXT,
    "dnsConfig": ANY,
    "onExit": TEXT,
    "ttlStrategy": ANY,
    "activeDeadlineSeconds": INT,
    "priority": INT,
    "schedulerName": TEXT,
    "podGC": Ref("PodGC"),
    "podPriorityClassName": TEXT,
    "hostAliases": ListOf(ANY),
    "securityContext": ANY,
    "podSpecPatch": TEXT,
    "podDisruptionBudget": ANY,
    "metrics": ANY,
    "shutdown": TEXT,
    "workflowTemplateRef": Ref("WorkflowTemplateRef"),
    "synchronization": Ref("Synchronization"),
    "volumeClaimGC": ANY,
    "retryStrategy": Ref("RetryStrategy"),
    "podMetadata": Ref("Metadata"),
    "templateDefaults": Ref("Template"),
    "archiveLogs": FLAG,
    "hooks": MapOf(Ref("Hook")),
    "workflowMetadata": Ref("WorkflowMetadata"),
    "artifactGC": ANY,
    "executorPlugins": ListOf(ANY),
    "podResources": ANY,
    "resourceClaims": ListOf(ANY),
}
_TEMPLATE_FIELDS: Final[dict[str, Type]] = {
    "name": TASK_NAME,
    "inputs": Ref("Inputs"),
    "outputs": Ref("Outputs"),
    "nodeSelector": TEXT_MAP,
    "affinity": ANY,
    "metadata": Ref("Metadata"),
    "daemon": FLAG,
    "steps": ListOf(ListOf(Ref("Step")), minimum=1),
    "container": Ref("Container"),
    "containerSet": Ref("ContainerSet"),
    "script": Ref("Script"),
    "resource": Ref("Resource"),
    "dag": Ref("DAG"),
    "suspend": Ref("Suspend"),
    "data": ANY,
    "http": ANY,
    "plugin": ANY,
    "volumes": ListOf(Ref("Volume")),
    "initContainers": ListOf(Ref("UserContainer")),
    "sidecars": ListOf(Ref("UserContainer")),
    "archiveLocation": ANY,
    "activeDeadlineSeconds": INT_OR_TEXT,
    "retryStrategy": Ref("RetryStrategy"),
    "parallelism": Whole(minimum=1),
    "failFast": FLAG,
    "tolerations": ListOf(ANY),
    "schedulerName": TEXT,
    "priorityClassName": TEXT,
    "serviceAccountName": TEXT,
    "automountServiceAccountToken": FLAG,
    "executor": ANY,
    "hostAliases": ListOf(ANY),
    "securityContext": ANY,
    "podSpecPatch": TEXT,
    "metrics": ANY,
    "synchronization": Ref("Synchronization"),
    "memoize": ANY,
    "timeout": TEXT,
    "pendingTimeout": TEXT,
    "annotations": TEXT_MAP,
    "podResources": ANY,
    "resourceClaims": ListOf(ANY),
}
_CONTAINER_FIELDS: Final[dict[str, Type]] = {
    "name": TEXT,
    "image": TEXT,
    "command": TEXTS,
    "args": TEXTS,
    "workingDir": TEXT,
    "ports": ListOf(ANY),
    "envFrom": ListOf(Ref("EnvFrom")),
    "env": ListOf(Ref("EnvVar")),
    "resources": ANY,
    **_anything("resizePolicy restartPolicy restartPolicyRules"),
    "volumeMounts": ListOf(Ref("VolumeMount")),
    **_anything("volumeDevices livenessProbe readinessProbe startupProbe lifecycle"),
    "terminationMessagePath": TEXT,
    "terminationMessagePolicy": TEXT,
    "imagePullPolicy": TEXT,
    "securityContext": ANY,
    "stdin": FLAG,
    "stdinOnce": FLAG,
    "tty": FLAG,
}
_CALL_FIELDS: Final[dict[str, Type]] = {
    "name": TASK_NAME,
    "template": TEXT,
    "inline": Ref("Template"),
    "arguments": Ref("Arguments"),
    "templateRef": Ref("TemplateRef"),
    "withItems": ANY,
    "withParam": TEXT,
    "withSequence": Ref("Sequence"),
    "when": TEXT,
    "continueOn": Ref("ContinueOn"),
    "onExit": TEXT,
    "hooks": MapOf(Ref("Hook")),
}
_LOCATIONS: Final = "s3 git http artifactory hdfs raw oss gcs azure plugin"
_VOLUME_SOURCES: Final = (
    "hostPath emptyDir gcePersistentDisk awsElasticBlockStore gitRepo secret nfs iscsi glusterfs persistentVolumeClaim rbd "
    "flexVolume cinder cephfs flocker downwardAPI fc azureFile configMap vsphereVolume quobyte azureDisk photonPersistentDisk "
    "projected portworxVolume scaleIO storageos csi ephemeral image"
)

OBJECTS: Final[dict[str, Fields]] = {
    "Workflow": Fields({**_anything("apiVersion kind metadata"), "spec": Ref("WorkflowSpec"), "status": ANY}),
    "WorkflowTemplate": Fields({**_anything("apiVersion kind metadata"), "spec": Ref("WorkflowSpec")}),
    "ClusterWorkflowTemplate": Fields({**_anything("apiVersion kind metadata"), "spec": Ref("WorkflowSpec")}),
    "CronWorkflow": Fields({**_anything("apiVersion kind metadata"), "spec": Ref("CronSpec"), "status": ANY}),
    "CronSpec": _fields(
        "schedules workflowSpec",
        workflowSpec=Ref("WorkflowSpec"),
        concurrencyPolicy=Text(choices=("Allow", "Forbid", "Replace")),
        suspend=FLAG,
        startingDeadlineSeconds=Whole(minimum=0),
        successfulJobsHistoryLimit=INT,
        failedJobsHistoryLimit=INT,
        timezone=TEXT,
        workflowMetadata=Ref("Metadata"),
        stopStrategy=ANY,
        schedules=ListOf(
            Text(
                "^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|@every\\s+([0-9]+(ns|us|µs|ms|s|m|h))+"
                "|([A-Za-z0-9*,/?-]+\\s+){4}[A-Za-z0-9*,/?-]+)$"
            ),
            minimum=1,
        ),
        when=TEXT,
    ),
    "WorkflowSpec": Fields(_SPEC_FIELDS),
    "WorkflowTemplateRef": _fields(name=TEXT, clusterScope=FLAG),
    "WorkflowMetadata": _fields(labels=TEXT_MAP, annotations=TEXT_MAP, labelsFrom=MapOf(Ref("LabelFrom"))),
    "LabelFrom": _fields("expression", expression=TEXT),
    "Metadata": _fields(annotations=TEXT_MAP, labels=TEXT_MAP, finalizers=TEXTS, name=TEXT, namespace=TEXT),
    "PodGC": _fields(
        strategy=Text(choices=("", "OnPodCompletion", "OnPodSuccess", "OnWorkflowCompletion", "OnWorkflowSuccess")),
        labelSelector=ANY,
        deleteDelayDuration=TEXT,
    ),
    "Template": Fields(_TEMPLATE_FIELDS),
    "Inputs": _fields(parameters=ListOf(Ref("Parameter"), maximum=MAX_PARAMETERS), artifacts=ListOf(Ref("Artifact"))),
    "Outputs": _fields(parameters=ListOf(Ref("Parameter")), artifacts=ListOf(Ref("Artifact")), result=TEXT, exitCode=TEXT),
    "Arguments": _fields(parameters=ListOf(Ref("Parameter")), artifacts=ListOf(Ref("Artifact"))),
    "Parameter": _fields(
        "name",
        name=Text("^[-a-zA-Z0-9_]+$"),
        default=TEXT,
        value=TEXT,
        valueFrom=Ref("ValueFrom"),
        globalName=TEXT,
        enum=ListOf(TEXT, minimum=1),
        description=TEXT,
    ),
    "ValueFrom": _fields(
        path=TEXT,
        jsonPath=TEXT,
        jqFilter=TEXT,
        event=TEXT,
        parameter=TEXT,
        supplied=ANY,
        configMapKeyRef=Ref("KeyRef"),
        default=TEXT,
        expression=TEXT,
    ),
    "KeyRef": _KEY_REF,
    "Artifact": Fields(
        {
            "name": Text("^[-a-zA-Z0-9_{}.]+$"),
            "path": TEXT,
            "mode": Whole(minimum=0, maximum=511),
            "from": TEXT,
            "archiveLogs": FLAG,
            **_anything(_LOCATIONS),
            "raw": Ref("RawLocation"),
            "globalName": TEXT,
            "archive": Ref("Archive"),
            "optional": FLAG,
            "subPath": TEXT,
            "recurseMode": FLAG,
            "fromExpression": TEXT,
            "artifactGC": ANY,
            "deleted": FLAG,
        },
        ("name",),
    ),
    "RawLocation": _fields("data", data=TEXT),
    "Archive": _fields(tar=ANY, none=ANY, zip=ANY),
    "DAG": _fields("tasks", target=TEXT, tasks=ListOf(Ref("Task"), 1, MAX_DAG_TASKS), failFast=FLAG),
    "Task": Fields({**_CALL_FIELDS, "dependencies": TEXTS, "depends": TEXT}, ("name",)),
    "Step": Fields(_CALL_FIELDS),
    "TemplateRef": _fields(name=TEXT, template=TEXT, clusterScope=FLAG),
    "Sequence": _fields(count=INT_OR_TEXT, start=INT_OR_TEXT, end=INT_OR_TEXT, format=TEXT),
    "ContinueOn": _fields(error=FLAG, failed=FLAG),
    "Hook": _fields(template=TEXT, arguments=Ref("Arguments"), templateRef=Ref("TemplateRef"), expression=TEXT),
    "Container": Fields(_CONTAINER_FIELDS),
    "UserContainer": Fields({**_CONTAINER_FIELDS, "mirrorVolumeMounts": FLAG}, ("name",)),
    "SetContainer": Fields({**_CONTAINER_FIELDS, "dependencies": TEXTS}, ("name",)),
    "ContainerSet": _fields(
        "containers",
        volumeMounts=ListOf(Ref("VolumeMount")),
        containers=ListOf(Ref("SetContainer")),
        retryStrategy=Ref("SetRetry"),
    ),
    "Script": Fields({**_CONTAINER_FIELDS, "source": TEXT}),
    "Suspend": _fields(duration=TEXT),
    "Resource": _fields(
        action=TEXT,
        mergeStrategy=TEXT,
        manifest=TEXT,
        setOwnerReference=FLAG,
        successCondition=TEXT,
        failureCondition=TEXT,
        flags=ListOf(TEXT),
        manifestFrom=ANY,
    ),
    "EnvVar": _fields("name", name=TEXT, value=TEXT, valueFrom=Ref("EnvSource")),
    "EnvSource": _fields(
        fieldRef=Ref("FieldRef"),
        resourceFieldRef=ANY,
        configMapKeyRef=Ref("KeyRef"),
        secretKeyRef=Ref("KeyRef"),
        fileKeyRef=ANY,
    ),
    "FieldRef": _fields("fieldPath", apiVersion=TEXT, fieldPath=TEXT),
    "EnvFrom": _fields(prefix=TEXT, configMapRef=Ref("ObjectRef"), secretRef=Ref("ObjectRef")),
    "ObjectRef": _fields(name=TEXT, optional=FLAG),
    "VolumeMount": _fields(
        "mountPath name",
        name=TEXT,
        readOnly=FLAG,
        recursiveReadOnly=TEXT,
        mountPath=TEXT,
        subPath=TEXT,
        mountPropagation=TEXT,
        subPathExpr=TEXT,
    ),
    "Volume": Fields({"name": TEXT, **_anything(_VOLUME_SOURCES)}, ("name",)),
    "ClaimTemplate": Fields(_anything("apiVersion kind metadata spec status")),
    "SetRetry": _fields(duration=ANY, retries=ANY),
    "RetryStrategy": _fields(
        limit=INT_OR_TEXT,
        retryPolicy=Text(choices=("Always", "OnFailure", "OnError", "OnTransientError")),
        backoff=Ref("Backoff"),
        affinity=ANY,
        expression=TEXT,
    ),
    "Backoff": _fields(duration=TEXT, factor=INT_OR_TEXT, maxDuration=TEXT, cap=TEXT),
    "Synchronization": _fields(semaphores=ListOf(Ref("Semaphore")), mutexes=ListOf(Ref("Mutex"))),
    "Semaphore": _fields(configMapKeyRef=Ref("KeyRef"), namespace=TEXT, database=ANY),
    "Mutex": _fields(name=TEXT, namespace=TEXT, database=FLAG),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a document.

    Attributes:
        path: `spec.templates[0].dag.tasks[2].when`.
        of: the object in the table that it belongs to.
        name: its own.
        type: None if there is no such field.
    """

    path: str
    of: str
    name: str
    value: Any
    type: Type | None


def fields_of(document: Mapping[str, Any]) -> Iterator[Field]:
    """All fields of a document of a kind in the table, outer ones first, in the order of the document."""
    yield from _walk(document, Ref(document["kind"]), "")


def fields_below(value: Any, of: str, path: str) -> Iterator[Field]:
    """All fields of an object in the table, those of objects inside it included.

    Args:
        of: what it is called in the table.
        path: its own.
    """
    yield from _walk(value, Ref(of), path)


def _walk(value: Any, type_: Type, path: str) -> Iterator[Field]:
    if isinstance(type_, Ref) and isinstance(value, Mapping):
        types = OBJECTS[type_.name].types
        for name, inner in value.items():
            place = f"{path}.{name}" if path else str(name)
            yield Field(place, type_.name, name, inner, types.get(name))
            yield from _walk(inner, types.get(name, ANY), place)
    elif isinstance(type_, ListOf) and isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _walk(inner, type_.item, f"{path}[{index}]")
    elif isinstance(type_, MapOf) and isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _walk(inner, type_.item, f"{path}.{key}")


def normalized(document: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a document with its fields in Argo's order and without nulls; of a kind in the table."""
    result = _ordered(document, Ref(document["kind"]))
    assert isinstance(result, dict)
    return result


def _ordered(value: Any, type_: Type) -> Any:
    if isinstance(type_, Ref) and isinstance(value, Mapping):
        types = OBJECTS[type_.name].types
        names = [name for name in types if name in value] + [name for name in value if name not in types]
        return {name: _ordered(value[name], types.get(name, ANY)) for name in names if value[name] is not None}
    if isinstance(type_, ListOf) and isinstance(value, list):
        return [_ordered(inner, type_.item) for inner in value]
    if isinstance(type_, MapOf) and isinstance(value, Mapping):
        return {key: _ordered(inner, type_.item) for key, inner in value.items() if inner is not None}
    return value
