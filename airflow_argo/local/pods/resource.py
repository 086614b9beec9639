"""The pod of a resource template: no process, an action on an object, then waiting for its conditions.

Source: ExecResource, WaitResource and SaveResourceParameters in workflow/executor/resource.go; execResource in
cmd/argoexec/commands/resource.go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from airflow_argo.argo import gojson
from airflow_argo.argo.kubectl_jsonpath import InvalidPath, PathError, read_jsonpath
from airflow_argo.argo.phases import ERROR, FAILED, SUCCEEDED
from airflow_argo.argo.resource_conditions import InvalidCondition, Requirement, failed_condition, read_conditions
from airflow_argo.local.controller.outcome import PodOutcome, PodRequest
from airflow_argo.local.objects import KINDS, ApiError, Object, applied, json_patched, merged
from airflow_argo.local.pods import results
from airflow_argo.local.pods.plan import MAIN
from airflow_argo.local.pods.results import End
from airflow_argo.local.world import World

MANIFEST: Final = "/tmp/manifest.yaml"  # noqa: S108 - where Argo's executor has it; it stands in messages
IGNORE_NOT_FOUND: Final = "--ignore-not-found"
KNOWN_FLAGS: Final = (IGNORE_NOT_FOUND, f"{IGNORE_NOT_FOUND}=true")
DEADLINE_EXCEEDED: Final = "Pod was active on the node longer than the specified deadline"
POD_DELETED: Final = "pod deleted"
JQ_PATH: Final = re.compile(r"\.|(\.[A-Za-z_]\w*|\.?\[(\d+|\"[^\"\\]*\")\])+")
"""What of jq is known here: a path."""


class UnknownFlags(Exception):
    """Flags of kubectl's that aren't known here; `args[0]` says which."""


class _Failed(Exception):
    """The executor gives up; `args[0]` is what it says."""


@dataclass(slots=True)
class ResourcePod:
    """One action. It is over when `outcome` is there.

    Args:
        request: what the controller asked for; its manifest is filled in.
        world: the objects, and the runs of Workflows among them.
        namespace: of the workflow, for objects that name none.
        owner: the reference to the workflow, for objects that it is to own.
        creator: who creates what it creates.
    """

    request: PodRequest
    world: World
    namespace: str
    owner: Mapping[str, Any]
    creator: str
    outcome: PodOutcome | None = None
    started_at: float = 0.0
    _seen: int = -1
    _of: tuple[str, str, str] | None = None
    _success: list[Requirement] = field(default_factory=list)
    _failure: list[Requirement] = field(default_factory=list)

    @property
    def containers(self) -> list[str]:
        """None that writes anything."""
        return []

    @property
    def seen(self) -> int | None:
        """The version of the objects that it has seen, if all that it waits for is another."""
        return self._seen if self.outcome is None and self._deadline() is None else None

    @property
    def waits_for(self) -> str:
        """What it waits for, for people."""
        kind, _, name = self._of or ("", "", "")
        return f"{kind} '{name}' to be as its successCondition wants it, and nothing will change it"

    @property
    def _resource(self) -> Mapping[str, Any]:
        resource: Mapping[str, Any] = self.request.template["resource"]
        return resource

    def start(self, now: float) -> None:
        """Do the action, and look at the conditions."""
        self.started_at = now
        self._guarded(self._begin, now)

    def _begin(self, now: float) -> None:
        action = self._resource["action"]
        outputs = (self.request.template.get("outputs") or {}).get("parameters")
        conditions = [self._resource.get(name) for name in ("successCondition", "failureCondition")]
        if action == "delete" and (any(conditions) or outputs):
            raise _Failed("successCondition, failureCondition and outputs are not supported for delete action")
        found = self._act(action, self._manifest())
        if action == "delete":
            self._over(SUCCEEDED, "", now, {})
            return
        self._success, self._failure = (
            _requirements(kind, text) for kind, text in zip(("success", "fail"), conditions, strict=True)
        )
        if found is not None:
            self._of = (found["kind"], found["metadata"]["namespace"], found["metadata"]["name"])
        self._look(now)

    def on_time(self, now: float) -> None:
        """Look again, as something has changed; or the time is over."""
        deadline = self._deadline()
        if self.outcome is None and deadline is not None and now >= deadline:
            self._over(FAILED, DEADLINE_EXCEEDED, now, None, code=None)
        elif self.outcome is None:
            self._guarded(self._look, now)

    def next_time(self) -> float | None:
        """When `on_time` has to be called: at once, if an object has changed since."""
        if self.outcome is not None or self.world.store.version != self._seen:
            return 0.0
        return self._deadline()

    def _deadline(self) -> float | None:
        times = [None if self.request.deadline is None else self.started_at + self.request.deadline, self.request.terminate_at]
        return min((time for time in times if time is not None), default=None)

    def ended(self, *_: Any) -> None:
        """It has no processes."""

    def terminate(self, reason: str, now: float) -> None:
        """It gives up at once."""
        if self.outcome is None:
            self._over(FAILED, reason, now, None, code=None)

    def delete(self) -> None:
        """It vanishes: nothing is saved."""
        if self.outcome is None:
            self.outcome = PodOutcome(phase=ERROR, message=POD_DELETED)

    # The action

    def _manifest(self) -> Any:
        """The object, or for a JSON patch the list of operations.

        Raises:
            _Failed: there is none, or it is no YAML.
        """
        text = self._resource.get("manifest") or ""
        try:
            found = json.loads(text) if text.lstrip()[:1] in ("{", "[") else yaml.load(text, yaml.CSafeLoader)
        except (ValueError, yaml.YAMLError) as error:
            raise _Failed(f"error parsing {MANIFEST}: {str(error).splitlines()[0]}") from None
        if not found and not self._resource.get("flags"):
            raise _Failed("Must provide at least one of flags or manifest.")
        return found

    def _act(self, action: str, manifest: Any) -> Object | None:
        """The object after the action; None if there is none any more."""
        named = named_by(self._resource.get("flags") or (), self.namespace)
        if isinstance(manifest, dict) and manifest.get("kind"):
            item = self._item(manifest)
            there = (item["kind"], item["metadata"]["namespace"], str(item["metadata"].get("name") or ""))
        elif named is not None and action in ("get", "delete", "patch"):
            item, there = manifest, named
        else:
            raise _Failed(f'no more retries error validating "{MANIFEST}": error validating data: kind not set')
        try:
            match action:
                case "get":
                    return self._get(there)
                case "create":
                    return self.world.create(self._owned(item), self.creator)
                case "apply":
                    return self._apply(item, there)
                case "replace":
                    return self.world.change(*there, lambda _: item)
                case "patch":
                    return self.world.change(*there, lambda before: _patched(before, item, self._resource))
                case _:
                    self._delete(there)
                    return None
        except ApiError as error:
            verb = {"create": "creating", "replace": "replacing"}.get(action)
            where = f'error when {verb} "{MANIFEST}": ' if verb else ""
            raise _Failed(f"no more retries Error from server ({error.reason}): {where}{error.message}") from None

    def _item(self, manifest: Object) -> Object:
        kind, version = manifest["kind"], manifest.get("apiVersion")
        if kind not in KINDS or version != KINDS[kind][0]:
            found = f'no matches for kind "{kind}" in version "{version}": it isn\'t known without a cluster'
            raise _Failed(f'no more retries resource mapping not found in "{MANIFEST}": {found}')
        metadata = {"namespace": self.namespace, **(manifest.get("metadata") or {})}
        return {**manifest, "metadata": metadata}

    def _owned(self, item: Object) -> Object:
        if not self._resource.get("setOwnerReference"):
            return item
        owners = [*(item["metadata"].get("ownerReferences") or []), dict(self.owner)]
        return {**item, "metadata": {**item["metadata"], "ownerReferences": owners}}

    def _get(self, there: tuple[str, str, str]) -> Object | None:
        try:
            return self.world.store.get(*there)
        except ApiError as error:
            if error.reason == "NotFound" and set(self._resource.get("flags") or ()) & set(KNOWN_FLAGS):
                return None
            raise

    def _apply(self, item: Object, there: tuple[str, str, str]) -> Object:
        try:
            self.world.store.look(*there, lambda _: None)
        except ApiError:
            return self.world.create(applied({}, self._owned(item)), self.creator)
        return self.world.change(*there, lambda before: applied(before, item))

    def _delete(self, there: tuple[str, str, str]) -> None:
        """Remove the object; Argo has kubectl ignore what isn't there."""
        try:
            self.world.delete(*there)
        except ApiError as error:
            if error.reason != "NotFound":
                raise

    # Waiting, and what is saved

    def _look(self, now: float) -> None:
        self._seen = self.world.store.version
        if self._of is None:
            self._over(SUCCEEDED, "", now, self._outputs(None))
            return
        try:
            outputs = self.world.store.look(*self._of, self._judged)
        except ApiError as error:
            found = "The resource has been deleted while its status was still being checked. Will not be retried"
            raise _Failed(f"{found}: {error.message}") from None
        if outputs is not None:
            self._over(SUCCEEDED, "", now, outputs)

    def _judged(self, item: Object) -> dict[str, Any] | None:
        """The outputs, if the object is as it has to be. With a failure condition alone Argo waits for nothing."""
        why = failed_condition(item, self._failure)
        if why is not None:
            raise _Failed(why)
        return self._outputs(item) if all(requirement.holds(item) for requirement in self._success) else None

    def _outputs(self, item: Object | None) -> dict[str, Any]:
        declared = (self.request.template.get("outputs") or {}).get("parameters") or []
        parameters = [{**parameter, "value": value} for parameter, value in self._values(declared, item)]
        return {"parameters": parameters} if parameters else {}

    def _values(self, declared: list[dict[str, Any]], item: Object | None) -> Iterator[tuple[dict[str, Any], str]]:
        for parameter in declared:
            source = parameter.get("valueFrom") or {}
            if item is None:
                yield parameter, str(source.get("default") if source.get("default") is not None else "")
            elif source.get("jsonPath"):
                try:
                    yield parameter, read_jsonpath(source["jsonPath"]).rendered(item)
                except (InvalidPath, PathError) as error:
                    raise _Failed(f'error: error executing jsonpath "{source["jsonPath"]}": {error}') from None
            else:
                yield parameter, _jq(source.get("jqFilter") or "", item)

    def _guarded(self, act: Callable[[float], None], now: float) -> None:
        try:
            act(now)
        except (_Failed, UnknownFlags) as error:
            self._over(
                FAILED, results.described(End(MAIN, results.EXECUTOR_FAULT, str(error))), now, {}, results.EXECUTOR_FAULT
            )

    def _over(self, phase: str, message: str, now: float, outputs: dict[str, Any] | None, code: int | None = 0) -> None:
        self.outcome = PodOutcome(phase=phase, message=message, exit_code=code, outputs=outputs or {}, finished_at=now)


