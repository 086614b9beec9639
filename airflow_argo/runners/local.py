"""Run a workflow here: on the embedded engine, one process a pod, no cluster."""

from __future__ import annotations

import base64
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from airflow_argo.diagnostics import InputError
from airflow_argo.local import (
    DEFAULT_PROCESSES,
    Engine,
    Event,
    NodeChanged,
    WorkflowChanged,
    load,
    restart,
    resume_from,
)
from airflow_argo.local import LogLine as EngineLine
from airflow_argo.runners.local_logs import LocalLogs
from airflow_argo.runners.paths import StepPaths
from airflow_argo.runners.run import LogLine, OnProgress, Progress, Run
from airflow_argo.runners.sources import Runnable, runnable
from airflow_argo.runners.waiting import told

VARIABLE_PREFIX = "AIRFLOW_VAR_"
CONNECTION_PREFIX = "AIRFLOW_CONN_"
MAX_LINES = 10_000

Dict = dict[str, Any]


class LocalRun(Run):
    """A run on this machine.

    Attributes:
        folder: its journal and logs.
    """

    def __init__(self, runner: LocalRunner, source: Runnable, engine: Engine, manifest: Dict) -> None:
        super().__init__(engine.name, manifest)
        self.folder = Path(engine.folder)
        self._runner, self._source, self._engine = runner, source, engine
        self._lock, self._changed = threading.Lock(), threading.Event()
        self._status: Dict = {"phase": "", "nodes": {}}
        self._final: Dict | None = None
        self._error: BaseException | None = None
        self._lines: deque[EngineLine] = deque(maxlen=MAX_LINES)
        self._thread: threading.Thread | None = None
        self._going_on = False
        self._paths = StepPaths(manifest, self.raw_status)

    def raw_status(self) -> Dict:
        """The status as Argo has it, now."""
        with self._lock:
            return self._final or {**self._status, "nodes": dict(self._status["nodes"])}

    def execute(self, on_progress: OnProgress | None = None) -> None:
        """Runs it to its end, in this thread."""
        self._going_on = True
        try:
            with told(self._changed, self._progress, on_progress):
                final = self._engine.run(self._take)
                with self._lock:
                    self._final = final
        except BaseException as error:
            self._error = error
            raise
        finally:
            self._going_on = False

    def start(self) -> None:
        """Runs it in a thread of its own, which outlives the program's last line."""
        self._going_on = True
        self._thread = threading.Thread(target=self._in_thread, name=self.name)
        self._thread.start()

    def wait(self, timeout: float | None = None, on_progress: OnProgress | None = None) -> LocalRun:
        """Waits for the end."""
        from airflow_argo.runners.waiting import wait_for_thread

        if self._thread is not None:
            wait_for_thread(self._thread, self.name, timeout, self._changed, self._progress, on_progress)
        if self._error is not None:
            raise self._error
        return self

    def logs(self, *, follow: bool = False) -> Iterator[LogLine]:
        """What its steps wrote."""
        logs = LocalLogs(self.folder, self.manifest, self.raw_status)
        return logs.follow(lambda: self.done or not self._going_on) if follow else logs.read()

    def stop(self) -> None:
        """Ends it; its on-exit step runs."""
        self._engine.stop("Stop")

    def terminate(self) -> None:
        """Ends it at once."""
        self._engine.stop("Terminate")

    def resume(self) -> None:
        """Lets it go on where it is suspended."""
        self._engine.resume()

    def retry(self, *, restart_successful: str | None = None, on_progress: OnProgress | None = None) -> LocalRun:
        """Runs what failed again, and what came after it, under the same name."""
        return self._runner.retry(self.folder, restart_successful=restart_successful, on_progress=on_progress)

    def delete(self) -> None:
        """Removes its folder."""
        from airflow_argo.runners.local_runs import RecordedRun

        RecordedRun(self.folder).delete()

    def _in_thread(self) -> None:
        try:
            self.execute()
        except BaseException:  # noqa: BLE001 - kept, and raised by wait()
            return

    def _take(self, event: Event) -> None:
        with self._lock:
            match event:
                case NodeChanged(node=node):
                    self._status["nodes"][node["id"]] = node
                case WorkflowChanged(phase=phase, message=message):
                    self._status |= {"phase": phase, "message": message}
                case EngineLine():
                    self._lines.append(event)
                case _:
                    pass
        self._changed.set()

    def _progress(self) -> Progress:
        with self._lock:
            lines = tuple(self._lines)
            self._lines.clear()
        status = self.raw_status()
        nodes = status["nodes"]
        names = (str(nodes[line.node]["name"]) if line.node in nodes else line.node for line in lines)
        return Progress(
            self.manifest,
            status,
            tuple(LogLine(self._paths.of(name), line.text) for name, line in zip(names, lines, strict=True)),
        )


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
        max_processes: int = DEFAULT_PROCESSES,
    ) -> None:
        self.isolation, self.pass_env = isolation, tuple(pass_env)
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
        what = runnable(source)
        what.check(parameters or {})
        documents = [*what.documents, *_secrets(what), what.manifest]
        engine = Engine(
            load(documents),
            parameters=_texts(parameters or {}),
            name=name,
            folder=None if self.folder is None else self._folder_of(what.manifest, name),
            isolation=self.isolation,
            pass_env=self.pass_env,
            max_processes=self.max_processes,
        )
        return self._go(LocalRun(self, what, engine, what.manifest), wait=wait, on_progress=on_progress)

    def resume(self, folder: str | Path, *, wait: bool = True, on_progress: OnProgress | None = None) -> LocalRun:
        """Goes on with a run that broke off."""
        engine = resume_from(Path(folder))
        manifest = engine.workflow
        return self._go(LocalRun(self, Runnable(manifest), engine, manifest), wait=wait, on_progress=on_progress)

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

    def _go(self, run: LocalRun, *, wait: bool, on_progress: OnProgress | None) -> LocalRun:
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


