"""A whole Airflow as its own processes: scheduler, DAG processor, triggerer, API server, on SQLite or what the URL says."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")


class AirflowProcesses:
    """`home` has a migrated database. Use as a context manager."""

    def __init__(self, environment, dags, connection):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.home = Path(environment["AIRFLOW_HOME"])
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **environment,
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",  # machines that run tests are busy
            "AIRFLOW__API_AUTH__JWT_SECRET": "of-this-test-alone" * 5,
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
            "AIRFLOW_CONN_ARGO_DEFAULT": connection,
        }
        self.processes = {}

    def __enter__(self):
        self.start("api-server")
        self._until_healthy()  # tasks that find no API server fail
        for component in COMPONENTS[1:]:
            self.start(component)
        return self

    def _until_healthy(self, seconds=180):
        deadline = time.monotonic() + seconds
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/api/v2/version").read()
            except OSError:  # noqa: PERF203 - a loop of attempts
                assert time.monotonic() < deadline, self.logs()
                time.sleep(0.5)
            else:
                return

    def __exit__(self, *exception):
        for component in list(self.processes):
            self.kill(component)

    def start(self, component):
        """In a session of its own, so that what it starts ends with it."""
        log = (self.home / f"{component}.log").open("ab")
        command = [sys.executable, "-m", "airflow", component]
        self.processes[component] = subprocess.Popen(
            command, env=self.environment, stdout=log, stderr=log, start_new_session=True
        )

    def kill(self, component):
        """With SIGKILL, and all that it has started."""
        process = self.processes.pop(component)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def states(self):
        """Task id → state, of the only run."""
        with sqlite3.connect(f"file:{self.home}/airflow.db?mode=ro", uri=True, timeout=20) as database:
            return dict(database.execute("select task_id, state from task_instance"))

    def tries(self):
        with sqlite3.connect(f"file:{self.home}/airflow.db?mode=ro", uri=True, timeout=20) as database:
            return dict(database.execute("select task_id, try_number from task_instance"))

    def until(self, wanted, seconds=400):
        """Wait until the tasks are in these states."""
        deadline, states = time.monotonic() + seconds, {}
        while time.monotonic() < deadline:
            with suppress(sqlite3.Error):  # locked for longer than we wait
                states = self.states()
            if all(states.get(task) == state for task, state in wanted.items()):
                return states
            time.sleep(1)
        raise AssertionError(f"{states} instead of {wanted}\n{self.logs()}")

    def logs(self):
        ends = (f"== {file.name}: {file.read_text()[-1500:]}" for file in sorted(self.home.glob("*.log")))
        return chr(10).join(ends)

    def mark(self, dag_id, task_id, state):
        """As the UI does."""
        token = json.load(urllib.request.urlopen(f"{self.url}/auth/token"))["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        runs = urllib.request.Request(f"{self.url}/api/v2/dags/{dag_id}/dagRuns", headers=headers)
        run_id = urllib.request.quote(json.load(urllib.request.urlopen(runs))["dag_runs"][0]["dag_run_id"])
        url = f"{self.url}/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        body = json.dumps({"new_state": state}).encode()
        urllib.request.urlopen(urllib.request.Request(url, body, headers, method="PATCH")).read()

    def page(self, dag_id):
        """The provider's page for the only run."""
        token = json.load(urllib.request.urlopen(f"{self.url}/auth/token"))["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        runs = urllib.request.Request(f"{self.url}/api/v2/dags/{dag_id}/dagRuns", headers=headers)
        run_id = urllib.request.quote(json.load(urllib.request.urlopen(runs))["dag_runs"][0]["dag_run_id"])
        url = f"{self.url}/argo/dags/{dag_id}/runs/{run_id}"
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers)).read().decode()
