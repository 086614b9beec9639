"""Tasks of our own program are forked from a process in which Python, or Airflow, has begun: they don't see a difference."""

from __future__ import annotations

import inspect
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.local.pods import fork_servers
from airflow_argo.local.pods.fork_servers import ForkServers
from airflow_argo.local.pods.spawner import Spawner
from airflow_argo.model.graph import Graph, Step
from airflow_argo.model.jobs import PythonCall
from airflow_argo.model.workflow import Workflow
from airflow_argo.runners.local import LocalRunner
from airflow_argo.runners.local_run import LocalRun

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")


class Counted(ForkServers):
    """Counts the spawners that were wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.connections: list[Any] = []

    def connect(self, what: Any) -> Any:
        self.connections.append(super().connect(what))
        return self.connections[-1]


@pytest.fixture(scope="module")
def namespaces(tmp_path_factory: pytest.TempPathFactory) -> None:
    spawner = Spawner()
    spawner.start()
    try:
        if not spawner.probe(tmp_path_factory.mktemp("probe")):
            pytest.skip("this system gives no mount namespaces")
    finally:
        spawner.stop()


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch, namespaces: None) -> Iterator[Counted]:
    counted = Counted()
    monkeypatch.setattr("airflow_argo.local.pods.spawners.FORK_SERVERS", counted)
    yield counted
    counted.end()


def step(function: Callable[..., Any] | str, **more: Any) -> Step:
    source = function if isinstance(function, str) else f"from typing import Any\n{inspect.getsource(function)}"
    name = source.split("def ", 1)[1].split("(")[0]
    return Step(name, PythonCall(image="any", source=source, function=name, **more))


def run(folder: Path, *steps: Step, **options: Any) -> LocalRun:
    workflow = Workflow(name="w", graph=Graph(steps))
    return LocalRunner(folder=folder, **options).run(workflow, on_progress=lambda _: None)


def value(folder: Path, function: Callable[..., Any] | str, **more: Any) -> Any:
    ended = run(folder, step(function, **more))
    (made,) = ended.steps.values()
    assert made.state == "success", [line.text for line in ended.logs()]
    return made.value


def surroundings() -> dict[str, Any]:
    import gc
    import locale
    import os
    import signal
    import sys
    import tempfile
    import threading
    from pathlib import Path

    main = sys.modules["__main__"]
    own = ("ARGO_", "AIRFLOW_ARGO_")
    files = [str(file.resolve()) for file in Path("/proc/self/fd").iterdir()]
    numbers = [number for number in signal.valid_signals() if number < signal.SIGRTMIN]
    return {
        "argv": [sys.argv, sys.orig_argv],
        "path": sys.path,
        "flags": str(sys.flags),
        "main": [main.__name__, str(main.__spec__), hasattr(main, "ShippedModules"), hasattr(main, "__file__")],
        "names": sorted(os.environ),
        "environment": {name: text for name, text in os.environ.items() if not name.startswith(own)},
        "folder": str(Path.cwd()),
        "leads": os.getsid(0) == os.getpid() == os.getpgid(0),
        "signals": {number: str(signal.getsignal(number)).partition(" at ")[0] for number in numbers},
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "temporary": tempfile.gettempdir(),
        "streams": [sys.stdin.name, sys.stdout.name, sys.stdout.encoding, sys.stdout.line_buffering, sys.stdin.read()],
        "open": sorted(name.rpartition(".")[2].partition(":")[0] for name in files if "/fd" not in name),
        "locale": locale.setlocale(locale.LC_CTYPE),
        "collects": gc.isenabled(),
        "threads": [threading.active_count(), threading.current_thread() is threading.main_thread()],
        "umask": os.umask(0),
        "libraries": [name for name in ("airflow", "pydantic", "yaml") if name in sys.modules],
    }


def test_a_task_finds_what_it_finds_in_a_python_of_its_own(
    tmp_path: Path, servers: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    forked = value(tmp_path, surroundings)
    monkeypatch.setattr(fork_servers, "_INTERPRETERS", ())
    assert value(tmp_path, surroundings) == forked
    assert len(servers.connections) == 1


def test_it_is_all_the_same_from_which_folder_the_engine_is_started(
    tmp_path: Path, servers: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    fork_servers._configuration.cache_clear()
    monkeypatch.chdir(tmp_path)
    assert value(tmp_path / "runs", "import os\ndef f(): return os.getcwd()") == "/tmp"
    assert len(servers.connections) == 1


def test_runs_share_a_server_and_nothing_else(tmp_path: Path, servers: Counted) -> None:
    source = "import os, random, sys, uuid\ndef f():\n    sys.left = getattr(sys, 'left', 0) + 1\n"
    source += "    return [os.getppid(), random.random(), uuid.uuid4().hex, sys.left]"
    first, second = (value(tmp_path, source) for _ in range(2))
    assert len(servers._servers) == 1
    assert first[3] == second[3] == 1
    assert all(one != other for one, other in zip(first[:3], second[:3], strict=True))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("import atexit\n    atexit.register(print, 'later')", 0),
        ("import threading, time\n    threading.Thread(target=lambda: (time.sleep(0.2), print('later'))).start()", 0),
        ("import sys\n    print('later')\n    sys.exit(3)", 3),
        ("import os\n    print('later', flush=True)\n    os._exit(4)", 4),
        ("import os, signal\n    print('later', flush=True)\n    os.kill(os.getpid(), signal.SIGKILL)", 137),
        ("import os, signal\n    signal.signal(15, signal.SIG_DFL)\n    print('later', flush=True)\n    os.kill(0, 15)", 143),
    ],
)
def test_a_task_ends_as_a_program_does(body: str, code: int, tmp_path: Path, servers: Counted) -> None:
    ended = run(tmp_path, step(f"def f():\n    {body}"))
    assert [line.text for line in ended.logs()] == ["later"]
    assert ended.steps["f"].state == ("failed" if code else "success")
    assert code == 0 or ended.steps["f"].message == f"main: Error (exit code {code})"
    assert len(servers.connections) == 1


def test_what_a_task_leaves_behind_is_killed_with_it(tmp_path: Path, servers: Counted) -> None:
    source = """
