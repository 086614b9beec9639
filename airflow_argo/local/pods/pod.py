"""A pod that runs: init containers, then main containers and sidecars, then what they leave.

Source: the kubelet's order of things, and emissary.go for sets of containers.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from airflow_argo.argo.phases import ERROR, FAILED
from airflow_argo.local.controller.outcome import ContainerEnd, PodOutcome, PodRequest
from airflow_argo.local.pods import results
from airflow_argo.local.pods.artifacts import ArtifactStore
from airflow_argo.local.pods.launcher import Launcher
from airflow_argo.local.pods.plan import MAIN, SCRIPT, ContainerPlan, PodPlan, PodRefused
from airflow_argo.local.pods.results import End
from airflow_argo.local.pods.sandbox import Sandbox
from airflow_argo.local.pods.spawner import Ended
from airflow_argo.local.pods.spawners import Spawners

DEADLINE_EXCEEDED = "Pod was active on the node longer than the specified deadline"
POD_DELETED = "pod deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Where things of a run lie: `work` is emptied, `logs` and `artifacts` are kept."""

    work: Path
    logs: Path
    artifacts: Path
    claims: Path


def log_files(logs: Path, node_id: str, container: str) -> tuple[Path, Path]:
    """The files of a container's standard output and standard error."""
    return logs / f"{node_id}.{container}.out", logs / f"{node_id}.{container}.err"


