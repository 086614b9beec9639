"""Which end of its step a task has shown last: a task that is cleared, and finds that very end, wants another."""

from __future__ import annotations

from typing import Any, Final

from airflow_argo._compat import state_store
from airflow_argo.cluster import ClusterError
from airflow_argo.cluster.manifests import suffix_of
from airflow_argo.hooks.argo import ArgoHook
from airflow_argo.operators.attempts import PREFIX

_KEY: Final = "airflow_argo_shown"


class Notes:
    """The note of a task instance: in Airflow where that can keep it (3.3), else on the workflow."""

    def __init__(self, hook: ArgoHook, step: str, context: Any) -> None:
        self._hook, self._store, self._log = hook, state_store(context), context["ti"].task.log
        instance = f"{step}/{context['ti'].map_index}"
        self._annotation = f"{PREFIX}shown-{suffix_of(instance)}"

    def last(self, workflow: str) -> str | None:
        """The end that was shown; None if it isn't known."""
        if self._store is not None:
            kept = self._store.get(_KEY)
            return str(kept["ended"]) if isinstance(kept, dict) and kept.get("workflow") == workflow else None
        annotations = self._hook.cluster.get(workflow).manifest["metadata"].get("annotations") or {}
        return annotations.get(self._annotation)

    def note(self, workflow: str, ended: str) -> None:
        """Keep that this end was shown. If that can't be done, a cleared task shows the same end once more."""
        if self._store is not None:
            self._store.set(_KEY, {"workflow": workflow, "ended": ended})
        elif self._hook.can_annotate:
            try:
                self._hook.annotate(workflow, {self._annotation: ended})
            except ClusterError as error:
                self._log.warning("It can't be noted that the end of the step was shown: %s", error)
