"""A double of Argo's controller: runs a namespace's workflows on the embedded engine and writes their status as Argo does."""

from __future__ import annotations

import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from airflow_argo.cluster import Snapshot
from airflow_argo.cluster.client import MERGE_PATCH
from airflow_argo.cluster.errors import ClusterError
from airflow_argo.cluster.resources import WORKFLOW_TEMPLATES, WORKFLOWS, Call
from airflow_argo.cluster.watch import Seen, Vanished
from airflow_argo.cluster.watching import Watching
from airflow_argo.local import Engine, load, restart, resume_from
from airflow_argo.local.events import NodeChanged

LABEL = "workflows.argoproj.io/"


class EngineController:
    """Use as a context manager. `runs`: workflow name → the number of times that it was run.

    Of a workflow that was retried the nodes that are still there stay, and its TTL is kept as Argo does, to the second.
    """

    def __init__(self, api):
        self._api, self._watching = api.with_patience(faults=600), Watching(api, WORKFLOWS)
        self._home = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._engines, self._begun, self._ended, self.runs = {}, set(), set(), {}
        self.errors = []

    def __enter__(self):
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(self, *exception):
        self._watching.stop()
        for engine in list(self._engines.values()):
            with suppress(Exception):
                engine.stop("Terminate")
        self._home.cleanup()

    def _read(self):
        for change in self._watching.changes():
            match change:
                case Seen(manifest):
                    self._seen(manifest)
                case Vanished(_, name):
                    self._end(name, "Terminate")

    def _seen(self, manifest):
        name, uid = manifest["metadata"]["name"], manifest["metadata"]["uid"]
        phase = (manifest.get("status") or {}).get("phase")
        if not phase and (uid not in self._begun or uid in self._ended):  # new, or retried
            self._begun.add(uid)
            self._ended.discard(uid)
            self.runs[name] = self.runs.get(name, 0) + 1
            threading.Thread(target=self._run, args=(manifest,), daemon=True).start()
        elif shutdown := (manifest.get("spec") or {}).get("shutdown"):
            self._end(name, shutdown)

    def _end(self, name, how):
        if engine := self._engines.get(name):
            with suppress(Exception):
                engine.stop(how)

    def _run(self, manifest):
        name = manifest["metadata"]["name"]
        try:
            engine = self._engines[name] = self._engine(manifest)
            self._write(name, {"phase": "Running", "progress": "0/1", "nodes": {}}, completed=False)
            with self._shown(name, engine) as on_event:
                status = engine.run(on_event)
        except Exception as error:  # noqa: BLE001 - a test shall see whatever it is
            self.errors.append(error)
            status = {"phase": "Error", "message": f"{type(error).__name__}: {error}"}
        finally:
            self._engines.pop(name, None)
        self._ended.add(manifest["metadata"]["uid"])
        self._write(name, status, completed=True)
        ttl = (manifest["spec"].get("ttlStrategy") or {}).get("secondsAfterCompletion")
        if ttl is not None:
            time.sleep(ttl)
            with suppress(ClusterError):
                self._api.send(Call("delete", WORKFLOWS, self._api.namespace, name))

    @contextmanager
    def _shown(self, name, engine):
        """While it runs, its status is written as it changes, at most each half second. Gives what events are told to."""
        latest, ended = [], threading.Event()

        def take(event):
            if isinstance(event, NodeChanged):
                latest[:] = [engine.status]

        def write():
            while not ended.wait(0.5):
                if latest:
                    self._write(name, {**latest.pop(), "phase": "Running"}, completed=False)

        writer = threading.Thread(target=write, daemon=True)
        writer.start()
        try:
            yield take
        finally:
            ended.set()
            writer.join()

    def _engine(self, manifest):
        folder = Path(self._home.name) / manifest["metadata"]["uid"]
        templates = self._api.send(Call("list", WORKFLOW_TEMPLATES, self._api.namespace)).get("items") or []
        kind = {"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTemplate"}
        document = {**manifest, "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow"}
        document.pop("status", None)
        documents = [document, *({**kind, **one} for one in templates)]
        if folder.exists():  # retried
            restart(folder, Snapshot(manifest).nodes, load(documents))
            return resume_from(folder)
        return Engine(load(documents), name=manifest["metadata"]["name"], folder=folder)

    def _write(self, name, status, *, completed):
        labels = {f"{LABEL}phase": status["phase"], f"{LABEL}completed": str(completed).lower()}
        with suppress(ClusterError):  # it was deleted
            patch = {"metadata": {"labels": labels}, "status": status}
            self._api.send(Call("patch", WORKFLOWS, self._api.namespace, name), patch, content_type=MERGE_PATCH)
