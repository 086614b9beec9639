"""What containers write: files while a run goes on and afterwards, and lines as they come.

The engine isn't in the way of the output: containers write straight into their files, and the engine reads behind them. If one
writes more than can be followed, lines are left out of the events, never out of the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from airflow_argo.local.events import LogLine

STREAMS = {"out": "stdout", "err": "stderr"}
_CHUNK = 1 << 16
_TOO_FAR_BEHIND = 1 << 20
_LONGEST_LINE = 1 << 16


@dataclass(slots=True)
class LogTail:
    """Reads behind one stream of one container."""

    path: Path
    node: str
    container: str
    stream: str
    _at: int = 0
    _partial: bytes = b""

    @classmethod
    def of(cls, path: Path) -> LogTail:
        """The tail of a file in the folder of logs: `<node>.<container>.out` or `.err`."""
        node, container, end = path.name.split(".")
        return cls(path, node, container, STREAMS[end])

    def new_lines(self, *, last: bool = False) -> Iterator[LogLine]:
        """The lines since the last call, at most some; with `last` all, and the one without an end."""
        try:
            size = self.path.stat().st_size
        except OSError:
            return
        if size - self._at > _TOO_FAR_BEHIND:
            yield self._skip(size)
        while self._at < size:
            yield from self._read()
            if not last:
                break
        if last and self._partial:
            yield self._line(self._partial)
            self._partial = b""

    def _read(self) -> Iterator[LogLine]:
        with self.path.open("rb") as file:
            file.seek(self._at)
            data = file.read(_CHUNK)
        self._at += len(data)
        *lines, self._partial = (self._partial + data).split(b"\n")
        if len(self._partial) > _LONGEST_LINE:
            lines.append(self._partial)
            self._partial = b""
        yield from map(self._line, lines)

    def _skip(self, size: int) -> LogLine:
        left_out = size - self._at - _CHUNK
        self._at += left_out
        self._partial = b""
        return self._line(f"… {left_out:,} bytes are left out here; all is in {self.path}".encode())

    def _line(self, data: bytes) -> LogLine:
        return LogLine(self.node, self.container, self.stream, data.removesuffix(b"\r").decode("utf-8", "replace"))


@dataclass(slots=True)
class LogTails:
    """Reads behind all containers that run.

    Args:
        folder: where the files are.
    """

    folder: Path
    _tails: dict[str, list[LogTail]] = field(default_factory=dict)

    @property
    def following(self) -> bool:
        """Whether there is anything to read behind."""
        return bool(self._tails)

    def follow(self, node: str, containers: Iterable[str]) -> None:
        """Read behind the containers of a pod too."""
        self._tails[node] = [
            LogTail(self.folder / f"{node}.{container}.{end}", node, container, stream)
            for container in containers
            for end, stream in STREAMS.items()
        ]

    def new_lines(self) -> Iterator[LogLine]:
        """What was written since the last call."""
        for tails in self._tails.values():
            for tail in tails:
                yield from tail.new_lines()

    def finish(self, node: str) -> Iterator[LogLine]:
        """The rest of what the containers of a pod wrote, which has ended."""
        for tail in self._tails.pop(node, []):
            yield from tail.new_lines(last=True)


def read_logs(folder: Path, node_id: str, container: str | None = None) -> Iterator[LogLine]:
    """All that the containers of a node wrote, from a run's folder; standard output first, then standard error.

    Args:
        folder: the run's.
        node_id: the node's id in the status.
        container: one of them; None for all.
    """
    for path in sorted((folder / "logs").glob(f"{node_id}.*.*"), key=lambda path: (path.suffix != ".out", path.name)):
        name = path.name[len(node_id) + 1 : -len(path.suffix)]
        if container not in (None, name):
            continue
        with path.open("rb") as file:
            for line in file:
                text = line.rstrip(b"\r\n").decode("utf-8", "replace")
                yield LogLine(node_id, name, STREAMS[path.suffix[1:]], text)
