"""The fork server: a Python that has begun as the pods of one program do; it forks a spawner for each run that has such pods.

Starting Python and importing what all tasks import takes longer than most tasks. It is done once here, and each task's process
is forked when it is done. Run as `python3 -c` this text, and the number of an open socket, the path of `spawner_main`, and the
words of the program: the text of `airflow_argo.pod.bootstrap`, and a bundle. Through the socket come other sockets, each from
an engine that wants a spawner. When it closes, the fork server ends; the spawners live as long as their engines.
"""

from __future__ import annotations

import gc
import os
import runpy
import signal
import socket
import sys
import tempfile
import threading
from types import ModuleType
from typing import Any


class NotAloneError(Exception):
    """What was imported has started threads, which a forked process wouldn't have."""


def prepared(program: ModuleType, bootstrap: str, words: list[str]) -> Any:
    """Does what all pods of the program do first; returns the module that runs their tasks.

    Raises:
        NotAloneError: processes can't be forked after that.
    """
    exec(compile(bootstrap, "<string>", "exec"), program.__dict__)  # noqa: S102 - as the pod itself does
    files = program.unbundled(words)
    runner = program.runner_of({name: text for name, text in files.items() if name.endswith(".py")})
    runner.prepare(files)
    if threading.active_count() > 1:
        raise NotAloneError
    gc.freeze()  # what is there stays; looking at it would copy its memory in each process
    return runner


def serve(control: socket.socket, spawner_program: str, runner: Any) -> dict[str, Any]:
    """Forks spawners until the engine's process is gone; returns only in the process of a task: what was asked for."""
    spawner_main = runpy.run_path(spawner_program)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a spawner ended
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            sys.exit(0)
        if os.fork() == 0:
            control.close()
            return spawn(spawner_main, socket.socket(fileno=descriptors[0]), runner)
        os.close(descriptors[0])


def spawn(spawner_main: dict[str, Any], connection: socket.socket, runner: Any) -> dict[str, Any]:
    """Is the spawner of a run until that is over; returns only in the process of a task: what was asked for."""
    spawner = spawner_main["Spawner"](connection, runner.may_be_prepared)
    try:
        spawner.serve()
    except spawner_main["Begun"] as begun:
        request: dict[str, Any] = begun.request
    finally:
        if spawner.is_spawner:
            spawner.kill_all()
            os._exit(0)
    return request


def begin(request: dict[str, Any], program: ModuleType) -> None:
    """Is as if Python had just started for a task."""
    os.environ.clear()
    os.environ.update(request["env"])
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    tempfile.tempdir = None  # what was found to be one may not be this task's
    sys.argv, sys.orig_argv = ["-c", *request["argv"][3:]], request["argv"]
    program.__name__ = "__main__"
    sys.modules["__main__"] = program
    program.main()


def main() -> None:
    """Serves; in the process of a task, runs that."""
    _, number, spawner_program, bootstrap, *words = sys.argv
    sys.argv = ["-c", *words]
    program = ModuleType("__airflow_argo__")
    runner = prepared(program, bootstrap, words)
    begin(serve(socket.socket(fileno=int(number)), spawner_program, runner), program)


if __name__ == "__main__":
    main()
