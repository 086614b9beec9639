"""Runs a program on this machine, one process a container, and ends every node as Argo's controller would."""

from __future__ import annotations

import os
import platform
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import get_ident
from typing import Any, Final

from airflow_argo.argo.phases import WORKFLOW_DONE
from airflow_argo.diagnostics import InputError
from airflow_argo.local.clock import Clock, SystemClock, rfc3339
from airflow_argo.local.control import PIPE, ControlPipe
from airflow_argo.local.controller import commands
from airflow_argo.local.controller.arguments import dumps
from airflow_argo.local.controller.outcome import PodRequest
from airflow_argo.local.controller.size import SizeWatch
from airflow_argo.local.controller.state import Run
from airflow_argo.local.documents import CLUSTER_TEMPLATE, Document
from airflow_argo.local.errors import EngineFailure, Interrupted
from airflow_argo.local.events import Event, Warned
from airflow_argo.local.folder import RunFolder, default_folder
from airflow_argo.local.frames import FRAMES
from airflow_argo.local.journal import FILE as JOURNAL
from airflow_argo.local.journal import Journal, read_journal
from airflow_argo.local.logs import LogTails
from airflow_argo.local.loop import Command, Loop, Mailbox, Pod, Stopped
from airflow_argo.local.objects import ARGO, Object, ObjectStore
from airflow_argo.local.pods.launcher import (
    ImageLauncher,
    Launcher,
    ProcessLauncher,
    image_program,
    task_environment,
)
from airflow_argo.local.pods.plan import NO_PLAN, PodIdentity, PodRefused, plan_pod
from airflow_argo.local.pods.pod import RunningPod
from airflow_argo.local.pods.resource import ResourcePod
from airflow_argo.local.pods.spawners import Spawners
from airflow_argo.local.program import Program, load, new_run
from airflow_argo.local.resource_support import acts_on_objects, looks_at_workflows
from airflow_argo.local.restore import restore
from airflow_argo.local.signals import interrupts
from airflow_argo.local.status import workflow_status
from airflow_argo.local.world import Metadata as Identity
from airflow_argo.local.world import World, with_metadata
from airflow_argo.pod.airflow_task.workflows import API_VARIABLE

