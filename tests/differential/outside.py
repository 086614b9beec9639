"""What some example DAGs wait for, and nobody would do on this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILES = {"example_sensors": Path("/tmp/temporary_file_for_testing")}
"""DAG → the file that it waits for: `dag.test()` runs one task after the other, and the maker may come after who waits."""

SECONDS_BETWEEN = 0.5


@contextmanager
def outside_world(dag_id: str) -> Iterator[None]:
    """While a DAG runs, what it waits for is there, again and again."""
    if dag_id not in FILES:
        yield
        return
    over = threading.Event()
    maker = threading.Thread(target=_make, args=(FILES[dag_id], over), daemon=True)
    maker.start()
    try:
        yield
    finally:
        over.set()
        maker.join()
        FILES[dag_id].unlink(missing_ok=True)


def _make(file: Path, over: threading.Event) -> None:
    while not over.wait(SECONDS_BETWEEN):
        file.touch()
