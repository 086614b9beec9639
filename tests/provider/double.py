"""A double of Argo's controller: runs a namespace's workflows on the embedded engine and writes their status as Argo does."""

from __future__ import annotations

import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from airflow_argo.cluster import Snapshot
from airflow_argo.cluster.client import MERGE_PATCH
from airflow_argo.cluster.errors import ClusterError
from airflow_argo.cluster.resources import WORKFLOW_TEMPLATES, WORKFLOWS, Call
from airflow_argo.cluster.watch import Seen, Vanished
from airflow_argo.cluster.watching import Watching
from airflow_argo.local import Engine, load, restart, resume_from

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
            status = engine.run()
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

    def _engine(self, manifest):
        folder = Path(self._home.name) / manifest["metadata"]["uid"]
        if folder.exists():  # retried
            restart(folder, Snapshot(manifest).nodes)
            return resume_from(folder)
        templates = self._api.send(Call("list", WORKFLOW_TEMPLATES, self._api.namespace)).get("items") or []
        kind = {"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTemplate"}
        document = {**manifest, "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow"}
        document.pop("status", None)
        return Engine(
            load([document, *({**kind, **one} for one in templates)]), name=manifest["metadata"]["name"], folder=folder
        )

    def _write(self, name, status, *, completed):
        labels = {f"{LABEL}phase": status["phase"], f"{LABEL}completed": str(completed).lower()}
        with suppress(ClusterError):  # it was deleted
            patch = {"metadata": {"labels": labels}, "status": status}
            self._api.send(Call("patch", WORKFLOWS, self._api.namespace, name), patch, content_type=MERGE_PATCH)
