"""How a run is shown while it goes on: a live tree on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from airflow_argo.runners.run import OnProgress


@contextmanager
def shown_on_terminal(name: str, stream: TextIO | None = None, *, live: bool | None = None) -> Iterator[OnProgress]:
    """What to call with each change of a run, while it goes on.

    Args:
        name: the run's.
        stream: where to; by default stderr, so that what a command answers is alone on stdout.
        live: a tree that redraws itself; by default if the stream is a terminal.
    """
    stream = stream or sys.stderr
    if live is None:
        live = stream.isatty()
    if live:
        from airflow_argo.runners.display.live import LiveTree

        with LiveTree(name, stream) as tree:
            yield tree.show
    else:
        from airflow_argo.runners.display.plain import PlainLines

        lines = PlainLines(stream)
        yield lines.show
        lines.end()
