"""The fork servers of this process: for pods of our own program, a Python that has begun and imported what they need.

A task whose pod is `python3 -c` with the text of `airflow_argo.pod.bootstrap` needs neither Python's start nor that of Airflow:
its process is forked from one in which that is done. Runs of one process share the servers. Used on Linux alone, with mount
namespaces: elsewhere forked processes may not use the system's libraries, and paths are rewritten in the environment.
"""

from __future__ import annotations

import atexit
import base64
import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from airflow_argo.pod import bootstrap

_PROGRAM: Final = Path(__file__).with_name("fork_server_main.py")
_SPAWNER_PROGRAM: Final = Path(__file__).with_name("spawner_main.py")
_MOST: Final = 4
"""So many servers are kept; one that has imported Airflow has some 150 MB."""

_OF_A_TASK: Final = ("ARGO_", "AIRFLOW_ARGO_", "AIRFLOW_CTX_", "AIRFLOW_CONN_", "AIRFLOW_VAR_", "_LB")
"""How the variables begin that neither Python nor Airflow reads as it starts; `_LB` is the compiler's, see `compiler.words`."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is prepared: tasks with an equal one can be forked from one process.

    Attributes:
        modules: the digest of the bundle's modules.
        env: the variables that count when Python and Airflow start.
        configuration: Airflow's file, and when it was changed.
        argv: of a task, to begin with.
    """

    modules: str
    env: tuple[tuple[str, str], ...]
    configuration: tuple[str, int]
    argv: tuple[str, ...] = field(compare=False)


def preparation(argv: Sequence[str], env: Mapping[str, str], hidden: Sequence[str]) -> Preparation | None:
    """What can be prepared for a process.

    Args:
        argv, env: of the process.
        hidden: folders of this machine that it doesn't see.
    """
    if tuple(argv[:2]) not in _INTERPRETERS or len(argv) < 3 or argv[2] != _bootstrap():
        return None
    if env.get("PATH", "").partition(os.pathsep)[0] != os.path.dirname(sys.executable):
        return None
    kept = tuple(sorted((name, value) for name, value in env.items() if not name.startswith(_OF_A_TASK)))
    configuration = _configuration(kept, tuple(hidden))
    if configuration is None:
        return None
    return Preparation(_modules(tuple(argv[3:])), kept, (configuration, _changed(configuration)), tuple(argv))


@lru_cache(maxsize=32)
def _configuration(env: tuple[tuple[str, str], ...], hidden: tuple[str, ...]) -> str | None:
    """The path of Airflow's configuration; None if a variable names what is hidden, or is elsewhere for each process."""
    named = dict(env)
    home = named.get("AIRFLOW_HOME") or os.path.join(named.get("HOME", "/"), "airflow")
    configuration = named.get("AIRFLOW_CONFIG") or os.path.join(home, "airflow.cfg")
    modules = named.get("PYTHONPATH", "").split(os.pathsep) if named.get("PYTHONPATH") else []
    if not all(map(os.path.isabs, [configuration, *modules])):
        return None
    places = [configuration, *(part for name, value in env if name not in _SEEN for part in value.split(os.pathsep))]
    known = filter(os.path.isabs, places)
    return None if any(_is_in(place, folder) for place in known for folder in hidden) else configuration


_SEEN: Final = ("PATH", "TMPDIR")
"""Variables with folders that a process sees, or that nothing reads before it begins."""

_INTERPRETERS: Final = (("python3", "-c"), ("python", "-c"))


@cache
def _bootstrap() -> str:
    return Path(bootstrap.__file__).read_text(encoding="utf-8")


@lru_cache(maxsize=32)
def _modules(words: tuple[str, ...]) -> str:
    files: Mapping[str, str] = json.loads(zlib.decompress(base64.b64decode("".join(words)))) if words else {}
    modules = sorted((name, text) for name, text in files.items() if name.endswith(".py"))
    return hashlib.sha256(json.dumps(modules).encode()).hexdigest()


def _is_in(path: str, folder: str) -> bool:
    return os.path.realpath(path).startswith(os.path.realpath(folder).rstrip("/") + "/")


def _changed(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


@dataclass(slots=True)
class _Server:
    process: subprocess.Popen[bytes]
    control: socket.socket

    def end(self) -> None:
        """At once; the spawners that it forked go on."""
        self.control.close()
        self.process.kill()
        self.process.wait()


@dataclass(slots=True)
class ForkServers:
    """The servers of this process, those used last at the end."""

    _servers: dict[Preparation, _Server] = field(default_factory=dict)
    _failed: set[Preparation] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _process: int = field(default_factory=os.getpid)

    def connect(self, what: Preparation) -> socket.socket | None:
        """A connection to a new spawner; None if what it is to prepare can't be."""
        with self._lock:
            if self._process != os.getpid():  # this one was forked, and the servers are the other's
                self._servers, self._failed, self._process = {}, set(), os.getpid()
            if what in self._failed:
                return None
            server = self._servers.pop(what, None) or _started(what)
            self._servers[what] = server
            while len(self._servers) > _MOST:
                self._servers.pop(next(iter(self._servers))).end()
            ours, theirs = socket.socketpair()
            with theirs, suppress(OSError):  # it may have failed: then nobody reads from the other end
                socket.send_fds(server.control, [b"!"], [theirs.fileno()])
            return ours

    def failed(self, what: Preparation) -> None:
        """A spawner was gone before it started anything: if its server is too, none is asked for again."""
        with self._lock:
            server = self._servers.get(what)
            with suppress(subprocess.TimeoutExpired):
                if server is not None and server.process.wait(timeout=1) is not None:
                    self._failed.add(what)
                    self._servers.pop(what).end()

    def end(self) -> None:
        """End all servers."""
        with self._lock:
            while self._process == os.getpid() and self._servers:
                self._servers.popitem()[1].end()


def _started(what: Preparation) -> _Server:
    ours, theirs = socket.socketpair()
    program = _PROGRAM.read_text(encoding="utf-8")
    interpreter, option, *words = what.argv
    with theirs:
        process = subprocess.Popen(
            [interpreter, option, program, str(theirs.fileno()), str(_SPAWNER_PROGRAM), *words],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=dict(what.env),
            cwd="/",
        )
    return _Server(process, ours)


FORK_SERVERS: Final = ForkServers()
atexit.register(FORK_SERVERS.end)
