"""How a container becomes a process: as a program of this machine in a sandbox, or as `docker run`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from airflow_argo.argo.limits import MAX_ARGUMENT_BYTES
from airflow_argo.local.pods.fork_servers import preparation
from airflow_argo.local.pods.plan import ContainerPlan, PodRefused
from airflow_argo.local.pods.sandbox import ROOT, TMP, Sandbox, make_sandbox
from airflow_argo.local.pods.spawner import ProcessRequest

NAMESPACE: Final = "namespace"
REWRITE: Final = "rewrite"
_MARKER: Final = "AIRFLOW_ARGO_PROCESS"


class Launcher(Protocol):
    """Makes sandboxes and process requests."""

    @property
    def isolation(self) -> str:
        """Its name in the run's status."""

    def sandbox(self, base: Path, declared: Iterable[str], volumes: Mapping[str, Path]) -> Sandbox:
        """A container's private files below `base`."""

    def request(self, process_id: str, container: ContainerPlan, sandbox: Sandbox, logs: tuple[Path, Path]) -> ProcessRequest:
        """The process of a container; `logs` are the files of its standard output and error.

        Raises:
            PodRefused: it can't be run like this.
        """

    def kill_commands(self, process_id: str) -> Sequence[Sequence[str]]:
        """Commands that end what killing the process alone doesn't."""

    def close(self) -> None:
        """All processes have ended: nothing of them may be left."""


@dataclass(frozen=True, slots=True)
class ProcessLauncher:
    """Containers as processes of this machine. Images are not looked at.

    Args:
        namespaces: with mount namespaces; without, paths are rewritten.
        environment: the variables that every task gets.
    """

    namespaces: bool
    environment: Mapping[str, str]

    @property
    def isolation(self) -> str:
        """`namespace` or `rewrite`."""
        return NAMESPACE if self.namespaces else REWRITE

    def sandbox(self, base: Path, declared: Iterable[str], volumes: Mapping[str, Path]) -> Sandbox:
        """A container's private files; a Python that lies in `/tmp` stays visible."""
        package = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))  # Airflow in a task finds our provider
        keep = sorted({os.path.realpath(folder) for folder in (sys.prefix, sys.base_prefix, package)})
        return make_sandbox(base, declared, volumes, namespace=self.namespaces, keep=keep)

    def request(self, process_id: str, container: ContainerPlan, sandbox: Sandbox, logs: tuple[Path, Path]) -> ProcessRequest:
        """The process; its PATH begins with this Python's folder unless the manifest sets one."""
        if not container.argv:
            raise PodRefused(f"container {container.name} has no command, and its image's own is not known without the image")
        argv = tuple(sandbox.seen_as(part) for part in _with_files(container, sandbox))
        env = {name: sandbox.seen_as(value) for name, value in container.env.items()}
        env = {**self.environment, "TMPDIR": sandbox.seen_as(TMP), **env, _MARKER: process_id}
        cwd = container.cwd or (ROOT if ROOT in sandbox.places else TMP)  # where most images work; /tmp, unless / is private
        return ProcessRequest(
            id=process_id,
            argv=argv,
            env=env,
            cwd=str(sandbox.host_path(cwd)) if sandbox.rewritten else cwd,
            stdout=str(logs[0]),
            stderr=str(logs[1]),
            marker=f"{_MARKER}={process_id}",
            prepared=None if sandbox.rewritten else preparation(argv, env, tuple(sandbox.places)),
            binds=sandbox.binds,
            root=sandbox.root,
        )

    def kill_commands(self, process_id: str) -> Sequence[Sequence[str]]:  # noqa: ARG002 - others need it
        """None: its processes are ours."""
        return ()

    def close(self) -> None:
        """Nothing is ever left."""


