"""The engine's end of a spawner: start it, ask it for processes, hear how they end. The protocol is in spawner_main."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_argo.local.pods.fork_servers import Preparation

_PROGRAM = Path(__file__).with_name("spawner_main.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRequest:
    """One process to start.

    Attributes:
        id: unique among the running ones; reports carry it.
        env: all of its environment.
        stdout: a file for what it writes, emptied first unless `append`; `stderr` too.
        binds: for a private mount namespace: each first folder appears at the second path.
        root: a folder that becomes the process's root after the binds, which lie below it.
        marker: a text in its environment by which processes that it leaves behind are known.
        prepared: what a fork server may do for it beforehand.
    """

    id: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    stdout: str
    stderr: str
    marker: str
    prepared: Preparation | None = None
    binds: tuple[tuple[str, str], ...] = ()
    root: str | None = None
    append: bool = False

    def message(self) -> dict[str, Any]:
        """The request as the spawner reads it."""
        return {
            "do": "start",
            "id": self.id,
            "argv": self.argv,
            "env": dict(self.env),
            "cwd": self.cwd,
            "stdout": self.stdout,
            "stderr": self.stderr,
            "binds": self.binds,
            "root": self.root,
            "marker": self.marker,
            "append": self.append,
        }


@dataclass(frozen=True, slots=True)
class Started:
    """A process was forked; whether its program could be executed shows in how it ends."""

    id: str
    pid: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A process ended: its exit code, or 128 and the signal; `error` if it never began, as Argo's executor words it."""

    id: str
    code: int
    error: str = ""


@dataclass(slots=True, eq=False)
class Spawner:
    """The running spawner. Non-blocking: `flush` when `fileno` is writable and `pending`, `receive` when it is readable."""

    _process: subprocess.Popen[bytes] | None = None
    _socket: socket.socket | None = None
    _incoming: bytearray = field(default_factory=bytearray)
    _outgoing: bytearray = field(default_factory=bytearray)
    lost: bool = False

    def start(self) -> None:
        """Start the program; it ends when `stop` is called or this process ends, however that comes about."""
        ours, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_PROGRAM), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        )
        theirs.close()
        self._socket = ours

    @property
    def running(self) -> bool:
        """Whether it was started."""
        return self._socket is not None

    @classmethod
    def of(cls, connection: socket.socket) -> Spawner:
        """One that is there already, at the other end of a connection."""
        connection.setblocking(False)
        return cls(_socket=connection)

    def fileno(self) -> int:
        """The socket's number."""
        assert self._socket is not None
        return self._socket.fileno()

    @property
    def pending(self) -> bool:
        """Whether there is something to send still."""
        return bool(self._outgoing)

    def probe(self, folder: Path) -> bool:
        """Whether processes may have mount namespaces of their own; waits for the answer, so ask before anything runs."""
        assert self._socket is not None
        self._send({"do": "probe", "folder": str(folder)})
        self._socket.setblocking(True)
        self.flush()
        while True:
            for report in self._reports(self._socket.recv(1 << 16)):
                self._socket.setblocking(False)
                return bool(report["namespaces"])
            if self.lost:
                return False

    def spawn(self, request: ProcessRequest) -> None:
        """Ask for a process."""
        self._send(request.message())

    def signal(self, process_id: str, number: int) -> None:
        """Send a signal to a process and its group; one that has ended gets none."""
        self._send({"do": "signal", "id": process_id, "signal": int(number)})

    def receive(self) -> list[Started | Ended]:
        """What was reported since the last call. `lost` is set if the spawner is gone."""
        assert self._socket is not None
        try:
            data = self._socket.recv(1 << 20)
        except BlockingIOError:
            return []
        except ConnectionError:
            data = b""
        return [
            Started(report["id"], report["pid"]) if "pid" in report else Ended(report["id"], report["code"], report["error"])
            for report in self._reports(data)
        ]

    def flush(self) -> None:
        """Send what can be sent now."""
        if self._socket is None or not self._outgoing:
            return
        try:
            sent = self._socket.send(self._outgoing)
        except BlockingIOError:
            return
        except (BrokenPipeError, ConnectionError):
            self.lost = True
            return
        del self._outgoing[:sent]

    def stop(self) -> None:
        """Close the connection, upon which the spawner kills what still runs and ends; waits for that."""
        if self._socket is not None:
            if self._process is None:  # not ours to wait for: it closes its end when all that it started is gone
                self._hear_out(self._socket)
            self._socket.close()
        if self._process is not None:
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    @staticmethod
    def _hear_out(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(10)
            while connection.recv(1 << 20):
                pass

    def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps(message).encode()
        self._outgoing += struct.pack(">I", len(data)) + data
        self.flush()

    def _reports(self, data: bytes) -> Iterator[dict[str, Any]]:
        if not data:
            self.lost = True
        self._incoming += data
        while len(self._incoming) >= 4:
            (length,) = struct.unpack_from(">I", self._incoming)
            if len(self._incoming) < 4 + length:
                return
            report = json.loads(bytes(self._incoming[4 : 4 + length]))
            del self._incoming[: 4 + length]
            yield report
