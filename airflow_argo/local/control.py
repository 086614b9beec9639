"""How other processes talk to a run that goes on: a named pipe in its folder, one JSON object a line.

Lines up to 4,096 bytes arrive whole whoever else writes; longer ones are put into a file, and the line names it.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_argo.local.errors import NotRunning

PIPE = "control"
_WHOLE = 4096


@dataclass(slots=True)
class ControlPipe:
    """The reading end. It holds the pipe open for writing too, so that it never ends."""

    path: Path
    _descriptor: int = -1
    _pending: bytes = b""

    def open(self) -> None:
        """Make the pipe."""
        self.path.unlink(missing_ok=True)
        os.mkfifo(self.path, 0o600)
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._descriptor

    def commands(self) -> list[dict[str, Any]]:
        """The commands that came since the last call; what is no JSON object is left out."""
        try:
            self._pending += os.read(self._descriptor, 1 << 16)
        except BlockingIOError:
            return []
        *lines, self._pending = self._pending.split(b"\n")
        return [command for line in lines if (command := self._command(line)) is not None]

    def _command(self, line: bytes) -> dict[str, Any] | None:
        try:
            command = json.loads(line)
            if isinstance(command, dict) and "file" in command:
                path = self.path.with_name(Path(str(command["file"])).name)
                command = json.loads(path.read_text(encoding="utf-8"))
                path.unlink()
        except (ValueError, OSError):
            return None
        return command if isinstance(command, dict) else None

    def close(self) -> None:
        """Nobody listens any more."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self.path.unlink(missing_ok=True)


def send_command(folder: Path, command: Mapping[str, Any]) -> None:
    """Tell a run in another process something: `{"do": "stop", "strategy": "Stop"}`, `{"do": "suspend"}`, `{"do": "resume"}`.

    Raises:
        NotRunning: nobody listens.
    """
    line = json.dumps(dict(command)).encode() + b"\n"
    if len(line) > _WHOLE:
        file = folder / f"{PIPE}-{secrets.token_hex(8)}.json"
        file.write_bytes(line)
        line = json.dumps({"file": file.name}).encode() + b"\n"
    try:
        descriptor = os.open(folder / PIPE, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENXIO, errno.ENOTDIR):
            raise NotRunning(folder) from None
        raise
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)
