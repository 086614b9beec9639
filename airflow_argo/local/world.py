"""What runs of one engine share: the Kubernetes objects, and the workflows that a run creates, each a run of its own.

A created Workflow runs as one given to `airflow-argo run` does, in a thread, with what the first run was given: its templates,
ConfigMaps and Secrets, as they are by then. The first run waits for all others, since nobody else would run them.
"""

from __future__ import annotations

import json
import secrets
import string
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from airflow_argo.argo.phases import WORKFLOW_DONE
from airflow_argo.diagnostics import AirflowArgoError
from airflow_argo.local.errors import Interrupted, InvalidManifest
from airflow_argo.local.events import Event, NodeChanged, WorkflowChanged
from airflow_argo.local.folder import STATUS
from airflow_argo.local.journal import cut_broken_line, whole_lines
from airflow_argo.local.objects import ApiError, Key, Object, ObjectStore
from airflow_argo.local.pods.plan import Objects

if TYPE_CHECKING:
    from airflow_argo.local.api import LocalApi

RUNS: Final = "workflows"
"""The folder, in that of the first run, with the folders of the others."""

OBJECTS: Final = "objects.jsonl"
"""A line for each change of an object that a run created: how it is then, null if it is gone, and who created it."""

_RANDOM: Final = string.ascii_lowercase + string.digits


class Run(Protocol):
    """An engine, as far as it is run from here."""

    name: str
    uid: str

    def run(self, on_event: Callable[[Event], None] | None = None) -> dict[str, Any]:
        """To its end."""

    def stop(self, strategy: str = "Stop") -> None:
        """End it."""

    def suspend(self) -> None:
        """Start nothing more."""

    def resume(self) -> None:
        """Go on."""

    def interrupt(self) -> None:
        """Break off."""


class Metadata(NamedTuple):
    """Which run is meant: of several of one name, one after the other, by the uid of its object."""

    name: str
    namespace: str
    uid: str


