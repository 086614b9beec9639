"""Many manifests on a controller at a time."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from kubernetes import client

from tests.golden.cluster import DONE, GROUP, VERSION, Controller

from .judged import judged

QUIET = 25.0
"""Seconds after which a workflow of which nothing is at work, and in which nothing has changed, hangs."""

Document = dict[str, Any]


class Batch:
    """Manifests under way."""

    def __init__(self, controller: Controller, at_once: int, tell: Callable[[int, Any], None]) -> None:
        self.controller, self.at_once, self.tell = controller, at_once, tell
        self.running: dict[str, tuple[int, list[Document]]] = {}
        self.seen: dict[str, tuple[str, float]] = {}

    def run(self, manifests: Iterator[tuple[int, list[Document]]]) -> None:
        """All of them, some at a time; each end is told with the manifest's number."""
        more = True
        while more or self.running:
            while more and len(self.running) < self.at_once:
                number, documents = next(manifests, (-1, []))
                more = number >= 0
                if more:
                    self._start(number, documents)
            self._look()
            time.sleep(1)

    def _start(self, number: int, documents: list[Document]) -> None:
        *others, workflow = documents
        created = []
        try:
            for document in others:
                self.controller.create(document)
                created.append(document)
            if created:
                time.sleep(0.3)  # until the controller has seen them
            name = self.controller.create(workflow)["metadata"]["name"]
        except client.ApiException as error:
            message = json.loads(error.body)["message"]
            self._forget(created)
            self.tell(number, {"rejected": re.sub(r'"?g-[a-z0-9]{5}"?', "@", message)})
            return
        self.running[name] = number, others
        self.seen[name] = "", time.monotonic()

    def _look(self) -> None:
        listed = self.controller.objects.list_namespaced_custom_object(GROUP, VERSION, self.controller.namespace, "workflows")
        for workflow in listed["items"]:
            name, status = workflow["metadata"]["name"], workflow.get("status") or {}
            if name not in self.running:
                continue
            state = json.dumps([status.get("phase"), status.get("nodes")], sort_keys=True)
            if state != self.seen[name][0]:
                self.seen[name] = state, time.monotonic()
            over = status.get("phase") in DONE
            if over or self._hangs(name, status):
                self._end(name, judged(name, status) | ({} if over else {"hangs": True}))

    def _hangs(self, name: str, status: Document) -> bool:
        nodes = (status.get("nodes") or {}).values()
        at_work = any(node["type"] == "Pod" and node.get("phase") in ("Pending", "Running") for node in nodes)
        return time.monotonic() - self.seen[name][1] > QUIET * (10 if at_work else 1)

    def _end(self, name: str, found: Document) -> None:
        number, others = self.running.pop(name)
        self.controller.delete("Workflow", name)
        self._forget(others)
        self.tell(number, found)

    def _forget(self, documents: list[Document]) -> None:
        for document in documents:
            self.controller.delete(document["kind"], document["metadata"]["name"])
