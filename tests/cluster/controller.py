"""A double of Argo's controller: it gives workflows the phases that a script says."""

from __future__ import annotations

import threading
import time

from airflow_argo.cluster.client import MERGE_PATCH
from airflow_argo.cluster.resources import WORKFLOWS, Call
from airflow_argo.cluster.watch import Seen
from airflow_argo.cluster.watching import Watching


def set_status(api, name, phase, **status):
    """Give a workflow a phase, and its label, as the controller does. Returns the time just after."""
    label = {"workflows.argoproj.io/phase": phase}
    patch = {"metadata": {"labels": label}, "status": {"phase": phase, **status}}
    api.send(Call("patch", WORKFLOWS, api.namespace, name), patch, content_type=MERGE_PATCH)
    return time.monotonic()


class ControllerDouble:
    """Leads each new workflow of a namespace through a script of (seconds after the last, phase)."""

    def __init__(self, api, script=((0.1, "Running"), (0.2, "Succeeded"))):
        self._api, self._script = api, script
        self._watching = Watching(api, WORKFLOWS)
        self.ended = {}

    def __enter__(self):
        threading.Thread(target=self._run, daemon=True).start()
        return self

    def __exit__(self, *exception):
        self._watching.stop()

    def _run(self):
        begun = set()
        for change in self._watching.changes():
            if isinstance(change, Seen) and change.manifest["metadata"]["uid"] not in begun:
                begun.add(change.manifest["metadata"]["uid"])
                threading.Thread(target=self._play, args=(change.manifest["metadata"]["name"],), daemon=True).start()

    def _play(self, name):
        for seconds, phase in self._script:
            time.sleep(seconds)
            self.ended[name] = set_status(self._api, name, phase)
