"""Where a process of Airflow stands, for a test that has waited for it in vain: it writes that to a file at SIGUSR1."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

FRAMES = 4
"""That are shown of each thread or coroutine, the innermost ones."""


def write_on_signal():
    """To be called by the process itself; its children do the same."""
    signal.signal(signal.SIGUSR1, lambda number, frame: _file(os.getpid()).write_text(_text()))


def stacks_of(home, pids, seconds=5):
    """What the processes write, those that do so in time: a blocked one doesn't. `home`: their AIRFLOW_HOME."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGUSR1)
    time.sleep(seconds)
    return "\n".join(
        file.read_text() if file.exists() else f"{pid} says nothing" for pid in pids for file in [_file(pid, home)]
    )


def _file(pid, home=None):
    return Path(home or os.environ["AIRFLOW_HOME"]) / f"stacks-{pid}.txt"


def _text():
    found = Counter(f"thread: {_line(_of_thread(frame))}" for frame in sys._current_frames().values())
    with suppress(RuntimeError):  # no event loop
        found.update(f"task: {_line(_of_coroutine(task.get_coro()))}" for task in asyncio.all_tasks())
    return "\n".join([f"process {os.getpid()}", *(f"{count} x {text}" for text, count in found.items())])


def _line(frames):
    """The innermost frame first."""
    return " < ".join(
        f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} {frame.f_code.co_name}" for frame in frames[:FRAMES]
    )


def _of_thread(frame):
    frames = []
    while frame:
        frames.append(frame)
        frame = frame.f_back
    return frames


def _of_coroutine(waiting):
    frames = []
    while waiting is not None:
        for kind, awaited in (("cr_frame", "cr_await"), ("gi_frame", "gi_yieldfrom"), ("ag_frame", "ag_await")):
            if frame := getattr(waiting, kind, None):
                frames.insert(0, frame)
                waiting = getattr(waiting, awaited)
                break
        else:
            break
    return frames
