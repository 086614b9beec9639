"""Real Airflow as the judge: DAGs through `dag.test()` in a process of its own, which has a database of its own."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.parity.ended import Ended

REPOSITORY = Path(__file__).parents[2]
START_SECONDS = 300
LOGICAL_DATE = "2024-05-06T03:00:00+00:00"


class AirflowFailed(Exception):
    """Airflow itself couldn't run a DAG: the message is Airflow's."""


class Airflow:
    """A process that runs DAGs by Airflow; started when first asked, and again after one that took too long.

    Args:
        program: the module that is run, with `airflow_program`'s ways.
        environment: more variables for it.
    """

    def __init__(self, program: str = "tests.parity.airflow_program", environment: Mapping[str, str] | None = None) -> None:
        self._program, self._environment = program, environment or {}
        self.folder = Path(tempfile.mkdtemp(prefix="parity-"))
        self._process: subprocess.Popen[str] | None = None
        self._answers = -1
        self._buffer = b""

    def run(
        self,
        file: Path,
        dag_id: str,
        *,
        conf: dict[str, Any] | None = None,
        date: str = LOGICAL_DATE,
        seconds: float = 180,
        beside: Path | None = None,
    ) -> Ended:
        """How a DAG of a file ends.

        Args:
            beside: another file, whose DAGs it may ask for.
            seconds: at most so long.
        Raises:
            AirflowFailed: it raised an error, or took too long.
        """
        if self._process is None or self._process.poll() is not None:
            self._start()
        assert self._process is not None
        assert self._process.stdin is not None
        request = {
            "file": str(file),
            "dag_id": dag_id,
            "logical_date": date,
            "conf": conf or {},
            "beside": beside and str(beside),
        }
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._answer(seconds)
        if "error" in answer:
            raise AirflowFailed(answer["error"])
        return Ended.of(answer)

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            os.close(self._answers)
            self._process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        shutil.copy(_database(), self.folder / "airflow.db")
        read, write = os.pipe()
        environment = {**os.environ, **_settings(self.folder), **self._environment}
        environment.pop("_AIRFLOW__AS_LIBRARY", None)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._program, str(write)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(write,),
                env=environment,
                cwd=REPOSITORY,
                text=True,
            )
        os.close(write)
        self._answers, self._buffer = read, b""
        self._answer(START_SECONDS)

    def _answer(self, seconds: float) -> dict[str, Any]:
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([self._answers], [], [], seconds)
            chunk = os.read(self._answers, 1 << 20) if ready else b""
            if not chunk:
                tail = (self.folder / "log").read_text(errors="replace")[-2000:]
                folder = self.folder
                self.close()
                raise AirflowFailed(f"no answer within {seconds:g} s; its log in {folder} ended with: {tail}")
            self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\n", 1)
        found: dict[str, Any] = json.loads(line)
        return found


def _settings(folder: Path) -> dict[str, str]:
    return {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "True",  # for the plugins among them; DAGs come one by one
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / 'airflow.db'}",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "PYTHONWARNINGS": "ignore",
    }


def _database() -> Path:
    """An empty database of the installed Airflow, made once on this machine."""
    made = Path(tempfile.gettempdir()) / f"airflow-argo-parity-{version('apache-airflow')}-{os.getuid()}.db"
    if made.exists():
        return made
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **_settings(Path(folder))}
        environment.pop("_AIRFLOW__AS_LIBRARY", None)
        command = [sys.executable, "-m", "airflow", "db", "migrate"]
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=START_SECONDS)
        (Path(folder) / "airflow.db").replace(made.with_suffix(f".{os.getpid()}"))
    made.with_suffix(f".{os.getpid()}").replace(made)
    return made