@dataclass(slots=True)
class World:
    """The objects and the runs.

    Args:
        store: the objects.
        folder: of the first run.
        begin: makes the run of a Workflow object, in a folder; `again` makes the one that broke off there.
    """

    store: ObjectStore
    folder: Path
    begin: Callable[[Object, Path], Run]
    again: Callable[[Path], Run]
    _runs: dict[tuple[str, str], Run] = field(default_factory=dict)
    _threads: dict[tuple[str, str], threading.Thread] = field(default_factory=dict)
    _creators: dict[Key, str] = field(default_factory=dict)
    _active: dict[str, int | None] = field(default_factory=dict)
    _api: LocalApi | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def api_url(self) -> str:
        """Where pods find workflows; the server starts when the first asks."""
        from airflow_argo.local.api import LocalApi  # few runs need it, and it loads Python's HTTP

        with self._lock:
            if self._api is None:
                self._api = LocalApi(self)
            return self._api.url

    def close(self) -> None:
        """Nobody asks any more."""
        if self._api is not None:
            self._api.close()

    # Objects

    def objects(self, namespace: str) -> Objects:
        """The ConfigMaps and Secrets for containers."""
        return Objects.of([one for kind in ("ConfigMap", "Secret") for one in self.store.listed(kind, namespace)])

    def create(self, item: Object, creator: str) -> Object:
        """A new object; a Workflow begins to run.

        Args:
            creator: who wants it; if the same one wanted it before its run broke off, that one is given.
        Raises:
            ApiError: it may not be.
        """
        namespace = item["metadata"]["namespace"]
        if not item["metadata"].get("name") and item["metadata"].get("generateName"):
            name = item["metadata"]["generateName"] + "".join(secrets.choice(_RANDOM) for _ in range(5))
            item = {**item, "metadata": {**item["metadata"], "name": name}}
        key = (item["kind"], namespace, str(item["metadata"].get("name") or ""))
        if creator and self._creators.get(key) == creator:
            return self.store.get(*key)
        if item["kind"] != "Workflow":
            return self._kept(self.store.create(item, namespace), creator)
        with self._lock:
            made = self.store.create({**item, "status": {}}, namespace)
            try:
                run = self.begin(made, self._place(made))
            except InvalidManifest as error:
                return self._refused(made, error)
            except AirflowArgoError as error:
                self.store.delete("Workflow", namespace, made["metadata"]["name"])
                raise ApiError("Invalid", " ".join(str(error).split())) from None
            self._start(namespace, run)
        return self._kept(made, creator)

    def _place(self, item: Object) -> Path:
        """The folder of a run; one that is created again after it was deleted has another."""
        return self.folder / RUNS / f"{item['metadata']['name']}-{item['metadata']['uid'][:8]}"

    def _refused(self, made: Object, error: InvalidManifest) -> Object:
        """What the API server refuses isn't there; what the controller refuses is there, and has failed."""
        namespace, name = made["metadata"]["namespace"], made["metadata"]["name"]
        if error.rejected:
            self.store.delete("Workflow", namespace, name)
            raise ApiError("Invalid", "; ".join(finding.message for finding in error.diagnostics))
        return self.store.change("Workflow", namespace, name, lambda item: {**item, "status": _ended("Failed", error.message)})

    def change(self, kind: str, namespace: str, name: str, change: Callable[[Object], Object]) -> Object:
        """An object as a function of itself makes it; if it is a Workflow, its run hears of it.

        Raises:
            ApiError: there is none, or it may not be so.
        """
        before = self.store.get(kind, namespace, name)
        after = self.store.change(kind, namespace, name, change)
        self._tell(before, after)
        self._save((kind, namespace, name))
        return after

    def delete(self, kind: str, namespace: str, name: str) -> None:
        """Remove an object; a run of it is ended.

        Raises:
            ApiError: there is none.
        """
        self.store.delete(kind, namespace, name)
        self._save((kind, namespace, name))
        self._creators.pop((kind, namespace, name), None)
        run = self._runs.get((namespace, name)) if kind == "Workflow" else None
        if run is not None:
            run.stop("Terminate")

    def _tell(self, before: Object, after: Object) -> None:
        """What a change of a Workflow's spec means to its run."""
        run = self._runs.get((after["metadata"]["namespace"], after["metadata"]["name"]))
        if after["kind"] != "Workflow" or run is None:
            return
        spec, earlier = after.get("spec") or {}, before.get("spec") or {}
        if spec.get("shutdown") and not earlier.get("shutdown"):
            run.stop(spec["shutdown"])
        if bool(spec.get("suspend")) != bool(earlier.get("suspend")):
            (run.suspend if spec.get("suspend") else run.resume)()

    # Runs

    def watched(self, run: Metadata, inner: Callable[[Event], None] | None) -> Callable[[Event], None]:
        """A listener to a run that keeps its Workflow object's status."""

        def listen(event: Event) -> None:
            match event:
                case WorkflowChanged(phase=phase, message=message) if phase not in WORKFLOW_DONE:  # that, with outputs: ended()
                    self._set_status(run, lambda status: {**status, "phase": phase, "message": message})
                case NodeChanged(node=node):
                    self.store.set_in_status(("Workflow", run.namespace, run.name), run.uid, ("nodes", node["id"]), node)
                case _:
                    pass
            if inner is not None:
                inner(event)

        return listen

    def ended(self, run: Metadata, status: Mapping[str, Any]) -> None:
        """A run is over, with this status."""
        said = {key: value for key, value in status.items() if key != "engine"}
        self._set_status(run, lambda _: said)

    def _set_status(self, run: Metadata, change: Callable[[Object], Object]) -> None:
        """Set the status of a run's object, unless somebody has deleted it, or made another of its name."""

        def changed(item: Object) -> Object:
            if item["metadata"]["uid"] != run.uid:
                return item
            return _labelled({**item, "status": change(item.get("status") or {})})

        with suppress(ApiError):
            self.store.change("Workflow", run.namespace, run.name, changed)

    def _start(self, namespace: str, run: Run) -> None:
        key = (namespace, run.name)
        self._runs[key] = run
        thread = self._threads[key] = threading.Thread(target=self._execute, args=(namespace, run), name=run.name, daemon=True)
        self.is_active(run.uid)
        thread.start()

    def _execute(self, namespace: str, run: Run) -> None:
        try:
            run.run(None)
        except Interrupted:
            pass
        except AirflowArgoError as error:
            message = str(error)
            own = Metadata(run.name, namespace, run.uid)
            self._set_status(own, lambda status: {**status, **_ended("Error", message)})
        finally:
            self.is_over(run.uid)

    def finish(self, interrupted: Callable[[], bool]) -> None:
        """Wait until no run is left, or break all off when `interrupted` says so."""
        while any(thread.is_alive() for thread in self._threads.values()):
            if interrupted():
                self.break_off()
                return
            for thread in list(self._threads.values()):
                thread.join(0.1)

    def break_off(self) -> None:
        """End all processes of all runs, which can be resumed."""
        for run in list(self._runs.values()):
            run.interrupt()
        for thread in list(self._threads.values()):
            thread.join()

    def phases(self) -> dict[str, str]:
        """The created workflows by name, and how they stand."""
        names = {name for _, name in self._threads}
        found = self.store.listed("Workflow")
        return {
            item["metadata"]["name"]: (item.get("status") or {}).get("phase", "")
            for item in found
            if item["metadata"]["name"] in names
        }

    # Whether anything still happens

    def is_active(self, uid: str) -> None:
        """A run has something to do by itself."""
        with self._lock:
            self._active[uid] = None

    def is_over(self, uid: str) -> None:
        """A run has ended."""
        with self._lock:
            self._active.pop(uid, None)
        self.store.changed()

    def stands_still(self, uid: str, version: int) -> bool:
        """Whether nothing will happen any more: all runs only wait for objects to change, and have seen the last change.

        Args:
            uid: of a run that waits so.
            version: of the objects as it has seen them.
        """
        with self._lock:
            self._active[uid] = version
            return all(seen == self.store.version for seen in self._active.values())

    # Going on with a run that broke off

    def restore(self) -> None:
        """The objects and the runs as they were."""
        path = self.folder / OBJECTS
        if not path.exists():
            return
        cut_broken_line(path)
        entries = {tuple(entry["of"]): entry for entry in whole_lines(path.read_text(encoding="utf-8"))}
        for entry in entries.values():
            if entry["object"] is None:
                continue
            item = self.store.put(entry["object"], entry["object"]["metadata"]["namespace"])
            namespace, name = item["metadata"]["namespace"], item["metadata"]["name"]
            self._creators[item["kind"], namespace, name] = entry["creator"]
            place = self._place(item)
            if item["kind"] == "Workflow" and (place / STATUS).exists():
                status = json.loads((place / STATUS).read_text(encoding="utf-8"))
                self.ended(Metadata(name, namespace, item["metadata"]["uid"]), status)
            elif item["kind"] == "Workflow" and place.exists():
                self._start(namespace, self.again(place))

    def _kept(self, made: Object, creator: str) -> Object:
        key = (made["kind"], made["metadata"]["namespace"], made["metadata"]["name"])
        self._creators[key] = creator
        self._save(key)
        return made

    def _save(self, key: Key) -> None:
        """Write down how an object is that was created, with who wanted it; a Workflow's status is in the folder of its run."""
        with self._lock:
            if key not in self._creators:
                return
            try:
                item: Object | None = {name: value for name, value in self.store.get(*key).items() if name != "status"}
            except ApiError:
                item = None
            line = json.dumps({"of": key, "object": item, "creator": self._creators[key]}, separators=(",", ":"))
            with (self.folder / OBJECTS).open("a", encoding="utf-8") as file:
                file.write(line + "\n")


def with_metadata(item: Object, spec: Mapping[str, Any]) -> Object:
    """A Workflow with the labels and annotations that its spec gives it. Source: updateWorkflowMetadata."""
    own = spec.get("workflowMetadata") or {}
    metadata = dict(item["metadata"])
    for key in ("labels", "annotations"):
        if own.get(key):
            metadata[key] = {**own[key], **(metadata.get(key) or {})}
    return {**item, "metadata": metadata}


def _labelled(item: Object) -> Object:
    """A Workflow with the labels by which Argo's controller tells its phase."""
    phase = item["status"].get("phase") or ""
    labels = {**(item["metadata"].get("labels") or {})}
    if phase:
        done = "true" if phase in WORKFLOW_DONE else "false"
        labels |= {"workflows.argoproj.io/phase": phase, "workflows.argoproj.io/completed": done}
    return {**item, "metadata": {**item["metadata"], "labels": labels}}


def _ended(phase: str, message: str) -> dict[str, Any]:
    return {"phase": phase, "message": message, "nodes": {}}