@dataclass(slots=True)
class RunningPod:
    """One pod. It is over when `outcome` is there.

    Args:
        request: what the controller asked for.
        plan: what that means.
        grace: seconds between SIGTERM and SIGKILL.
        refusal: why there can't be such a pod.
    """

    request: PodRequest
    plan: PodPlan
    folders: Folders
    launcher: Launcher
    spawners: Spawners
    grace: float
    refusal: str = ""
    outcome: PodOutcome | None = None
    started_at: float = 0.0
    _sandboxes: dict[str, Sandbox] = field(default_factory=dict)
    _running: set[str] = field(default_factory=set)
    _waiting: dict[str, ContainerPlan] = field(default_factory=dict)
    _ends: dict[str, End] = field(default_factory=dict)
    _tries: dict[str, int] = field(default_factory=dict)
    _again: dict[str, float] = field(default_factory=dict)
    _init_at: int = 0
    _kill_at: float | None = None
    _ended_by: str = ""

    @property
    def base(self) -> Path:
        """The pod's own work folder."""
        return self.folders.work / self.request.node_id

    @property
    def seen(self) -> int | None:
        """None: it doesn't only wait for objects to change."""
        return None

    @property
    def containers(self) -> list[str]:
        """The names of its containers."""
        return [container.name for container in self._containers()]

    def start(self, now: float) -> None:
        """Make its files and start its first processes."""
        self.started_at = now
        if self.refusal:
            self._fail(ERROR, self.refusal, now)
            return
        try:
            self._prepare()
            self._advance(now)
        except PodRefused as error:
            self._fail(ERROR, str(error), now)
        except OSError as error:
            self._fail(ERROR, f"init: Error (exit code 64): {error}", now)

    def _prepare(self) -> None:
        for name, files in self.plan.volumes.items():
            folder = self.base / "volumes" / name
            folder.mkdir(parents=True)
            for path, content in files.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(content, encoding="utf-8", newline="")
        for container in self._containers():
            self._sandboxes[container.name] = self._sandbox(container)
        main = self._sandboxes.get(MAIN)
        if main is not None:
            self._stage(main)

    def _containers(self) -> Iterator[ContainerPlan]:
        yield from self.plan.init
        yield from self.plan.mains
        yield from self.plan.sidecars

    def _sandbox(self, container: ContainerPlan) -> Sandbox:
        declared = list(_declared_paths(self.plan.template)) if container.name == MAIN else []
        if container.cwd:
            declared.append(os.path.join(container.cwd, "."))
        volumes = {mount.path: self._volume(mount.volume) / mount.sub_path for mount in container.mounts}
        sandbox = self.launcher.sandbox(self.base / container.name, declared, volumes)
        if container.cwd and not sandbox.host_path(container.cwd).exists():
            sandbox.host_path(container.cwd).mkdir(parents=True)
        return sandbox

    def _volume(self, name: str) -> Path:
        return (self.folders.claims if name in self.plan.claims else self.base / "volumes") / name

    def _stage(self, sandbox: Sandbox) -> None:
        """Put input artifacts and the script where the main container looks for them."""
        store = self._artifacts()
        for artifact in (self.plan.template.get("inputs") or {}).get("artifacts") or []:
            store.load(artifact, sandbox.host_path(artifact["path"]))
        if self.plan.script is not None:
            script = sandbox.host_path(SCRIPT)
            script.parent.mkdir(parents=True, exist_ok=True)
            script.write_text(sandbox.seen_as(self.plan.script), encoding="utf-8", newline="")
            script.chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)

    def _artifacts(self) -> ArtifactStore:
        return ArtifactStore(self.folders.artifacts, self.request.name)

    def _advance(self, now: float) -> None:
        """Start what can be started; see whether the pod is over."""
        if self._init_at < len(self.plan.init):
            self._launch(self.plan.init[self._init_at])
            return
        if not self._waiting and not any(main.name in self._ends for main in self.plan.mains) and not self._running:
            self._waiting = {container.name: container for container in self.plan.mains}
            for sidecar in self.plan.sidecars:
                self._launch(sidecar)
        for container in list(self._waiting.values()):
            self._start_if_ready(container)
        if all(main.name in self._ends for main in self.plan.mains):
            self._stop_sidecars(now)
            if not self._running:
                self._finish(now)

    def _start_if_ready(self, container: ContainerPlan) -> None:
        """A container of a set waits for those that it depends on, and fails with them. Source: runEmissary."""
        for name in container.after:
            if name not in self._ends:
                return
            if self._ends[name].code != 0:
                code = _set_code(self._ends[name])
                message = f'dependency "{name}" exited with non-zero code: {code}'
                self._ends[container.name] = End(container.name, results.EXECUTOR_FAULT, message)
                del self._waiting[container.name]
                return
        del self._waiting[container.name]
        if self.plan.tries.fault:
            self._ends[container.name] = End(container.name, results.EXECUTOR_FAULT, self.plan.tries.fault)
        elif self.plan.tries.most < 1:
            self._ends[container.name] = End(container.name, 0)
        else:
            self._launch(container)

    def _launch(self, container: ContainerPlan) -> None:
        self._tries[container.name] = self._tries.get(container.name, 0) + 1
        process = f"{self.request.node_id}/{container.name}"
        logs = log_files(self.folders.logs, self.request.node_id, container.name)
        request = self.launcher.request(process, container, self._sandboxes[container.name], logs)
        self.spawners.spawn(replace(request, append=self._tries[container.name] > 1))
        self._running.add(container.name)

    def ended(self, report: Ended, now: float) -> None:
        """One of its processes ended."""
        name = report.id.rpartition("/")[2]
        self._running.discard(name)
        if self._tries_again(name, report, now):
            return
        self._ends[name] = End(name, report.code, report.error)
        if self._ended_by == POD_DELETED:
            if not self._running:
                self._fail(ERROR, POD_DELETED, now)
            return
        init = self._init_at < len(self.plan.init)
        if init and report.code != 0:
            self._finish(now)
            return
        self._init_at += init
        if self._ended_by and init:
            self._finish(now)
            return
        self._give_up_the_rest(name, now)
        try:
            self._advance(now)
        except PodRefused as error:
            self._fail(ERROR, str(error), now)
        except OSError as error:
            self._fail(ERROR, f"main: Error (exit code 64): {error}", now)

    def _tries_again(self, name: str, report: Ended, now: float) -> bool:
        """A container of a set whose command failed may get another try inside its pod. Source: runEmissary."""
        main = any(main.name == name for main in self.plan.mains)
        if not main or report.code == 0 or report.error or self._ended_by or self._tries[name] >= self.plan.tries.most:
            return False
        self._again[name] = now + self.plan.tries.wait
        return True

    def _try_again(self, now: float) -> None:
        """Start what has waited for its next try; nothing more is tried once the pod has to end."""
        due = [name for name, time in self._again.items() if time <= now or self._ended_by]
        for name in due:
            del self._again[name]
            if self._ended_by:
                self._ends[name] = End(name, 128 + signal.SIGTERM)
            else:
                self._launch(next(main for main in self.plan.mains if main.name == name))
        if due and self._ended_by and not self._running:
            self._finish(now)

    def _give_up_the_rest(self, name: str, now: float) -> None:
        """When one main container of several fails, the others are ended."""
        failed = any(main.name == name for main in self.plan.mains) and self._ends[name].code != 0
        if (failed or self._ended_by) and len(self.plan.mains) > 1:
            self._terminate([main.name for main in self.plan.mains if main.name in self._running], now)
            for container in list(self._waiting.values()):
                self._start_if_ready(container)
            for other in [*self._waiting, *self._again]:
                self._ends[other] = End(other, 128 + signal.SIGTERM)
            self._waiting.clear()
            self._again.clear()

    def _stop_sidecars(self, now: float) -> None:
        self._terminate([sidecar.name for sidecar in self.plan.sidecars if sidecar.name in self._running], now)

    def _terminate(self, names: list[str], now: float) -> None:
        for name in names:
            self.spawners.signal(f"{self.request.node_id}/{name}", signal.SIGTERM)
        if names and self._kill_at is None:
            self._kill_at = now + self.grace

    def terminate(self, reason: str, now: float) -> None:
        """End it with SIGTERM, and SIGKILL if that doesn't help: a deadline, a shutdown."""
        if self.outcome is not None or self._ended_by:
            return
        self._ended_by = reason
        self._terminate(sorted(self._running), now)

    def delete(self) -> None:
        """Kill it as a pod that vanishes: nothing is saved."""
        self._ended_by = POD_DELETED
        self._kill()

    def _kill(self) -> None:
        for name in self._running:
            process = f"{self.request.node_id}/{name}"
            for command in self.launcher.kill_commands(process):
                subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.spawners.signal(process, signal.SIGKILL)

    def next_time(self) -> float | None:
        """When `on_time` has to be called next."""
        times = [self._kill_at, *(0.0 if self._ended_by else time for time in self._again.values())]
        if not self._ended_by:
            times += [self._deadline(), self.request.terminate_at]
        return min((time for time in times if time is not None), default=None)

    def _deadline(self) -> float | None:
        return None if self.request.deadline is None else self.started_at + self.request.deadline

    def on_time(self, now: float) -> None:
        """Deadlines, the end of the grace period, further tries."""
        if self._again:
            self._try_again(now)
        if self._kill_at is not None and now >= self._kill_at:
            self._kill_at = None
            self._kill()
        if self._ended_by or self.outcome is not None:
            return
        deadline = self._deadline()
        if deadline is not None and now >= deadline:
            self.terminate(DEADLINE_EXCEEDED, now)
        elif self.request.terminate_at is not None and now >= self.request.terminate_at:
            self.terminate("executor", now)

    def _finish(self, now: float) -> None:
        """All containers have ended: save outputs and judge."""
        mains = [self._ends[main.name] for main in self.plan.mains if main.name in self._ends]
        init = [self._ends[container.name] for container in self.plan.init if container.name in self._ends]
        sidecars = [self._ends[sidecar.name] for sidecar in self.plan.sidecars if sidecar.name in self._ends]
        saved = self._save() if MAIN in self._ends else results.Saved({})
        if saved.main_error:
            mains = [End(MAIN, results.EXECUTOR_FAULT, saved.main_error) if end.name == MAIN else end for end in mains]
        phase, message = results.verdict(init, mains, saved.wait_error, sidecars)
        if self._ended_by == DEADLINE_EXCEEDED:
            phase, message = FAILED, DEADLINE_EXCEEDED
        self._over(
            PodOutcome(
                phase=phase,
                message=message,
                exit_code=results.exit_code(mains),
                outputs=saved.outputs,
                containers={end.name: ContainerEnd(code=end.code, message=_container_message(end)) for end in mains},
                finished_at=now,
            )
        )

    def _save(self) -> results.Saved:
        main = next(main for main in self.plan.mains if main.name == MAIN)
        stdout = log_files(self.folders.logs, self.request.node_id, MAIN)[0] if self.request.capture_result else None
        try:
            return results.save_outputs(
                self.plan.template,
                self._sandboxes[MAIN],
                stdout,
                self._artifacts(),
                volumes=[mount.path for mount in main.mounts],
            )
        except OSError as error:
            return results.Saved({}, "", str(error))

    def _fail(self, phase: str, message: str, now: float) -> None:
        self._kill()
        self._over(PodOutcome(phase=phase, message=message, finished_at=now))

    def _over(self, outcome: PodOutcome) -> None:
        self.outcome = outcome
        remove_folder(self.base)


def _declared_paths(template: Any) -> Iterator[str]:
    """The paths that the main container of a template reads and writes."""
    for artifact in (template.get("inputs") or {}).get("artifacts") or []:
        yield artifact["path"]
    outputs = template.get("outputs") or {}
    for parameter in outputs.get("parameters") or []:
        path = (parameter.get("valueFrom") or {}).get("path")
        if path:
            yield path
    for artifact in outputs.get("artifacts") or []:
        yield artifact["path"]


def _set_code(end: End) -> int:
    """The code that a container of a set tells its dependents: not the executor's own, but that of its dependency."""
    if end.code == results.EXECUTOR_FAULT and end.message.startswith("dependency "):
        return int(end.message.rpartition(" ")[2])
    return end.code


def _container_message(end: End) -> str:
    return "" if end.code == 0 else f"{end.name}: Error (exit code {end.code}): {end.message}"


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it, even what its owner may not change."""

    def make_removable(function: Callable[[str], object], path: str, _error: object) -> None:
        try:
            os.chmod(os.path.dirname(path), stat.S_IRWXU)
            os.chmod(path, stat.S_IRWXU)
            function(path)
        except OSError:
            return

    shutil.rmtree(folder, onerror=make_removable)
