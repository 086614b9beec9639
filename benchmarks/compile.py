"""How long workflows take to become manifests: ours beside Hera's and Couler's, in one run.

Processor time in ms a task: `dict` is defining the workflow and making the manifest as a dict, `yaml` is that and its text.
Each measurement is a process of its own. The peers are installed into a virtual environment in the user's cache, on first use.
Couler's code is on PyPI only as the fork couler-scanflow.

    python benchmarks/compile.py [--sizes 10,1000,10000] [--limit SECONDS] [--output json]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SHAPES = ("chain", "fan-out", "diamond")
SIZES = (10, 1000, 10_000)
PEERS = ("hera", "couler")
PACKAGES = ("hera==7.1.0", "couler-scanflow==0.1.2", "setuptools<81")
IMPORTS = {
    "ours": "from airflow_argo import ContainerJob, Workflow, for_loop",
    "hera": "from hera.workflows import DAG, Container, Workflow",
    "couler": "import couler.argo",
}
NAMES = {"ours": "airflow-argo", "hera": "Hera", "couler": "Couler"}

Edges = list[tuple[int, list[int]]]
"""Of each task its number, and the numbers of those that it runs after."""


def edges(shape: str, size: int) -> Edges:
    """The tasks of a shape, each after those that it depends on."""
    if shape == "chain":
        return [(number, [number - 1] if number else []) for number in range(size)]
    leaves = [(number, [0]) for number in range(1, size - (shape == "diamond"))]
    last = [(size - 1, [number for number, _ in leaves])] if shape == "diamond" else []
    return [(0, []), *leaves, *last]


# What is measured: each gives the manifest as a dict, and a function that gives its text.


def ours(tasks: Edges) -> tuple[Any, Callable[[], str]]:
    from airflow_argo import ContainerJob, Workflow, to_manifest
    from airflow_argo.compiler.yaml import to_yaml

    jobs = [ContainerJob(f"t{number}", "busybox", "echo", [number]) for number, _ in tasks]
    for number, before in tasks:
        jobs[number].after([jobs[other] for other in before])
    manifest = to_manifest(Workflow("bench", jobs))
    return manifest, lambda: to_yaml([manifest])


def hera(tasks: Edges) -> tuple[Any, Callable[[], str]]:
    from hera.workflows import DAG, Container, Parameter, Task, Workflow

    with Workflow(generate_name="bench-", entrypoint="main") as workflow:
        Container(
            name="echo",
            image="busybox",
            command=["echo"],
            args=["{{inputs.parameters.n}}"],
            inputs=[Parameter(name="n")],
        )
        with DAG(name="main"):
            made = [Task(name=f"t{number}", template="echo", arguments={"n": str(number)}) for number, _ in tasks]
            for number, before in tasks:
                for other in before:
                    made[other] >> made[number]
    return workflow.to_dict(), workflow.to_yaml


def couler(tasks: Edges) -> tuple[Any, Callable[[], str]]:
    import couler.argo as argo
    import pyaml

    for number, before in tasks:
        step = {"image": "busybox", "command": ["echo"], "args": [str(number)], "step_name": f"t{number}"}
        argo.set_dependencies(lambda step=step: argo.run_container(**step), dependencies=[f"t{other}" for other in before])
    manifest = argo.workflow_yaml()
    return manifest, lambda: pyaml.dump(manifest)


SUBJECTS = {"ours": ours, "hera": hera, "couler": couler}


def measure(subject: str, shape: str, size: int) -> dict[str, float]:
    """Ms a task of one subject, in this process; the imports are made before the clock runs."""
    SUBJECTS[subject](edges("chain", 2)) if subject != "couler" else __import__("couler.argo")  # couler's state is global
    tasks, begin = edges(shape, size), time.process_time()
    _, text = SUBJECTS[subject](tasks)
    made = time.process_time()
    text()
    return {"dict": (made - begin) * 1000 / size, "yaml": (time.process_time() - begin) * 1000 / size}


def measure_import(subject: str) -> dict[str, float]:
    """Ms of the import alone."""
    begin = time.process_time()
    exec(IMPORTS[subject], {})
    return {"import": (time.process_time() - begin) * 1000}


# Running the measurements


def python_of_peers() -> str:
    """A Python that has the peers."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "airflow-argo-benchmarks" / f"peers-{sys.version_info.major}.{sys.version_info.minor}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
        (folder / "complete").touch()
    return str(python)


def measured(subject: str, what: list[str], limit: float, times: int) -> dict[str, float] | None:
    """The best of some measurements, each in a process of its own; None if one takes more processor time than the limit."""
    python = sys.executable if subject == "ours" else python_of_peers()
    runs = []
    for _ in range(times):
        command = [python, __file__, "--limit", str(limit), "--measure", subject, *what]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        if done.returncode == -signal.SIGXCPU:
            return None
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    return {key: min(run[key] for run in runs) for key in runs[0]}


def rows(sizes: list[int], limit: float) -> Iterator[dict[str, Any]]:
    """The results, as `--output json` prints them."""
    found = {subject: measured(subject, ["import"], limit, 5) for subject in SUBJECTS}
    yield row("import", "import", "ms", found, limit)
    for shape in SHAPES:
        for size in sizes:
            found = {subject: measured(subject, [shape, str(size)], limit, 3 if size <= 1000 else 1) for subject in SUBJECTS}
            for key in ("dict", "yaml"):
                yield row(f"{shape} of {size}: {key}", key, "ms a task", found, limit)


def row(name: str, key: str, unit: str, found: dict[str, dict[str, float] | None], limit: float) -> dict[str, Any]:
    values = {subject: None if result is None else round(result[key], 4) for subject, result in found.items()}
    made = {"name": name, "unit": unit, "ours": values.pop("ours"), "peers": values}
    capped = [subject for subject, value in values.items() if value is None]
    return made | ({"capped": dict.fromkeys(capped, f"over {limit:g} s")} if capped else {})


def shown(result: dict[str, Any]) -> str:
    """A line of the table: values, and how many times ours the peers take."""
    mine = result["ours"]
    cells = [f"{result['name']:26} {mine:10.3f}"]
    for peer in PEERS:
        value = result["peers"][peer]
        cells.append(f"{result['capped'][peer]:>18}" if value is None else f"{value:10.3f} {value / mine:6.1f}x")
    return " ".join([*cells, result["unit"]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of tasks")
    parser.add_argument("--limit", type=float, default=90.0, help="seconds of processor time that one measurement may take")
    parser.add_argument("--output", choices=("text", "json"), default="text")
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        resource.setrlimit(resource.RLIMIT_CPU, (int(options.limit), int(options.limit) + 5))
        subject, shape, *size = options.measure
        result = measure_import(subject) if shape == "import" else measure(subject, shape, int(size[0]))
        print(json.dumps(result), flush=True)
        os._exit(0)  # couler submits what was defined when its process ends
    results = []
    if options.output == "text":
        print(f"{'':26} {NAMES['ours']:>10} {NAMES['hera']:>10} {'':7} {NAMES['couler']:>10}")
    for result in rows([int(size) for size in options.sizes.split(",")], options.limit):
        results.append(result)
        if options.output == "text":
            print(shown(result), flush=True)
    if options.output == "json":
        print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
