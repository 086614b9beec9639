"""What the embedded engine costs: beside a bare loop over subprocess.run, and by itself for many tasks.

    python benchmarks/local.py [--output table|json] [--tasks N]

A table, or a list of {name, unit, ours, peers}: figures of this machine as it is now, so compare within one output only. Each
measurement runs in a process of its own, so that peak memory is that measurement's.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from airflow_argo.local import Engine, load

AT_ONCE = 8
NOOP = {"name": "job", "suspend": {"duration": "0"}}
POD = {"name": "job", "container": {"image": "any", "command": ["true"]}}


def workflow(template: dict, count: int, upstream: Callable[[int], int | None]) -> dict:
    """A DAG of `count` tasks, each after the one that `upstream` names."""
    tasks = []
    for number in range(count):
        before = upstream(number)
        tasks.append({"name": f"t{number}", "template": "job"} | ({} if before is None else {"depends": f"t{before}"}))
    spec = {"entrypoint": "main", "templates": [template, {"name": "main", "dag": {"tasks": tasks}}]}
    return {"kind": "Workflow", "metadata": {"name": "benchmark"}, "spec": spec}


def seconds_of(manifest: dict, **options: int) -> float:
    """How long it takes to check a manifest and to run it to its end."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        status = Engine(load([manifest], limits=False), folder=f"{folder}/run", **options).run()
        took = time.perf_counter() - started
    assert status["phase"] == "Succeeded", status
    return took


def bare(count: int, at_once: int = 1) -> float:
    """How long the same processes take without an engine."""
    started = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(lambda _: subprocess.run(["true"], check=True), range(count)))
    return time.perf_counter() - started


def after_the_last(number: int) -> int | None:
    return number - 1 if number else None


def in_a_tree(number: int) -> int | None:
    return (number - 1) // 2 if number else None


def alone(_: int) -> None:
    return None


def one_after_the_other(count: int) -> dict:
    engine, without = seconds_of(workflow(POD, count, after_the_last)), bare(count)
    return row("a task, one after the other", "ms", engine / count * 1e3, {"subprocess.run": without / count * 1e3})


def overhead(count: int) -> dict:
    engine, without = seconds_of(workflow(POD, count, after_the_last)), bare(count)
    return row("overhead of a task over the bare process", "ms", (engine - without) / count * 1e3)


def at_once(count: int) -> dict:
    engine, without = seconds_of(workflow(POD, count, alone), max_processes=AT_ONCE), bare(count, AT_ONCE)
    return row(f"tasks a second, {AT_ONCE} at once", "1/s", count / engine, {"subprocess.run in threads": count / without})


AIRFLOW_TASKS = """
from airflow.sdk import DAG, BaseOperator
from airflow.sdk.bases.operator import chain

class Own(BaseOperator):
    def execute(self, context):
        return context["ds"]

with DAG("d", schedule=None):
    chain(*(Own(task_id=f"t{number}") for number in range(10)))
"""


def of_airflow(_: int) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "dag.py")
        file.write_text(AIRFLOW_TASKS)
        translate = [sys.executable, "-m", "airflow_argo", "translate", str(file)]
        manifest = yaml.safe_load(subprocess.run(translate, check=True, stdout=subprocess.PIPE, text=True).stdout)
    engine = seconds_of(manifest, max_processes=AT_ONCE) / 10
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import airflow.sdk.execution_time.task_runner"], check=True)
    return row("a task of Airflow, of ten", "s", engine, {"a process that imports Airflow": time.perf_counter() - started})


def without_pods(_: int) -> dict:
    return row("1,000 tasks without pods", "s", seconds_of(workflow(NOOP, 1_000, in_a_tree)))


def large_dag(_: int) -> dict:
    return row("a DAG of 10,000 tasks without pods", "s", seconds_of(workflow(NOOP, 10_000, in_a_tree)))


def growth(_: int) -> dict:
    small, large = (seconds_of(workflow(NOOP, count, in_a_tree)) for count in (2_500, 10_000))
    return row("time of 10,000 tasks over that of 2,500 (linear: 4)", "", large / small)


def memory(_: int) -> dict:
    seconds_of(workflow(NOOP, 10_000, in_a_tree))
    unit = 1024 if sys.platform == "linux" else 1024 * 1024
    return row("peak memory of a DAG of 10,000 tasks", "MB", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)


def row(name: str, unit: str, ours: float, peers: dict[str, float] | None = None) -> dict:
    return {
        "name": name,
        "unit": unit,
        "ours": round(ours, 3),
        "peers": {key: round(of, 3) for key, of in (peers or {}).items()},
    }


MEASUREMENTS = (one_after_the_other, overhead, at_once, of_airflow, without_pods, large_dag, growth, memory)


def measured(tasks: int) -> Iterator[dict]:
    """All measurements, each in a new process."""
    for measurement in MEASUREMENTS:
        command = [sys.executable, __file__, "--tasks", str(tasks), "--only", measurement.__name__]
        yield json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", choices=("table", "json"), default="table")
    parser.add_argument("--tasks", type=int, default=200, help="of the measurements with processes")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(globals()[options.only](options.tasks)))
        return
    rows = list(measured(options.tasks))
    if options.output == "json":
        print(json.dumps(rows, indent=1))
        return
    for found in rows:
        peers = "".join(f"   {name} {value:g}" for name, value in found["peers"].items())
        print(f"{found['name']:55} {found['ours']:>10g} {found['unit']:4}{peers}")


if __name__ == "__main__":
    main()
