"""Runs a golden manifest on the embedded engine, and does what its `# then:` lines say."""

from __future__ import annotations

import json
import re
import threading
import time
from pathlib import Path
from typing import Any

import yaml

from airflow_argo.local import Engine, JumpingClock, NodeChanged, SystemClock, WorkflowChanged, load

_POD = re.compile(r"\b(container|script|containerSet|resource):")
THEN = re.compile(r"^# then: (\S+) (\S+) (.*)$", re.MULTILINE)
NAME = "g-x7k2p"
NAMESPACE = "argo"


def in_namespace(document: dict[str, Any]) -> dict[str, Any]:
    """A document where the traces were recorded: some texts have the namespace."""
    return {**document, "metadata": {"namespace": NAMESPACE, **document.get("metadata", {})}}


class Play:
    """One manifest. Its `status` is there after `run`."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.text = path.read_text(encoding="utf-8")
        self.todo = [match.groups() for match in THEN.finditer(self.text)]
        clock = SystemClock() if self.todo or _POD.search(self.text) else JumpingClock(time.time())
        program = load(in_namespace(document) for document in yaml.load_all(self.text, yaml.CSafeLoader) if document)
        self.engine = Engine(program, name=NAME, folder=folder / "run", clock=clock)
        self.phases: dict[str, str] = {}
        self.lock = threading.Lock()

    def run(self) -> dict[str, Any]:
        return self.engine.run(self.on_event)

    def on_event(self, event: object) -> None:
        if isinstance(event, NodeChanged):
            self.phases[event.node["name"].replace(NAME, "@", 1)] = event.node["phase"]
        elif isinstance(event, WorkflowChanged):
            self.phases["@@"] = event.phase
        self.look()

    def look(self) -> None:
        with self.lock:
            while self.todo and self.phases.get(self.todo[0][0]) == self.todo[0][1]:
                node, _, action = self.todo.pop(0)
                verb, _, rest = action.partition(" ")
                if verb == "sleep":
                    threading.Timer(float(rest), self.look).start()
                    return
                if verb == "patch":
                    self.patch(node.replace("@", NAME, 1), json.loads(rest))
                else:
                    self.engine.delete_pod(rest.replace("@", NAME, 1))

    def patch(self, node: str, patch: dict[str, Any]) -> None:
        if "spec" in patch and patch["spec"].get("shutdown"):
            self.engine.stop(patch["spec"]["shutdown"])
        elif "spec" in patch:
            assert patch["spec"] == {"suspend": None}
            self.engine.resume()
        else:
            (change,) = patch["status"]["nodes"].values()
            self.engine.set_node(node, change["phase"], change.get("message", ""))
