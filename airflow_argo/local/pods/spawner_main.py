"""The spawner: a small process that forks the tasks' processes, so that the engine, which may be large, needn't fork.

Run as a program with the number of an open socket; imports nothing but the standard library. It reads requests and writes
reports, both JSON objects behind their length in four bytes:

    {"do": "start", "id", "argv", "env", "cwd", "stdout", "stderr", "binds", "root", "marker", "append"}
        → {"id", "pid"}, later {"id", "code", "error"}
    {"do": "signal", "id", "signal"}
    {"do": "probe"} → {"namespaces": bool}

`code` is an exit code, or 128 and the signal; `error` says why the program could not be started. When the socket closes, be
it that the engine was killed, all tasks are killed and the spawner ends: no orphan is left.

A spawner that a fork server (`fork_server_main`) has forked doesn't execute a task's program: its process has begun to be one.

Each task is a session of its own. On Linux processes that a task leaves behind come to the spawner (it is their subreaper) and
are killed when the task's own process ends; with `binds` the task gets a private mount namespace.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
NOT_STARTED = 64  # Argo's own exit code where it is at fault, or can't start the command
LINUX = sys.platform == "linux"


class Spawner:
    """Reads requests, forks, reaps, reports.

    Args:
        connection: to the engine.
        prepared: of a spawner that a fork server has forked: tells a task's process whether it may begin as it is.
    """

    def __init__(self, connection: socket.socket, prepared: Callable[[], bool] | None = None) -> None:
        self.connection = connection
        self.prepared = prepared
        self.is_spawner = True
        self.incoming = bytearray()
        self.pids: dict[str, int] = {}
        self.tasks: dict[int, tuple[str, int, str]] = {}  # pid → id, the pipe that tells why it didn't start, marker
        self.libc = ctypes.CDLL(None, use_errno=True) if LINUX else None
        self.wakeup, self.wakes = os.pipe()
        os.set_blocking(self.wakeup, False)
        os.set_blocking(self.wakes, False)
        signal.set_wakeup_fd(self.wakes, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._leave)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if self.libc is not None:
            self.libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
            if prepared is None:  # a fork server may end before the spawners that it forked
                self.libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)

    def serve(self) -> None:
        """Until the engine closes the socket.

        Raises:
            Begun: in the process of a task that begins as it is.
        """
        poll = select.poll()
        poll.register(self.connection, select.POLLIN)
        poll.register(self.wakeup, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == self.wakeup:
                    os.read(self.wakeup, 4096)
                elif not self._receive():
                    return
            self._reap()

    def _receive(self) -> bool:
        try:
            data = self.connection.recv(1 << 20)
        except ConnectionError:
            return False
        if not data:
            return False
        self.incoming += data
        while len(self.incoming) >= 4:
            (length,) = struct.unpack_from(">I", self.incoming)
            if len(self.incoming) < 4 + length:
                break
            request = json.loads(bytes(self.incoming[4 : 4 + length]))
            del self.incoming[: 4 + length]
            self._handle(request)
        return True

    def _send(self, report: dict[str, Any]) -> None:
        data = json.dumps(report).encode()
        try:
            self.connection.sendall(struct.pack(">I", len(data)) + data)
        except OSError:  # the engine is gone: the next read says so
            return

    def _handle(self, request: dict[str, Any]) -> None:
        if request["do"] == "start":
            self._start(request)
        elif request["do"] == "signal":
            pid = self.pids.get(request["id"])
            if pid is not None:
                kill_group(pid, request["signal"])
        elif request["do"] == "probe":
            self._send({"namespaces": self._probe(request["folder"])})

    def _start(self, request: dict[str, Any]) -> None:
        reason, told = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reason)
            self._become(request, told)
        os.close(told)
        self.pids[request["id"]] = pid
        self.tasks[pid] = (request["id"], reason, request["marker"])
        self._send({"id": request["id"], "pid": pid})

    def _become(self, request: dict[str, Any], told: int) -> None:
        """In the forked child: become the task. Never returns."""
        self.is_spawner = False
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGPIPE):
                signal.signal(number, signal.SIG_DFL)
            self._redirect(request["stdout"], request["stderr"], 0 if request["append"] else os.O_TRUNC)
            if self.libc is not None:
                self.libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if request["binds"]:
                self._enter_namespace(request["binds"], request.get("root"))
            os.chdir(request["cwd"])
            environment = request["env"]
            if self.prepared is not None and self.prepared():
                self._leave_to_task(told)
                raise Begun(request)
            program = find_program(request["argv"][0], environment.get("PATH", ""))
            try:
                os.execve(program, request["argv"], environment)  # noqa: S606 - becoming the task is the point
            except OSError as error:
                raise StartError(
                    f"failed to start command: fork/exec {program}: {os.strerror(error.errno or 0).lower()}"
                ) from None
        except StartError as error:
            os.write(told, str(error).encode()[:4000])
        except Begun:
            raise
        except BaseException as error:  # noqa: BLE001 - the child must not return into the spawner's loop
            os.write(told, f"{type(error).__name__}: {error}".encode()[:4000])
        os._exit(NOT_STARTED)

    def _leave_to_task(self, told: int) -> None:
        """Close what is the spawner's: nothing else will, as no program is executed."""
        for descriptor in (told, self.wakeup, self.wakes, *(reason for _, reason, _ in self.tasks.values())):
            os.close(descriptor)
        self.connection.close()

    @staticmethod
    def _redirect(stdout: str, stderr: str, truncate: int) -> None:
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        for number, path in ((1, stdout), (2, stderr)):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | truncate, 0o644)
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.close(null)

    def _enter_namespace(self, binds: list[list[str]], root: str | None) -> None:
        """A mount namespace in which each source folder is at its target; with `root`, below that new root."""
        assert self.libc is not None
        user, group = os.getuid(), os.getgid()
        self._check(self.libc.unshare(CLONE_NEWNS | (CLONE_NEWUSER if user else 0)), "unshare")
        if user:
            for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
                with open(f"/proc/self/{name}", "w") as file:
                    file.write(text)
        self._mount("none", "/", MS_REC | MS_PRIVATE)
        sources = [os.open(source, os.O_PATH | os.O_CLOEXEC) for source, _ in binds]  # before anything covers them
        for descriptor, (_, target) in zip(sources, binds, strict=True):
            self._mount(f"/proc/self/fd/{descriptor}", target, MS_BIND | MS_REC)
            os.close(descriptor)
        if root:
            os.chroot(root)
            os.chdir("/")

    def _mount(self, source: str, target: str, flags: int) -> None:
        assert self.libc is not None
        self._check(self.libc.mount(source.encode(), target.encode(), None, ctypes.c_ulong(flags), None), f"mount {target}")

    @staticmethod
    def _check(result: int, what: str) -> None:
        if result != 0:
            number = ctypes.get_errno()
            raise StartError(f"{what}: {os.strerror(number)}")

    def _probe(self, folder: str) -> bool:
        """Whether a child may have a mount namespace of its own here."""
        if self.libc is None:
            return False
        pid = os.fork()
        if pid == 0:
            try:
                self._enter_namespace([[folder, "/tmp"]], None)  # noqa: S108 - the folder that every task gets for itself
                os.execve("/bin/true", ["true"], {})  # noqa: S606
            except BaseException:  # noqa: BLE001 - whatever it is, the answer is no
                os._exit(1)
        return os.waitpid(pid, 0)[1] == 0

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            task = self.tasks.pop(pid, None)
            if task is not None:
                self._ended(pid, *task, os.waitstatus_to_exitcode(status))

    def _ended(self, pid: int, task_id: str, reason: int, marker: str, code: int) -> None:
        error = os.read(reason, 4096).decode(errors="replace")
        os.close(reason)
        del self.pids[task_id]
        kill_group(pid, signal.SIGKILL)
        self._kill_leftovers(marker)
        self._send({"id": task_id, "code": code if code >= 0 else 128 - code, "error": error})

    def _kill_leftovers(self, marker: str) -> None:
        """Kill what the task left behind outside its process group: its parent is the spawner now."""
        for _ in range(100):
            left = [pid for pid in children() if pid not in self.tasks and self._is_left(pid, marker)]
            if not left:
                return
            for pid in left:
                kill(pid, signal.SIGKILL)
                wait_for(pid)

    def _is_left(self, pid: int, marker: str) -> bool:
        """Whether a process is one that a task left behind; what a begun task forks has not its environment."""
        return marker in environment_of(pid) or (self.prepared is not None and not self.tasks)

    def _leave(self, *_: object) -> None:
        self.kill_all()
        os._exit(0)

    def kill_all(self) -> None:
        """Kill every task, and whatever they left behind."""
        for pid in self.tasks:
            kill_group(pid, signal.SIGKILL)
        for _ in range(100):
            left = children()
            if not left:
                return
            for pid in left:
                kill(pid, signal.SIGKILL)
                wait_for(pid)


