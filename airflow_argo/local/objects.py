"""The Kubernetes objects that runs here can act on, as an API server has them: in memory, with its rules and its words.

Only kinds that mean something without a cluster: `KINDS`. Threads of several engines use one store.
"""

from __future__ import annotations

import copy
import json
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Final

from airflow_argo.argo.names import is_object_name

Object = dict[str, Any]
Key = tuple[str, str, str]
"""(kind, namespace, name)."""

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
ARGO: Final = "argoproj.io/v1alpha1"
KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "ConfigMap": ("v1", "configmaps"),
    "Secret": ("v1", "secrets"),
    "Workflow": (ARGO, "workflows.argoproj.io"),
    "WorkflowTemplate": (ARGO, "workflowtemplates.argoproj.io"),
}
"""Kind → its API version, and what kubectl calls objects of it."""


class ApiError(Exception):
    """What the API server refuses.

    Attributes:
        reason: in one word, as Kubernetes has it: NotFound, AlreadyExists, Invalid, BadRequest.
        message: the rest.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)
        self.reason, self.message = reason, message

    def __str__(self) -> str:
        return f"Error from server ({self.reason}): {self.message}"


@dataclass(slots=True)
class ObjectStore:
    """The objects.

    Attributes:
        version: grows with each change.
        listeners: called after each change, in the thread that made it.
    """

    version: int = 0
    listeners: list[Callable[[], None]] = field(default_factory=list)
    _objects: dict[Key, Object] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def of(cls, documents: Iterable[Mapping[str, Any]], namespace: str) -> ObjectStore:
        """A store with the documents of a file, those of no namespace in that of the run."""
        store = cls()
        for document in documents:
            if document["kind"] in KINDS and (document.get("metadata") or {}).get("name") and document["kind"] != "Workflow":
                store.put({**document, "apiVersion": KINDS[document["kind"]][0]}, namespace)
        return store

    def put(self, item: Mapping[str, Any], namespace: str) -> Object:
        """An object as it is, over one of its name if there is one."""
        made = copy.deepcopy(dict(item))
        metadata = made["metadata"] = {"namespace": namespace, **(made.get("metadata") or {})}
        metadata.setdefault("uid", str(uuid.uuid4()))
        metadata.setdefault("creationTimestamp", datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
        with self._lock:
            self._objects[_key(made)] = made
        self.changed()
        return made

    def changed(self) -> None:
        """Tell everybody that something changed."""
        with self._lock:
            self.version += 1
            listeners = list(self.listeners)
        for listener in listeners:
            listener()

    def get(self, kind: str, namespace: str, name: str) -> Object:
        """A copy of an object.

        Raises:
            ApiError: there is none.
        """
        with self._lock:
            return copy.deepcopy(self._there(kind, namespace, name))

    def look(self, kind: str, namespace: str, name: str, see: Callable[[Object], Any]) -> Any:
        """What a function says of an object, which it must not change or keep.

        Raises:
            ApiError: there is none.
        """
        with self._lock:
            return see(self._there(kind, namespace, name))

    def set_in_status(self, key: Key, uid: str, path: tuple[str, str], value: Any) -> None:
        """Set one value inside an object's status, if it is still that object. Cheap, however large the status is."""
        with self._lock:
            found = self._objects.get(key)
            if found is None or found["metadata"]["uid"] != uid:
                return
            found.setdefault("status", {}).setdefault(path[0], {})[path[1]] = value
        self.changed()

    def listed(self, kind: str, namespace: str | None = None) -> Iterator[Object]:
        """Copies of all objects of a kind, by name."""
        with self._lock:
            found = [one for (its, of, _), one in self._objects.items() if its == kind and namespace in (None, of)]
            found = copy.deepcopy(found)
        return iter(sorted(found, key=lambda item: str(item["metadata"]["name"])))

    def create(self, item: Mapping[str, Any], namespace: str) -> Object:
        """A new object.

        Raises:
            ApiError: there is one of its name, or it may not be.
        """
        kind, name = item["kind"], str(item["metadata"].get("name") or "")
        with self._lock:
            if (kind, item["metadata"].get("namespace") or namespace, name) in self._objects:
                raise ApiError("AlreadyExists", f'{KINDS[kind][1]} "{name}" already exists')
            _check(item)
            return self.put(item, namespace)

    def change(self, kind: str, namespace: str, name: str, change: Callable[[Object], Object]) -> Object:
        """An object as a function of itself makes it.

        Raises:
            ApiError: there is none, or it may not be so.
        """
        with self._lock:
            before = self._there(kind, namespace, name)
            after = change(copy.deepcopy(before))
            _check(after)
            kept = {key: before["metadata"][key] for key in ("name", "namespace", "uid", "creationTimestamp")}
            after["metadata"] = {**(after.get("metadata") or {}), **kept}
            self._objects[kind, namespace, name] = after
        self.changed()
        return copy.deepcopy(after)

    def delete(self, kind: str, namespace: str, name: str) -> None:
        """Remove an object.

        Raises:
            ApiError: there is none.
        """
        with self._lock:
            self._there(kind, namespace, name)
            del self._objects[kind, namespace, name]
        self.changed()

    def _there(self, kind: str, namespace: str, name: str) -> Object:
        found = self._objects.get((kind, namespace, name))
        if found is None:
            raise ApiError("NotFound", f'{KINDS[kind][1]} "{name}" not found')
        return found