ISOLATIONS: Final = ("auto", "namespace", "rewrite", "docker", "podman")
DEFAULT_PROCESSES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a run is executed; kept in its journal.

    Attributes:
        isolation: `namespace`: each container sees `/tmp`, and the paths that it declares, as its own, by a mount namespace
            (Linux); `rewrite`: those paths are rewritten in what it runs; `auto`: the first where the system allows it;
            `docker`, `podman`: in its image.
        pass_env: names of variables of this process that tasks get too.
        max_processes: pods at once; others wait.
        grace: seconds between SIGTERM and SIGKILL.
    """

    isolation: str = "auto"
    pass_env: tuple[str, ...] = ()
    max_processes: int = DEFAULT_PROCESSES
    grace: float = 5.0

    def __post_init__(self) -> None:
        if self.isolation not in ISOLATIONS:
            raise InputError(f"there is no isolation '{self.isolation}'", f"use one of: {', '.join(ISOLATIONS)}")


class Engine:
    """One run of a program.

    `run` blocks; `stop`, `suspend`, `resume` and `set_node` may be called from other threads meanwhile.

    Args:
        program: from `load`.
        parameters: arguments that hide the workflow's own.
        name: of the workflow; None for its own, or one made from its generateName.
        folder: where the run keeps its journal, logs and artifacts; None for one under the user's state folder.
        isolation, pass_env, max_processes, grace: see `Settings`.
        clock: what tells the time.
        world: that of the run which created this one; `uid` of its Workflow object there.
    Raises:
        InputError: the name is no name.
        InvalidManifest: with these parameters the controller would refuse it.
    """

    def __init__(
        self,
        program: Program,
        *,
        parameters: Mapping[str, str] | None = None,
        name: str | None = None,
        folder: str | Path | None = None,
        isolation: str = "auto",
        pass_env: Iterable[str] = (),
        max_processes: int = DEFAULT_PROCESSES,
        grace: float = 5.0,
        clock: Clock | None = None,
        world: World | None = None,
        uid: str | None = None,
    ) -> None:
        settings = Settings(isolation=isolation, pass_env=tuple(pass_env), max_processes=max_processes, grace=grace)
        self.clock = clock or SystemClock()
        workflow = program.submitted(name or program.new_name(), parameters or {})
        folder = Path(folder) if folder is not None else default_folder(workflow["metadata"]["name"])
        uid = uid or str(uuid.uuid4())
        self._begin(program, workflow, folder, settings, uid=uid, created_at=self.clock.now(), world=world)
        self._resumed = False

    def _begin(
        self,
        program: Program,
        workflow: Document,
        folder: Path,
        settings: Settings,
        *,
        uid: str,
        created_at: float,
        world: World | None,
    ) -> None:
        self.name: str = workflow["metadata"]["name"]
        self.folder, self.settings = folder, settings
        self.isolation = settings.isolation
        self._program, self._workflow = program, workflow
        self._run = new_run(program, workflow, self.clock, uid=uid, created_at=created_at)
        self._mailbox, self._loop, self._launchers, self._used = Mailbox(), None, [], False
        self._namespace, self.uid = self._run.metadata.namespace, uid
        self._identity_there = Identity(self.name, self._namespace, uid)
        self._is_first = world is None
        self._world = world or World(ObjectStore.of(program.documents, self._namespace), folder, self._of_object, self._again)

    _loop: Loop | None
    _thread: int
    _launchers: list[Launcher]

    @property
    def workflow(self) -> dict[str, Any]:
        """The Workflow that runs, with its name and its arguments."""
        return self._workflow

    @property
    def status(self) -> dict[str, Any]:
        """How it stands, as a cluster's workflow has it; not to be called while it runs, when events tell."""
        return workflow_status(self._run)

    # --- what others may do meanwhile

    def stop(self, strategy: str = "Stop") -> None:
        """End the run: `Stop` lets exit handlers run, `Terminate` doesn't."""
        self._do({"do": "stop", "strategy": strategy})

    def interrupt(self) -> None:
        """Break the run off, as Ctrl-C does; it can be resumed."""
        self._mailbox.interrupt()

    def suspend(self) -> None:
        """Start nothing more until the run is resumed."""
        self._do({"do": "suspend"})

    def resume(self, node: str | None = None, parameters: Mapping[str, str] | None = None) -> None:
        """Go on with a run that is suspended, or with one suspended node.

        Args:
            node: its id, name, or name inside its template.
            parameters: outputs that it waits for.
        """
        self._do({"do": "resume", "node": node, "parameters": dict(parameters) if parameters else None})

    def set_node(self, node: str, phase: str = "", message: str = "", parameters: Mapping[str, str] | None = None) -> None:
        """Give a suspended node a phase, a message or outputs."""
        self._do({"do": "set", "node": node, "phase": phase, "message": message, "parameters": dict(parameters or {})})

    def delete_pod(self, node: str) -> None:
        """Kill a node's pod as one that vanishes: the node is an Error."""
        self._do({"do": "delete-pod", "node": node})

    def _do(self, message: Mapping[str, Any]) -> None:
        self._mailbox.put(self._parse(message))

    def _parse(self, message: Mapping[str, Any]) -> Command:
        """What a message of another thread or process asks for.

        Raises:
            ValueError: nothing that is known.
        """
        match message:
            case {"do": "stop"}:
                strategy = message.get("strategy") or "Stop"
                if strategy not in commands.STRATEGIES:
                    raise ValueError(f"'{strategy}' is no strategy; use Stop or Terminate")
                return lambda run: commands.stop(run, strategy)
            case {"do": "suspend"}:
                return commands.suspend
            case {"do": "resume"}:
                return lambda run: commands.resume(run, message.get("node"), message.get("parameters"))
            case {"do": "set", "node": node}:
                given = {key: message[key] for key in ("phase", "message", "parameters") if message.get(key)}
                return lambda run: commands.set_node(run, node, **given)
            case {"do": "delete-pod", "node": node}:
                return lambda _run: self._delete(node)
        raise ValueError(f"a run can't do this: {dict(message)}")

    def _delete(self, node: str) -> None:
        if self._loop is not None:
            self._loop.delete_pod(node)

    # --- running

    def run(self, on_event: Callable[[Event], None] | None = None) -> dict[str, Any]:
        """Execute the run.

        Args:
            on_event: is told what happens, in this thread.
        Returns:
            the status, as a cluster's workflow has it (`workflow_status`).
        Raises:
            Interrupted: by Ctrl-C or SIGTERM; no process is left, and the run can be resumed.
            RunExists, RunIsGoingOn: the folder is taken.
            EngineFailure: this machine can't do it.
        """
        if self._used:
            raise EngineFailure("this engine has run already", "make another one")
        self._used = True
        place = RunFolder(self.folder)
        if self._resumed:
            place.reopen()
        else:
            place.create()
        try:
            return self._run_in(place, on_event)
        finally:
            place.clean(claims=self._run.phase in WORKFLOW_DONE)
            place.give_back()

    def _run_in(self, place: RunFolder, on_event: Callable[[Event], None] | None) -> dict[str, Any]:
        journal, control, spawners = Journal(self.folder / JOURNAL), ControlPipe(self.folder / PIPE), Spawners()
        world, status = self._world, None
        self._thread = get_ident()
        if self._is_first:
            self._enter_world()
        try:
            journal.begin(self._header())
            control.open()
            self._mailbox.open()
            world.store.listeners.append(self._wake)
            told = world.watched(self._identity_there, on_event) if self._is_watched else on_event
            loop = self._loop = self._new_loop(place, journal, control, spawners, told)
            with interrupts(self._mailbox.interrupt), FRAMES.many():
                world.is_active(self.uid)
                loop.execute()
                status = self._ended(place, loop, on_event)
                world.is_over(self.uid)
                if self._is_first:
                    world.finish(lambda: bool(self._mailbox.interrupts))
        except Stopped:
            raise self._interrupted() from None
        finally:
            world.store.listeners.remove(self._wake)
            self._leave(interrupted=status is None)
            self._loop = None
            spawners.stop()
            for launcher in self._launchers:
                launcher.close()
            self._mailbox.close()
            control.close()
            journal.close()
        return status | {"engine": {**status["engine"], "workflows": found}} if (found := world.phases()) else status

    @property
    def _is_watched(self) -> bool:
        """Whether anybody can look at this run as an object while it goes on; keeping it up to date costs time."""
        return not self._is_first or acts_on_objects(self._program.documents)

    def _wake(self) -> None:
        """An object has changed: if this thread did it, the loop sees by itself."""
        if get_ident() != self._thread:
            self._mailbox.wake()

    def _enter_world(self) -> None:
        """Be an object like the workflows that it creates, which are there again if this run broke off."""
        metadata = {**self._workflow["metadata"], "uid": self._run.metadata.uid}
        item = {"apiVersion": ARGO, "kind": "Workflow", **self._workflow, "metadata": metadata, "status": {}}
        self._world.store.put(with_metadata(item, self._program.spec), self._namespace)
        if self._resumed:
            self._world.restore()

    def _leave(self, *, interrupted: bool) -> None:
        self._world.is_over(self.uid)
        if self._is_first and interrupted:
            self._world.break_off()
        if self._is_first:
            self._world.close()

    def _ended(self, place: RunFolder, loop: Loop, on_event: Callable[[Event], None] | None) -> dict[str, Any]:
        """The status, which is kept."""
        status = workflow_status(self._run, loop.hangs, isolation=self.isolation, folder=str(self.folder))
        self._world.ended(self._identity_there, status)
        try:
            place.write_status(status)
        except OSError as error:
            if on_event is not None:
                on_event(Warned(f"the status can't be kept in {self.folder}: {error.strerror}"))
        return status

    def _of_object(self, item: Object, folder: Path) -> Engine:
        """The run of a Workflow object that a run created."""
        kept = {key: item["metadata"][key] for key in ("name", "namespace", "labels", "annotations") if key in item["metadata"]}
        workflow = {"apiVersion": ARGO, "kind": "Workflow", "metadata": kept, "spec": item.get("spec") or {}}
        store, images = self._world.store, self.settings.isolation in ("docker", "podman")
        others = [one for kind in ("WorkflowTemplate", "ConfigMap", "Secret") for one in store.listed(kind, self._namespace)]
        others += [one for one in self._program.documents if one["kind"] == CLUSTER_TEMPLATE]
        program = load([*map(_as_given, others), workflow], images=images, limits=self._program.limits)
        uid = item["metadata"]["uid"]
        store.change("Workflow", self._namespace, kept["name"], lambda one: with_metadata(one, program.spec))
        return Engine(program, folder=folder, clock=self.clock, world=self._world, uid=uid, **asdict(self.settings))

    def _again(self, folder: Path) -> Engine:
        return _ResumedEngine(folder, self.clock, None, self._world)

    def _header(self) -> dict[str, Any]:
        return {
            "documents": list(self._program.documents),
            "workflow": self._workflow,
            "limits": self._program.limits,
            "settings": asdict(self.settings),
            "uid": self._run.metadata.uid,
            "created_at": self._run.metadata.created_at,
        }

    def _new_loop(
        self,
        place: RunFolder,
        journal: Journal,
        control: ControlPipe,
        spawners: Spawners,
        on_event: Callable[[Event], None] | None,
    ) -> Loop:
        def new_pod(request: PodRequest) -> Pod:
            if "resource" in request.template:
                return self._resource_pod(request)
            if not self._launchers:
                spawners.own.start()
                self._launchers.append(self._launcher(place, spawners.own.probe))
                self.isolation = self._launchers[0].isolation
            return self._new_pod(request, place, self._launchers[0], spawners)

        return Loop(
            run=self._run,
            world=self._world,
            spawners=spawners,
            journal=journal,
            control=control,
            mailbox=self._mailbox,
            new_pod=new_pod,
            parse=self._parse,
            logs=LogTails(place.pods.logs),
            size=SizeWatch(len(dumps(self._workflow).encode())) if self._program.limits else None,
            max_processes=self.settings.max_processes,
            grace=self.settings.grace,
            host=platform.node(),
            report=on_event,
        )

    def _launcher(self, place: RunFolder, has_namespaces: Callable[[Path], bool]) -> Launcher:
        environment = task_environment(self.settings.pass_env, os.environ)
        wanted = self.settings.isolation
        if wanted in ("docker", "podman"):
            program = image_program(wanted)
            if program is None:
                raise EngineFailure(f"{wanted} is not installed", "install it, or choose another isolation")
            launcher = ImageLauncher(program, dict(os.environ), self._run.metadata.uid[:8])
            if self._resumed:
                launcher.remove_leftovers()
            return launcher
        namespaces = wanted != "rewrite" and has_namespaces(place.pods.work)
        if wanted == "namespace" and not namespaces:
            raise EngineFailure("this system gives no mount namespaces", "use isolation rewrite, docker or podman")
        return ProcessLauncher(namespaces, environment)

    def _new_pod(self, request: PodRequest, place: RunFolder, launcher: Launcher, spawners: Spawners) -> RunningPod:
        claims = frozenset(one["metadata"]["name"] for one in self._run.spec.get("volumeClaimTemplates") or [])
        plan, refusal = NO_PLAN, ""
        try:
            identity = self._identity(request)
            variables = _variables(request, self.name) | self._api_variable(request)
            objects = self._world.objects(self._namespace)
            plan = plan_pod(request.template, list(request.volumes), claims, identity, objects, variables)
        except PodRefused as error:
            refusal = str(error)
        return RunningPod(request, plan, place.pods, launcher, spawners, self.settings.grace, refusal)

    def _api_variable(self, request: PodRequest) -> dict[str, str]:
        """Where a pod finds workflows, if it looks at them."""
        if not looks_at_workflows(request.template):
            return {}
        if self.settings.isolation in ("docker", "podman"):
            raise PodRefused("it asks this machine's engine for workflows or Variables, and a container can't reach that")
        return {API_VARIABLE: self._world.api_url()}

    def _resource_pod(self, request: PodRequest) -> ResourcePod:
        metadata = self._run.metadata
        owner = {"apiVersion": ARGO, "kind": "Workflow", "name": metadata.name, "uid": metadata.uid, "controller": True}
        creator = f"{metadata.uid}/{request.node_id}"
        return ResourcePod(request, self._world, metadata.namespace, owner, creator)

    def _identity(self, request: PodRequest) -> PodIdentity:
        metadata, spec = self._run.metadata, self._run.spec
        common, own = spec.get("podMetadata") or {}, request.template.get("metadata") or {}
        prefix = "workflows.argoproj.io/"
        labels = {f"{prefix}workflow": metadata.name, f"{prefix}completed": "false"}
        annotations = {f"{prefix}node-id": request.node_id, f"{prefix}node-name": request.node}
        return PodIdentity(
            name=request.name,
            namespace=metadata.namespace,
            uid=str(uuid.uuid5(uuid.UUID(metadata.uid), request.node)),
            node_id=request.node_id,
            workflow=metadata.name,
            workflow_uid=metadata.uid,
            labels={**(common.get("labels") or {}), **(own.get("labels") or {}), **labels},
            annotations={**(common.get("annotations") or {}), **(own.get("annotations") or {}), **annotations},
            service_account=spec.get("serviceAccountName") or "default",
        )

    def _interrupted(self) -> Interrupted:
        nodes = [node for node in self._run.tree if node.type not in ("DAG", "Steps", "StepGroup", "TaskGroup", "Retry")]
        done = sum(node.fulfilled for node in nodes)
        return Interrupted(self.name, self.folder, done, tuple(node.name for node in nodes if not node.fulfilled))


