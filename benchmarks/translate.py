"""Translating the DAGs that Airflow ships, beside what Airflow itself does to them: DagBag, then serialisation.

All read the same files, each in a process of its own, one after the other, ROUNDS times; ratios are of the best of each.
Seconds are of CPU, which other programs on the machine don't change. Reading the files, which both do, is told apart. The
command divides the files among processes, and is held against Airflow by the clock.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time

ROUNDS = int(os.environ.get("ROUNDS", "3"))

FILES = """
import sys, time, json
from importlib.util import find_spec
from pathlib import Path
started = time.process_time()
folders = []
for root in find_spec("airflow").submodule_search_locations:
    folders += [Path(root) / "example_dags", *Path(root).glob("providers/**/example_dags")]
sys.path[:0] = [str(folder / "plugins") for folder in folders if (folder / "plugins").is_dir()]
files = [file for folder in folders for file in sorted(folder.glob("*.py")) if not file.name.startswith("__")]
"""

AIRFLOWS = """
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
ready = time.process_time()
dags = []
for file in files:
    dags += DagBag(str(file)).dags.values()
read = time.process_time()
done = 0
for dag in dags:
    try:
        json.dumps(DagSerialization.to_dict(dag))
        done += 1
    except Exception:
        pass
ended = time.process_time()
"""

OURS = """
from airflow_argo.translator.worker import prepare
prepare()
from airflow_argo.translator.loading import load_dags
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.translator.dag_file_errors import DagFileError
from airflow_argo.translator.dags import translate
from airflow_argo.settings import load_settings
from airflow_argo.translator.airflow_names import airflow_names
airflow_names()
ready = time.process_time()
dags = []
for file in files:
    try:
        settings = load_settings(file)
        dags += [(dag, settings) for dag in load_dags(file)]
    except DagFileError:
        pass
read = time.process_time()
done = 0
for dag, settings in dags:
    translation = translate(dag, settings=settings)
    if translation.workflow is not None:
        json.dumps(compile_workflow(translation.workflow).manifest())
        done += 1
ended = time.process_time()
"""

TOLD = """
print(json.dumps({"dags": len(dags), "done": done, "start": ready - started, "read": read - ready, "make": ended - read,
                  "cpu": time.process_time()}))
"""


COMMAND = """
import os
print(json.dumps([str(folder) for folder in folders if folder.is_dir()]))
"""


def measured(program: str) -> dict[str, float]:
    """The seconds of one round."""
    started = time.monotonic()
    found: dict[str, float] = json.loads(_said([sys.executable, "-c", FILES + program + TOLD]).splitlines()[-1])
    return {**found, "clock": time.monotonic() - started}


def command_seconds() -> float:
    """By the clock, those of the command that translates all of it."""
    folders = json.loads(_said([sys.executable, "-c", FILES + COMMAND]))
    started = time.monotonic()
    _said([sys.executable, "-m", "airflow_argo", "assess", *folders, "--output", "json"])
    return time.monotonic() - started


def _said(command: list[str]) -> str:
    """What a command prints that runs in a home of its own."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
            "PYTHONWARNINGS": "ignore",
        }
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def main() -> None:
    """Prints the table and the ratios."""
    sides = {"Airflow: DagBag, serialisation": AIRFLOWS, "airflow-argo: load, translate and compile": OURS}
    rounds = [{name: measured(program) for name, program in sides.items()} for _ in range(ROUNDS)]
    best = {name: {key: min(one[name][key] for one in rounds) for key in rounds[0][name]} for name in sides}
    print(f"{'seconds, best of ' + str(ROUNDS):44} {'DAGs':>5} {'made':>5} {'start':>7} {'read':>7} {'make':>7} {'cpu':>7}")
    for name, row in best.items():
        numbers = " ".join(f"{row[key]:7.2f}" for key in ("start", "read", "make", "cpu"))
        print(f"{name:44} {row['dags']:5.0f} {row['done']:5.0f} {numbers}")
    airflow, ours = best.values()
    for what, keys in (("reading and making", ("read", "make")), ("making alone", ("make",)), ("whole process", ("cpu",))):
        print(f"{what}: {sum(ours[key] for key in keys) / sum(airflow[key] for key in keys):.2f} of Airflow's time")
    command = min(command_seconds() for _ in range(ROUNDS))
    print(f"airflow-argo assess, by the clock: {command:.2f} s, {command / airflow['clock']:.2f} of Airflow's time")


if __name__ == "__main__":
    main()
