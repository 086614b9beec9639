"""Records what a real controller does with a golden manifest, as the README says; over Argo's own objects, without kubectl."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client, config

from .play import THEN
from .trace import trace

GROUP, VERSION = "argoproj.io", "v1alpha1"
PLURALS = {
    "Workflow": "workflows",
    "WorkflowTemplate": "workflowtemplates",
    "ClusterWorkflowTemplate": "clusterworkflowtemplates",
}
DONE = ("Succeeded", "Failed", "Error")
HANG = 30.0
"""Seconds after which a manifest of `hangs/` has shown that it hangs."""


class Controller:
    """A namespace that an Argo controller watches."""

    def __init__(self, namespace: str) -> None:
        config.load_kube_config()
        self.namespace = namespace
        self.objects, self.core = client.CustomObjectsApi(), client.CoreV1Api()

    def answers(self, limit: float = 60.0) -> bool:
        """Whether a workflow without pods comes to its end."""
        spec = {"entrypoint": "main", "templates": [{"name": "main", "suspend": {"duration": "0"}}]}
        workflow = {"kind": "Workflow", "metadata": {"generateName": "g-"}, "spec": spec}
        recording = Recording(self, [workflow], [], hangs=False)
        return recording.run(limit).get("phase") == "Succeeded"

    def record(self, path: Path, limit: float) -> dict[str, Any]:
        """The trace that a manifest leaves now."""
        text = path.read_text(encoding="utf-8")
        documents = [document for document in yaml.safe_load_all(text) if document]
        todo = [match.groups() for match in THEN.finditer(text)]
        return Recording(self, documents, todo, hangs=path.parent.name == "hangs").run(limit)

    def create(self, document: dict[str, Any]) -> dict[str, Any]:
        body = {"apiVersion": f"{GROUP}/{VERSION}", **document}
        if document["kind"] == "ConfigMap":
            made: dict[str, Any] = self.core.create_namespaced_config_map(self.namespace, body).to_dict()
            return made
        return dict(
            self.objects.create_namespaced_custom_object(GROUP, VERSION, self.namespace, PLURALS[document["kind"]], body)
        )

    def delete(self, kind: str, name: str) -> None:
        if kind == "ConfigMap":
            self.core.delete_namespaced_config_map(name, self.namespace)
        else:
            self.objects.delete_namespaced_custom_object(GROUP, VERSION, self.namespace, PLURALS[kind], name)

    def workflow(self, name: str) -> dict[str, Any]:
        return dict(self.objects.get_namespaced_custom_object(GROUP, VERSION, self.namespace, "workflows", name))

    def patch(self, name: str, change: dict[str, Any]) -> None:
        self.objects.patch_namespaced_custom_object(GROUP, VERSION, self.namespace, "workflows", name, change)

    def delete_pod(self, workflow: str, node_id: str) -> None:
        pods = self.core.list_namespaced_pod(self.namespace, label_selector=f"workflows.argoproj.io/workflow={workflow}")
        for pod in pods.items:
            if pod.metadata.annotations.get("workflows.argoproj.io/node-id") == node_id:
                self.core.delete_namespaced_pod(pod.metadata.name, self.namespace, grace_period_seconds=0)


class Recording:
    """One manifest on a controller."""

    def __init__(self, controller: Controller, documents: list[dict[str, Any]], todo: list[Any], *, hangs: bool) -> None:
        self.controller, self.todo, self.hangs = controller, todo, hangs
        self.manifest = next(document for document in documents if document["kind"] == "Workflow")
        self.others = [document for document in documents if document is not self.manifest]
        self.name = ""

    def run(self, limit: float) -> dict[str, Any]:
        """From the first object to the last: nothing is left."""
        for document in self.others:
            self.controller.create(document)
        try:
            return self._run(limit)
        finally:
            if self.name:
                self.controller.delete("Workflow", self.name)
            for document in self.others:
                self.controller.delete(document["kind"], document["metadata"]["name"])

    def _run(self, limit: float) -> dict[str, Any]:
        try:
            self.name = self.controller.create(self.manifest)["metadata"]["name"]
        except client.ApiException as error:
            message = json.loads(error.body)["message"]
            return {"rejected": re.sub(r'"?' + self.manifest["metadata"]["generateName"] + r'[a-z0-9]{5}"?', "@", message)}
        until = time.monotonic() + (HANG if self.hangs else limit)
        while True:
            workflow = self.controller.workflow(self.name)
            status = workflow.get("status") or {}
            over = status.get("phase") in DONE
            if over or time.monotonic() > until:
                return trace(self.name, status) | ({} if over else {"hangs": True})
            self._do_what_is_due(status)
            time.sleep(0.5)

    def _do_what_is_due(self, status: dict[str, Any]) -> None:
        nodes = {node["name"].replace(self.name, "@", 1): node for node in (status.get("nodes") or {}).values()}
        while self.todo:
            name, phase, action = self.todo[0]
            at = status.get("phase") if name == "@@" else nodes.get(name, {}).get("phase")
            if at != phase:
                return
            self.todo.pop(0)
            verb, _, rest = action.partition(" ")
            if verb == "sleep":
                time.sleep(float(rest))
            elif verb == "patch":
                self.controller.patch(self.name, json.loads(rest.replace("$ID", nodes.get(name, {}).get("id", ""))))
            else:
                self.controller.delete_pod(self.name, nodes[rest]["id"])
