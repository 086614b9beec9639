"""The process in which DAG files are read: see `isolated`. Requests come by one pipe, answers go by another, as pickles."""

from __future__ import annotations

import gc
import os
import pickle
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

from airflow_argo.diagnostics import AirflowArgoError

GARBAGE: Final = 500_000
"""How many new objects are looked through for garbage: those of some files."""


def main() -> None:
    """Answers requests until there are none."""
    requests, answers = os.fdopen(int(sys.argv[1]), "rb"), os.fdopen(int(sys.argv[2]), "wb")
    if sys.path[0] == str(Path.cwd()):
        del sys.path[0]  # Python puts it there for `-m`, and Airflow doesn't import from it
    prepare()
    while True:
        try:
            request = pickle.load(requests)  # noqa: S301 - from our own parent process
        except EOFError:
            return
        _answer(request, answers)


def prepare() -> None:
    """What this process is set up with before Airflow is imported."""
    from airflow_argo.translator.loading import prepare_environment

    prepare_environment()
    # Airflow's modules are many objects, and stay: looking through them again and again takes a fifth of the time
    gc.set_threshold(GARBAGE)


def _answer(request: tuple[Callable[..., Any], tuple[Any, ...]], answers: IO[bytes]) -> None:
    function, arguments = request
    try:
        answer: tuple[str, Any] = ("ok", function(*arguments))
    except AirflowArgoError as error:
        answer = ("error", error)
    except Exception:  # noqa: BLE001 - a border: the parent shows what went wrong here
        answer = ("bug", traceback.format_exc())
    pickle.dump(answer, answers)
    answers.flush()


if __name__ == "__main__":
    main()
