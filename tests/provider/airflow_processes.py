"""A whole Airflow as its own processes: scheduler, DAG processor, triggerer, API server, on SQLite or what the URL says."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil

from tests.provider.airflow_api import AirflowApi
from tests.provider.stacks import stacks_of

COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")
PYTHON = os.environ.get("PROVIDER_PYTHON", sys.executable)
IS_OTHER_AIRFLOW = "PROVIDER_PYTHON" in os.environ
"""The tests run with another Airflow than the installed one: see `make provider`."""
"""Of an environment with another version of Airflow, if that is to be tested."""

LOCAL_SETTINGS = '''"""Loaded by all of Airflow's processes, so that those that are forked for tasks needn't load it each."""
import kubernetes.client
import kubernetes.config
import kubernetes_asyncio.client
from tests.provider.stacks import write_on_signal
write_on_signal()
'''


def migrated(home, database="", dags=None):
    """The variables that point a process to a home with a migrated database: SQLite's, or what the URL says."""
    foreign = ("AIRFLOW", "_AIRFLOW", "PYTEST")  # what other tests of this process set for themselves
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(foreign)},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        **({"AIRFLOW__CORE__DAGS_FOLDER": str(dags)} if dags else {}),
        **({"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database} if database else {}),
    }
    command = [PYTHON, "-m", "airflow", "db", "migrate"]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=400)
    return environment


class AirflowProcesses:
    """`environment` names a home with a migrated database. Use as a context manager; `api` is Airflow's own.

    A component that ends by itself is started again, as whoever runs an Airflow does; `restarts` counts that by name. Airflow's
    scheduler ends when PostgreSQL finds that it and the API server wait for each other.
    """

    def __init__(self, environment, dags, connections, more=None):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.home = Path(environment["AIRFLOW_HOME"])
        self.url = f"http://127.0.0.1:{port}"
        self.api = AirflowApi(self.url)
        (self.home / "config").mkdir(exist_ok=True)
        (self.home / "config" / "airflow_local_settings.py").write_text(LOCAL_SETTINGS)
        self.environment = {
            **environment,
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__MAXIMUM_PAGE_LIMIT": "1000",
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",  # machines that run tests are busy
            "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "120",
            "AIRFLOW__API_AUTH__JWT_SECRET": "of-this-test-alone" * 5,
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
            **{f"AIRFLOW_CONN_{name.upper()}": connection for name, connection in connections.items()},
            **(more or {}),
        }
        self.processes, self.restarts, self._leaving = {}, Counter(), threading.Event()
        self._lock = threading.RLock()

    def __enter__(self):
        try:
            self.start("api-server")
            self._until_healthy()  # tasks that find no API server fail
            for component in COMPONENTS[1:]:
                self.start(component)
            threading.Thread(target=self._keep, daemon=True).start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _until_healthy(self, seconds=240):
        deadline = time.monotonic() + seconds
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/api/v2/version", timeout=30).read()
            except OSError:  # noqa: PERF203 - a loop of attempts
                assert time.monotonic() < deadline, self.logs()
                time.sleep(0.5)
            else:
                return

    def until_parsed(self, *dag_ids, seconds=240):
        """Wait until Airflow knows these DAGs."""
        deadline = time.monotonic() + seconds
        while not set(dag_ids) <= {one["dag_id"] for one in self.api.call("GET", "/api/v2/dags")["dags"]}:
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.5)

    def _keep(self):
        while not self._leaving.wait(1):
            with self._lock:
                for name, process in list(self.processes.items()):
                    if process.poll() is not None:
                        self.restarts[name] += 1
                        self.kill(name)
                        self.start(process.args[-1], name)

    def __exit__(self, *exception):
        self._leaving.set()
        for component in list(self.processes):
            self.kill(component)

    def start(self, component, name=None):
        """In a session of its own, so that what it starts ends with it. `name`: for a second one of the kind."""
        name = name or component
        with self._lock:
            self._start(component, name)

    def _start(self, component, name):
        log = (self.home / f"{name}.log").open("ab")
        command = [sys.executable, "-m", "airflow", component]
        self.processes[name] = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, start_new_session=True)

    def kill(self, component):
        """With SIGKILL, and all that it has started."""
        with self._lock:
            process = self.processes.pop(component)
            for one in (*_children(process.pid), *_session(process.pid)):
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
            process.wait()

    def stacks(self, component):
        """Where its processes stand."""
        pid = self.processes[component].pid
        return stacks_of(self.home, [pid, *_children(pid)])

    def process_at(self, address):
        """The process of a worker that has a socket with this address, host and port, or None; see `psutil.Process`."""
        link = f"socket:[{_inode(address[1])}]"
        for pid in _children(self.processes["scheduler"].pid):
            with suppress(OSError, psutil.Error):
                if any(str(one.readlink()) == link for one in Path(f"/proc/{pid}/fd").iterdir()):
                    return psutil.Process(pid)
        return None

    def states(self):
        """Task id → state, of the only run."""
        return {one["task_id"]: one["state"] for one in self.api.instances()}

    def tries(self):
        return {one["task_id"]: one["try_number"] for one in self.api.instances()}

    def until(self, wanted, seconds=400):
        """Wait until the tasks are in these states."""
        deadline, states = time.monotonic() + seconds, {}
        while time.monotonic() < deadline:
            with suppress(OSError, AssertionError):  # too busy to answer
                states = self.states()
            if all(states.get(task) == state for task, state in wanted.items()):
                return states
            time.sleep(1)
        raise AssertionError(f"{states} instead of {wanted}\n{self.logs()}")

    def until_run_is(self, state, *dag_ids, seconds=60):
        """Wait until the only run of each DAG is in this state: the scheduler sees to that after the tasks have ended."""
        deadline, found = time.monotonic() + seconds, {}
        while set(found.values()) != {state}:
            assert time.monotonic() < deadline, f"{found} instead of {state}"
            time.sleep(0.5)
            found = {dag_id: self.api.run_state(dag_id, *self.api.run_ids(dag_id)) for dag_id in dag_ids}

    def logs(self):
        """The end of what each process has said."""
        ends = (f"== {file.name}: {file.read_text()[-1500:]}" for file in sorted(self.home.glob("*.log")))
        return chr(10).join(ends)


def _session(pid):
    """The processes of a session that are there, its leader among them, though that may have ended."""
    found = []
    for one in psutil.pids():
        with suppress(OSError):
            if os.getsid(one) == pid:
                found.append(one)
    return found


def _inode(port):
    """The kernel's number of the socket that has this local port, "" if there is none."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[1].rpartition(":")[2], 16) == port:
            return fields[9]
    return ""


def _children(pid):
    with suppress(psutil.Error):
        return [one.pid for one in psutil.Process(pid).children(recursive=True)]
    return []