import os, subprocess, time
def f():
    asleep = subprocess.Popen(["sleep", "600"], start_new_session=True).pid
    if (forked := os.fork()) == 0:
        os.setsid()
        time.sleep(600)
    return [asleep, forked]
"""
    for pid in value(tmp_path, source):
        assert not Path(f"/proc/{pid}").exists()
    assert len(servers.connections) == 1


def test_a_server_ends_with_the_engines_process(tmp_path: Path) -> None:
    """However that ends: its tasks, and what serves them, are gone."""
    program = f"""
import os, pathlib, threading, time
from tests.runners.test_fork_servers import run, step
folder = pathlib.Path({str(tmp_path)!r})
source = "import os, time\\ndef f():\\n    print(os.getpid(), os.getppid(), flush=True)\\n    time.sleep(600)"
threading.Thread(target=run, args=(folder, step(source)), daemon=True).start()
while not any(file.read_text().strip() for file in folder.glob("*/logs/*.out")):
    time.sleep(0.05)
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", program], check=False, cwd=Path(__file__).parents[2])
    (file,) = tmp_path.glob("*/logs/*.out")
    until = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in file.read_text().split()):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_variables_that_python_or_airflow_reads_as_it_begins_are_set_before_that(tmp_path: Path, servers: Counted) -> None:
    source = "def f(): return 'The fork server' in open('/proc/self/cmdline').read()"
    assert value(tmp_path, source, env=(("OTHER", "x"),)) is True
    assert value(tmp_path, source, env=(("AIRFLOW__CORE__PARALLELISM", "5"),)) is False


def test_where_preparing_fails_each_task_begins_by_itself(
    tmp_path: Path, servers: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit('broken')")
    monkeypatch.setattr(fork_servers, "_PROGRAM", broken)
    for _ in range(2):
        assert value(tmp_path / "runs", "def f(): return 1") == 1
    assert [connection is None for connection in servers.connections] == [False, True]


def test_folders_that_a_task_does_not_see_are_not_read_for_it(
    tmp_path: Path, servers: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not str(tmp_path).startswith("/tmp/"):
        pytest.skip("temporary files aren't in /tmp here")
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.customized = True")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    source = "import sys\ndef f(): return getattr(sys, 'customized', False)"
    assert value(tmp_path / "runs", source) is value(tmp_path / "runs", source) is False
    ended = run(tmp_path / "runs", step(source), pass_env=["PYTHONPATH"])
    assert (ended.steps["f"].value, len(servers.connections)) == (False, 2)