def _secrets(what: Runnable) -> list[Dict]:
    """Secrets with Airflow's Variables and Connections, as far as the workflow needs them and the environment has them."""
    there = {str(document["metadata"]["name"]) for document in what.documents if document.get("kind") == "Secret"}
    wanted: dict[str, dict[str, str]] = {}
    for secret, key in _secret_keys(what.manifest.get("spec")):
        value = os.environ.get(VARIABLE_PREFIX + key.upper())
        if secret in there:
            continue
        if value is None:
            cure = f"set {VARIABLE_PREFIX}{key.upper()}, or give the Secret beside the workflow"
            raise InputError(f"the workflow needs key '{key}' of Secret '{secret}', and there is no cluster to have it", cure)
        wanted.setdefault(secret, {})[key] = base64.b64encode(value.encode()).decode()
    for secret, prefix in set(_whole_secrets(what.manifest.get("spec"))):
        for name, value in os.environ.items():
            if secret not in there and name.startswith(prefix):
                wanted.setdefault(secret, {})[name[len(prefix) :]] = base64.b64encode(value.encode()).decode()
    return [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data} for name, data in wanted.items()]


def _whole_secrets(found: Any) -> Iterator[tuple[str, str]]:
    """Secrets all of whose keys become Airflow's Connections or Variables: (name, prefix)."""
    if isinstance(found, dict):
        for source in found.get("envFrom") or ():
            if source.get("prefix") in (VARIABLE_PREFIX, CONNECTION_PREFIX) and "secretRef" in source:
                yield str(source["secretRef"].get("name")), str(source["prefix"])
        for part in found.values():
            yield from _whole_secrets(part)
    elif isinstance(found, list):
        for part in found:
            yield from _whole_secrets(part)


def _secret_keys(found: Any) -> Iterator[tuple[str, str]]:
    if isinstance(found, dict):
        ref = found.get("secretKeyRef")
        if isinstance(ref, dict) and not ref.get("optional"):
            yield str(ref.get("name")), str(ref.get("key"))
        for part in found.values():
            yield from _secret_keys(part)
    elif isinstance(found, list):
        for part in found:
            yield from _secret_keys(part)
