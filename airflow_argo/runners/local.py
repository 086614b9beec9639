"""Run a workflow here: on the embedded engine, one process a pod, no cluster."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:  # `from airflow_argo import LocalRunner` loads nothing of the engine
    from airflow_argo.local import Engine
    from airflow_argo.runners.local_run import LocalRun
    from airflow_argo.runners.run import OnProgress

Dict = dict[str, Any]


AIRFLOWS_PLACE: Final = ("AIRFLOW_HOME", "AIRFLOW_CONFIG")
"""Where the Airflow is configured that is installed: tasks of an Airflow image run with that one here."""


class LocalRunner:
    """Runs workflows on this machine.

    Args:
        isolation: how tasks are kept apart: "auto", "namespace", "rewrite", "docker" or "podman".
        pass_env: names of this process' variables that tasks see too.
        folder: where runs are kept; by default the user's state folder.
        max_processes: tasks at once.
    """

    def __init__(
        self,
        *,
        isolation: str = "auto",
        pass_env: Iterable[str] = (),
        folder: str | Path | None = None,
        max_processes: int | None = None,
    ) -> None:
        self.isolation, self.pass_env = isolation, (*AIRFLOWS_PLACE, *pass_env)
        self.folder = None if folder is None else Path(folder)
        self.max_processes = max_processes

    def run(
        self,
        source: Any,
        *,
        parameters: Mapping[str, Any] | None = None,
        name: str | None = None,
        wait: bool = True,
        on_progress: OnProgress | None = None,
    ) -> LocalRun:
        """Runs a workflow.

        Args:
            source: a Workflow, an Airflow DAG, or a manifest.
            parameters: values for its inputs.
            name: of the run.
            wait: return when it has ended; else at once, while it goes on in a thread.
            on_progress: is told each change; by default it is shown on a terminal.
        Raises:
            Unsupported: the engine doesn't do what the workflow needs, such as actions on Kubernetes objects.
            AirflowArgoError: it can't be compiled, or isn't valid.
        """
        from airflow_argo.local import DEFAULT_PROCESSES, Engine, load
        from airflow_argo.runners.local_secrets import local_secrets
        from airflow_argo.runners.sources import runnable

        what = runnable(source)
        values = what.inputs(parameters or {})
        documents = [*what.documents, *local_secrets(what), what.manifest]
        engine = Engine(
            load(documents),
            parameters=_texts(values),
            name=name,
            folder=None if self.folder is None else self._folder_of(what.manifest, name),
            isolation=self.isolation,
            pass_env=self.pass_env,
            max_processes=self.max_processes or DEFAULT_PROCESSES,
        )
        return self._go(engine, what.manifest, wait=wait, on_progress=on_progress)

    def resume(self, folder: str | Path, *, wait: bool = True, on_progress: OnProgress | None = None) -> LocalRun:
        """Goes on with a run that broke off."""
        from airflow_argo.local import resume_from

        engine = resume_from(Path(folder))
        return self._go(engine, engine.workflow, wait=wait, on_progress=on_progress)

    def retry(
        self,
        folder: str | Path,
        *,
        restart_successful: str | None = None,
        wait: bool = True,
        on_progress: OnProgress | None = None,
    ) -> LocalRun:
        """Runs the failed part of a run again, by the rule that a cluster has for it.

        Args:
            restart_successful: a node selector, as `displayName=load`: these nodes too.

        Raises:
            WrongPhaseError: it isn't done, or nothing of it failed.
        """
        from airflow_argo.cluster.node_selector import parse_node_selector
        from airflow_argo.cluster.retry import formulate_retry
        from airflow_argo.local import restart
        from airflow_argo.runners.local_runs import RecordedRun

        record = RecordedRun(Path(folder))
        workflow = {**record.manifest, "status": record.raw_status()}
        selector = parse_node_selector(restart_successful) if restart_successful else None
        plan = formulate_retry(workflow, datetime.now(timezone.utc), restart_successful=selector)
        restart(record.folder, plan.workflow["status"]["nodes"])
        return self.resume(record.folder, wait=wait, on_progress=on_progress)

    def _folder_of(self, manifest: Dict, name: str | None) -> Path:
        assert self.folder is not None
        metadata = manifest.get("metadata") or {}
        return self.folder / (name or metadata.get("name") or f"{metadata.get('generateName', 'run-')}{os.urandom(3).hex()}")

    def _go(self, engine: Engine, manifest: Dict, *, wait: bool, on_progress: OnProgress | None) -> LocalRun:
        from airflow_argo.runners.local_run import LocalRun

        run = LocalRun(self, engine, manifest)
        if not wait:
            run.start()
            return run
        if on_progress is not None:
            run.execute(on_progress)
            return run
        from airflow_argo.runners.display import shown_on_terminal

        with shown_on_terminal(run.name) as show:
            run.execute(show)
        return run


def _texts(parameters: Mapping[str, Any]) -> dict[str, str]:
    from airflow_argo.compiler.code import compact_json

    return {name: value if isinstance(value, str) else compact_json(value) for name, value in parameters.items()}