class Begun(BaseException):
    """This process is that of a task: what was prepared for it has to go on, with the `request` that was made for it."""

    def __init__(self, request: dict[str, Any]) -> None:
        super().__init__()
        self.request = request


class StartError(Exception):
    """A task can't be started; ``str()`` is what Argo's executor says."""


def find_program(name: str, path: str) -> str:
    """The file to execute, found on the task's PATH as Go's exec.LookPath does."""
    if "/" in name:
        candidates, where = [name], "no such file or directory"
        prefix = f'exec: "{name}": stat {name}: '
    else:
        candidates, where = (
            [os.path.join(folder or ".", name) for folder in path.split(":")],
            "executable file not found in $PATH",
        )
        prefix = f'exec: "{name}": '
    if "/" in name and os.path.isdir(name):
        prefix, where = f'exec: "{name}": ', "is a directory"
    elif "/" in name and os.path.exists(name):
        prefix, where = f'exec: "{name}": ', "permission denied"
    for candidate in candidates:
        if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return candidate
    raise StartError(f"failed to find name in PATH: {prefix}{where}")


def kill_group(pid: int, number: int) -> None:
    """Signal the group that a task leads, or the task if it is none any more."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        kill(pid, number)


def kill(pid: int, number: int) -> None:
    """Signal a process, if it is still there."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def wait_for(pid: int) -> None:
    """Reap a child, if it is still there."""
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        return


def children() -> list[int]:
    """The processes whose parent is this one; only Linux tells."""
    if not LINUX:
        return []
    me = os.getpid()
    try:
        with open(f"/proc/{me}/task/{me}/children") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and parent_of(name) == me]


def parent_of(pid: str) -> int:
    """The parent of a process; 0 if it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def environment_of(pid: int) -> str:
    """The environment with which a process began; empty if it is gone."""
    try:
        with open(f"/proc/{pid}/environ", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def main() -> None:
    """Serve on the socket whose number is the only argument."""
    spawner = Spawner(socket.socket(fileno=int(sys.argv[1])))
    try:
        spawner.serve()
    finally:
        spawner.kill_all()


if __name__ == "__main__":
    main()
