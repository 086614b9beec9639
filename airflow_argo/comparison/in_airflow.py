"""The installed Airflow as the judge: DAGs through `dag.test()` in a process of its own, which has a database of its own.

Nothing of Airflow is imported here, and nothing of the user's Airflow is changed: its configuration and plugins are read.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from airflow_argo.comparison.ends import Ended
from airflow_argo.diagnostics import AirflowArgoError, ExitCode

SAME_HASHES = {"PYTHONHASHSEED": "0"}
"""Environment in which sets of texts have one order in each process, so that lists made of them are the same."""

START_SECONDS = 300
_LAST_OF_LOG = 400


class AirflowFailed(AirflowArgoError):
    """Airflow itself couldn't run a DAG: the message is Airflow's."""

    exit_code = ExitCode.RUN_FAILED


class Airflow:
    """A process that runs DAGs by Airflow; started when first asked, and again after one that failed there or took too long.

    Each has a home and a database of its own: who was killed leaves a journal behind, and who failed a broken session.

    Args:
        program: the module that is run, with `airflow_program`'s ways.
        environment: more variables for it.
    """

    def __init__(
        self, program: str = "airflow_argo.comparison.airflow_program", environment: Mapping[str, str] | None = None
    ) -> None:
        self._program, self._environment = program, environment or {}
        self.folder = Path(tempfile.mkdtemp(prefix="airflow-argo-"))
        self._home = self.folder
        self._process: subprocess.Popen[str] | None = None
        self._answers = -1
        self._buffer = b""

    def __enter__(self) -> Airflow:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(
        self,
        file: Path,
        dag_id: str,
        *,
        date: str,
        conf: Mapping[str, Any] | None = None,
        seconds: float,
        beside: Iterable[Path] = (),
        flags: Mapping[str, str | None] | None = None,
        hurry: bool = False,
        asked_now: bool = False,
    ) -> Ended:
        """How a DAG of a file ends.

        Args:
            seconds: at most so long.
            beside: other files, whose DAGs it may ask for.
            flags: settings by which the files are read, as the command line says them.
            hurry: wait no longer than a second between two tries.
            asked_now: the date is that of a moment ago, as of a run that somebody asks for.
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
            "conf": dict(conf or {}),
            "beside": [str(one) for one in beside],
            "flags": dict(flags or {}),
            "hurry": hurry,
            "asked_now": asked_now,
        }
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._answer(seconds)
        if "error" in answer:
            self._end()
            raise AirflowFailed(answer["error"])
        return Ended.of(answer)

    def close(self) -> None:
        """Ends the process."""
        self._end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdin is not None
            with suppress(BrokenPipeError):
                self._process.stdin.close()
            os.close(self._answers)
            self._process = None

    def _start(self) -> None:
        self._home = Path(tempfile.mkdtemp(dir=self.folder))
        shutil.copy(_database(), self._home / "airflow.db")
        _keep_json_as_text(self._home / "airflow.db")
        read, write = os.pipe()
        environment = {**os.environ, **SAME_HASHES, **_settings(self._home), **self._environment}
        environment.pop("_AIRFLOW__AS_LIBRARY", None)
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._program, str(write)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(write,),
                env=environment,
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
                tail = (self._home / "log").read_text(errors="replace")[-_LAST_OF_LOG:]
                self._end()
                why = "its process ended" if ready else f"no answer within {seconds:g} s"
                raise AirflowFailed(f"{why}; its log ended with: {tail}" if tail else why)
            self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\n", 1)
        found: dict[str, Any] = json.loads(line)
        return found


def _settings(folder: Path) -> dict[str, str]:
    """A home and a database of its own, beside what the user's Airflow is configured with."""
    home = Path(os.environ.get("AIRFLOW_HOME") or "~/airflow").expanduser()
    config = Path(os.environ.get("AIRFLOW_CONFIG") or home / "airflow.cfg").expanduser()
    plugins = os.environ.get("AIRFLOW__CORE__PLUGINS_FOLDER")
    policies = [str(home / "config"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        "AIRFLOW_HOME": str(folder),
        **({"AIRFLOW_CONFIG": str(config)} if config.exists() else {}),
        **({} if plugins or config.exists() else {"AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "plugins")}),
        **({"PYTHONPATH": os.pathsep.join(policies)} if (home / "config").is_dir() else {}),
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / 'airflow.db'}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder / "logs"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW__LOGGING__REMOTE_LOGGING": "False",
        "PYTHONWARNINGS": "ignore",
    }


def _database() -> Path:
    """An empty database of the installed Airflow, made once for this user."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "airflow-argo"
    made = cache / f"airflow-{version('apache-airflow')}.db"
    if made.exists():
        return made
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        environment = {**os.environ, **_settings(Path(folder))}
        environment.pop("_AIRFLOW__AS_LIBRARY", None)
        command = [sys.executable, "-m", "airflow", "db", "migrate"]
        done = subprocess.run(command, env=environment, capture_output=True, timeout=START_SECONDS, text=True, check=False)
        if done.returncode:
            raise AirflowFailed(f"it can't make its database: {done.stderr[-_LAST_OF_LOG:]}")
        (Path(folder) / "airflow.db").replace(made)
    return made


def _keep_json_as_text(database: Path) -> None:
    """Lets tasks read the numbers that others return, as they do from PostgreSQL and MySQL.

    A column that SQLite is told to be JSON it takes for one of numbers: 1.0 comes back as 1, and long whole numbers as floats.
    Source: https://sqlite.org/datatype3.html, 3.1
    """
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_schema SET sql = replace(sql, ' JSON', ' TEXT') WHERE name = 'xcom'")
