"""A PostgreSQL of the tests' own, from Debian's package, run by an unprivileged user on a free port."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

PACKAGE = "postgresql"
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/none.conf")


class PostgresServer:
    """Use as a context manager. Nothing of it outlives that."""

    def __init__(self, programs: Path):
        self._programs = programs
        self._user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def __enter__(self):
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        if os.getuid() == 0:
            shutil.chown(self._folder, self._user)
        data = str(self._folder / "data")
        self._run("initdb", "-D", data, "-U", "airflow", "-A", "trust", "-N")
        options = f"-p {self.port} -h 127.0.0.1 -k {self._folder} -c fsync=off -c max_connections=300"
        self._run("pg_ctl", "-D", data, "-w", "-o", options, "-l", str(self._folder / "log"), "start")
        return self

    def __exit__(self, *exception):
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self._folder)

    def database(self, name):
        """A new, empty database. Returns its URL."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "airflow", name)
        return f"postgresql+psycopg2://airflow@127.0.0.1:{self.port}/{name}"

    def _run(self, program, *arguments):
        command = [str(self._programs / program), *arguments]
        as_user = {"user": self._user, "extra_groups": []} if os.getuid() == 0 else {}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}  # no pipe: the server would keep it open
        subprocess.run(command, cwd="/", check=True, **quiet, **as_user)


def postgres_programs() -> Path | None:
    """The folder of `initdb` and the others, from a package that is there or can be installed."""
    if not (found := _installed()) and os.getuid() == 0 and shutil.which("apt-get"):
        NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
        NO_CLUSTER.write_text("create_main_cluster = false\n")  # nobody needs the one that the package starts
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], **quiet)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", PACKAGE], env=environment, **quiet)
        found = _installed()
    return found


def _installed() -> Path | None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if folders:
        return folders[-1]
    program = shutil.which("initdb")
    return Path(program).resolve().parent if program else None
