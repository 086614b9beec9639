"""The process in which DAG files are read: see `isolated`. Requests come by one pipe, answers go by another, as pickles."""

from __future__ import annotations

import gc
import os
import pickle
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

from airflow_argo.diagnostics import AirflowArgoError
from airflow_argo.translator.plain_ids import plain

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
    """Starts Airflow, set up so that it only reads DAGs. If it can't be started, the first request says why."""
    from airflow_argo.translator.airflow_names import airflow_names
    from airflow_argo.translator.loading import prepare_environment

    prepare_environment()
    # Airflow's modules are many objects, and stay: looking through them again and again takes a fifth of the time
    gc.disable()
    with suppress(Exception):
        airflow_names()
    gc.freeze()
    gc.set_threshold(GARBAGE)
    gc.enable()


def _answer(request: tuple[Callable[..., Any], tuple[Any, ...]], answers: IO[bytes]) -> None:
    function, arguments = request
    try:
        answer: tuple[str, Any] = ("ok", function(*arguments))
    except AirflowArgoError as error:
        answer = ("error", error)
    except Exception:  # noqa: BLE001 - a border: the parent shows what went wrong here
        answer = ("bug", traceback.format_exc())
    _Pickler(answers).dump(answer)
    answers.flush()


class _Pickler(pickle.Pickler):
    """One whose answers need no module of Airflow's or the author's to be read."""

    def reducer_override(self, obj: Any) -> Any:
        """Members of enums and other kinds of texts and numbers are sent as the plain values that they are."""
        if not isinstance(obj, str | int | float) or type(obj).__module__.startswith("airflow_argo."):
            return NotImplemented
        kind = next(kind for kind in (str, int, float) if isinstance(obj, kind))
        return kind, (plain(obj) if kind is str else kind(obj),)


if __name__ == "__main__":
    main()