def _variables(request: PodRequest, workflow: str) -> dict[str, str]:
    """What the controller adds to the environment of each container. Source: workflowpod.go (build)."""
    return {
        "ARGO_NODE_ID": request.node_id,
        "ARGO_INCLUDE_SCRIPT_OUTPUT": "true" if request.capture_result else "false",
        "ARGO_DEADLINE": rfc3339(request.terminate_at) or "0001-01-01T00:00:00Z",
        "ARGO_WORKFLOW_NAME": workflow,
    }


def _as_given(item: Object) -> Object:
    """An object without what the API server adds."""
    kept = ("name", "namespace", "labels", "annotations")
    return {**item, "metadata": {key: item["metadata"][key] for key in kept if key in item["metadata"]}}


class _ResumedEngine(Engine):
    """Goes on with what a journal says."""

    def __init__(self, folder: Path, clock: Clock | None, isolation: str | None, world: World | None = None) -> None:
        recorded = read_journal(folder)
        header = recorded.header
        settings = Settings(**{**header["settings"], "pass_env": tuple(header["settings"]["pass_env"])})
        if isolation is not None:
            settings = Settings(**{**asdict(settings), "isolation": isolation})
        self.clock = clock or SystemClock()
        program = Program.of(header["documents"], header["workflow"], limits=header["limits"])
        at = header["created_at"]
        self._begin(program, header["workflow"], folder, settings, uid=header["uid"], created_at=at, world=world)
        restore(self._run, recorded)
        self._resumed = True


def resume_from(folder: str | Path, *, clock: Clock | None = None, isolation: str | None = None) -> Engine:
    """An engine that goes on with a run that broke off; what has ended stays as it is, what was at work begins anew.

    Args:
        folder: the run's.
        isolation: another one than before.
    Raises:
        RunNotFound: there is none.
    """
    return _ResumedEngine(Path(folder), clock, isolation)


__all__ = ["ISOLATIONS", "Engine", "Run", "Settings", "resume_from"]