def named_by(flags: Sequence[str], namespace: str) -> tuple[str, str, str] | None:
    """The object that flags name, as `configmap NAME` or `configmap/NAME`; None if they name none.

    Raises:
        UnknownFlags: they say something that isn't known here.
    """
    words, rest = [], list(flags)
    while rest:
        word = rest.pop(0)
        if word in ("-n", "--namespace") and rest:
            namespace = rest.pop(0)
        elif word.startswith("--namespace="):
            namespace = word.partition("=")[2]
        elif word not in KNOWN_FLAGS:
            words += word.split("/")
    kinds = {alias: kind for kind, aliases in _ALIASES.items() for alias in aliases}
    if not words:
        return None
    if len(words) != 2 or words[0].lower() not in kinds:
        known = f"{IGNORE_NOT_FOUND} and an object's kind and name"
        raise UnknownFlags(f"of kubectl's flags only {known} are known here, not: {' '.join(flags)}")
    return kinds[words[0].lower()], namespace, words[1]


_ALIASES: Final = {
    "ConfigMap": ("configmap", "configmaps", "cm"),
    "Secret": ("secret", "secrets"),
    "Workflow": ("workflow", "workflows", "wf", "workflows.argoproj.io", "workflow.argoproj.io"),
    "WorkflowTemplate": ("workflowtemplate", "workflowtemplates", "wftmpl", "workflowtemplates.argoproj.io"),
}


def _requirements(kind: str, text: str | None) -> list[Requirement]:
    if not text:
        return []
    try:
        return read_conditions(text)
    except InvalidCondition as error:
        raise _Failed(f"{kind} condition '{text}' failed to parse: {error}") from None


def _patched(before: Object, patch: Any, resource: Mapping[str, Any]) -> Object:
    """Source: kubectl patch; of strategic merging, maps are merged and lists replaced, as objects here have no merge keys."""
    made = json_patched(before, patch) if resource.get("mergeStrategy") == "json" else merged(before, patch)
    assert isinstance(made, dict)
    return made


def _jq(path: str, item: Object) -> str:
    """A path of jq; null where nothing is. Source: jqFilter, which prints texts as they are and the rest as Go's JSON."""
    value: Any = item
    for name, index, key in re.findall(r"\.([A-Za-z_]\w*)|\[(\d+)\]|\[\"([^\"]*)\"\]", path):
        step: Any = int(index) if index else name or key
        if value is None:
            break
        try:
            value = value[step]
        except (KeyError, IndexError):
            value = None
        except TypeError:
            raise _Failed(f"expected an object or array but got: {gojson.marshal(value)}") from None
    return value.strip() if isinstance(value, str) else gojson.marshal(value)