@dataclass(frozen=True, slots=True)
class ImageLauncher:
    """Containers in their images, by docker or podman.

    Args:
        program: its name.
        environment: of the program itself.
        run: unique text for the names of containers.
        killed: the containers that had to be killed.
    """

    program: str
    environment: Mapping[str, str]
    run: str
    killed: list[str] = field(default_factory=list)

    @property
    def isolation(self) -> str:
        """`docker` or `podman`."""
        return self.program

    def sandbox(self, base: Path, declared: Iterable[str], volumes: Mapping[str, Path]) -> Sandbox:
        """Folders of this machine for `/tmp` and the folders of declared paths, which hide what the image has there."""
        folders = {TMP, *(os.path.dirname(os.path.normpath(path)) for path in declared)} - set(volumes)
        outermost = [path for path in folders if not any(path.startswith(f"{other}/") for other in [*folders, *volumes])]
        places = {path: base / "files" / (path.strip("/") or "root") for path in outermost} | dict(volumes)
        for place in places.values():
            place.mkdir(parents=True, exist_ok=True)
        sandbox = Sandbox(places, rewritten=False)
        for path in declared:
            sandbox.host_path(path).parent.mkdir(parents=True, exist_ok=True)
        return sandbox

    def request(self, process_id: str, container: ContainerPlan, sandbox: Sandbox, logs: tuple[Path, Path]) -> ProcessRequest:
        """The `run` command."""
        options = ["--rm", "--name", self._name(process_id), "--label", self._label]
        if self.program == "docker" and os.getuid():
            options += ["--user", f"{os.getuid()}:{os.getgid()}"]  # so that its files can be removed
        for path, place in sorted(sandbox.places.items()):
            options += ["--volume", f"{place}:{path}"]
        environment = {**self.environment, _MARKER: process_id}
        for name, value in container.env.items():
            options += [
                "--env",
                f"{name}={value}" if name in environment else name,
            ]  # else nobody reads it off a list of processes
        if container.cwd:
            options += ["--workdir", container.cwd]
        command: list[str] = []
        if container.argv:
            options += ["--entrypoint", container.argv[0]]
            command = list(_with_files(container, sandbox))[1:]
        return ProcessRequest(
            id=process_id,
            argv=(self.program, "run", *options, container.image, *command),
            env={**container.env, **environment},
            cwd="/",
            stdout=str(logs[0]),
            stderr=str(logs[1]),
            marker=f"{_MARKER}={process_id}",
        )

    def kill_commands(self, process_id: str) -> Sequence[Sequence[str]]:
        """End the container, which outlives the program that started it, and remove it, as that can't any more."""
        name = self._name(process_id)
        self.killed.append(name)
        return (self.program, "kill", name), (self.program, "rm", "--force", name)

    def close(self) -> None:
        """A container that was killed while it was being made may have come into being afterwards."""
        if self.killed:
            self.remove_leftovers()

    def remove_leftovers(self) -> None:
        """Remove the containers that an engine which was killed has left."""
        listed = subprocess.run(
            [self.program, "ps", "--all", "--quiet", "--filter", f"label={self._label}"],
            check=False,
            capture_output=True,
            text=True,
        )
        for container in listed.stdout.split():
            subprocess.run([self.program, "rm", "--force", container], check=False, capture_output=True)

    @property
    def _label(self) -> str:
        return f"airflow-argo.run={self.run}"

    def _name(self, process_id: str) -> str:
        return f"airflow-argo-{self.run}-{process_id.replace('/', '-')}"


def _with_files(container: ContainerPlan, sandbox: Sandbox) -> Iterable[str]:
    """The arguments, those that are too long as the name of a file behind an `@`. Source: runEmissary."""
    if not container.long_arguments:
        return container.argv
    argv = list(container.argv)
    for index, argument in enumerate(argv[1:]):
        if len(argument.encode()) > MAX_ARGUMENT_BYTES:
            path = f"{TMP}/argo_arg_{index}.txt"
            sandbox.host_path(path).write_text(argument, encoding="utf-8", newline="")
            argv[index + 1] = f"@{path}"
    return argv


def task_environment(passed: Iterable[str], caller: Mapping[str, str]) -> dict[str, str]:
    """The variables that every task gets: as few as programs need, and those of the caller that are named."""
    path = os.pathsep.join([os.path.dirname(sys.executable), caller.get("PATH", os.defpath)])
    env = {"PATH": path, "HOME": caller.get("HOME", "/"), "LANG": caller.get("LANG", "C.UTF-8")}
    return env | {name: caller[name] for name in passed if name in caller}


def image_program(isolation: str) -> str | None:
    """Docker or podman, if it was asked for and is installed."""
    return isolation if isolation in ("docker", "podman") and shutil.which(isolation) else None