def _key(item: Mapping[str, Any]) -> Key:
    return item["kind"], item["metadata"]["namespace"], item["metadata"]["name"]


def _check(item: Mapping[str, Any]) -> None:
    """What Kubernetes wants of the objects that have no schema here."""
    kind, name = item["kind"], str((item.get("metadata") or {}).get("name") or "")
    what = f'{kind} "{name}" is invalid' if KINDS[kind][0] == "v1" else f'{kind}.argoproj.io "{name}" is invalid'
    if not is_object_name(name):
        raise ApiError("Invalid", f'{what}: metadata.name: Invalid value: "{name}": a lowercase RFC 1123 subdomain is wanted')
    if kind in ("ConfigMap", "Secret"):
        for field_name in ("data", "stringData", "binaryData"):
            for key, value in (item.get(field_name) or {}).items():
                if not isinstance(value, str):
                    raise ApiError("BadRequest", f"{kind} in version v1 cannot be handled: {field_name}.{key} is no text")


def merged(item: Any, patch: Any) -> Any:
    """A JSON merge patch applied. Source: RFC 7396."""
    if not isinstance(patch, Mapping):
        return patch
    made = dict(item) if isinstance(item, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = merged(made.get(key), value)
    return made


def applied(before: Object, item: Object) -> Object:
    """An object with another applied: what an earlier apply had set, and this one doesn't, goes. Source: kubectl apply."""
    earlier = json.loads(((before.get("metadata") or {}).get("annotations") or {}).get(LAST_APPLIED, "{}"))
    note = {"metadata": {"annotations": {LAST_APPLIED: json.dumps(item, sort_keys=True)}}}
    made: Object = merged(merged(merged(before, _without(earlier, item)), item), note)
    return made


def _without(earlier: Any, item: Any) -> Any:
    """The merge patch that removes what only the earlier one has."""
    if not isinstance(earlier, Mapping) or not isinstance(item, Mapping):
        return {}
    return {key: _without(value, item[key]) if key in item else None for key, value in earlier.items()}


def json_patched(item: Any, operations: Iterable[Mapping[str, Any]]) -> Any:
    """A JSON patch applied. Source: RFC 6902, without `move` and `copy`.

    Raises:
        ApiError: an operation can't be done.
    """
    document = {"": copy.deepcopy(item)}  # so that the empty path is a path like all others
    try:
        for operation in operations:
            _operate(document, operation)
        return document[""]
    except (KeyError, IndexError, ValueError, TypeError) as error:
        message = f"the server rejected our request due to an error in our request: {type(error).__name__} {error}"
        raise ApiError("Invalid", message) from None


def _operate(document: Any, operation: Mapping[str, Any]) -> None:
    path = [part.replace("~1", "/").replace("~0", "~") for part in str(operation["path"]).split("/")]
    if path[0]:
        raise ValueError(f"'{operation['path']}' is no path")
    holder = document
    for part in path[:-1]:
        holder = holder[int(part)] if isinstance(holder, list) else holder[part]
    last: Any = path[-1]
    if isinstance(holder, list):
        last = len(holder) if last == "-" else int(last)
    match operation["op"]:
        case "add" if isinstance(holder, list):
            holder.insert(last, operation["value"])
        case "add":
            holder[last] = operation["value"]
        case "replace":
            holder[last]
            holder[last] = operation["value"]
        case "remove":
            del holder[last]
        case "test":
            if holder[last] != operation["value"]:
                raise ValueError("the test failed")
        case other:
            raise ValueError(f"no operation '{other}'")
