"""Random DAGs through Airflow and through translation and engine: `python -m tests.parity.fuzz --count 5000`.

They are made by hypothesis, `CHUNK` at a time, each chunk from a seed of its own. A DAG that ends differently is made as small
as it can be and still differ, and shown as the data it is made of and as a file, which `--keep` keeps in a folder.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from airflow_argo.comparison.ends import differences
from airflow_argo.comparison.in_airflow import AirflowFailed
from airflow_argo.translator.loading import load_dags, prepare_environment
from tests.parity.airflow_side import LOGICAL_DATE, Airflow
from tests.parity.argo_side import Refused, TookTooLong, run_by_engine
from tests.parity.specs import DagSpec
from tests.parity.strategies import dag_specs

CHUNK = 25
ENGINE_SECONDS = 300


class EndsDifferently(AssertionError):
    """A DAG doesn't end in the engine as in Airflow."""

    def __init__(self, spec: DagSpec, found: list[str]) -> None:
        super().__init__(spec, found)
        self.spec, self.found = spec, found

    def __str__(self) -> str:
        return "\n".join([*self.found, repr(self.spec), self.spec.as_dag_file()])


def main() -> int:
    """Tries some DAGs, and tells how many chunks of them have one that ends differently."""
    options = _options()
    prepare_environment()
    airflow, started, failed = Airflow(), time.monotonic(), 0
    for number in range(options.first, options.first + -(-options.count // CHUNK)):
        try:
            judge_chunk(number, airflow, shrink=options.shrink)
        except EndsDifferently as different:
            failed += 1
            _say(f"chunk {number}: {different}")
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                (options.keep / f"chunk_{number}.py").write_text(different.spec.as_dag_file())
        done = (number - options.first + 1) * CHUNK
        _say(f"{done} DAGs in {time.monotonic() - started:.0f} s; {failed} chunks of {CHUNK} have one that ends differently")
    airflow.close()
    return int(failed > 0)


def judge_chunk(number: int, airflow: Airflow, *, shrink: bool = True) -> None:
    """Judges the DAGs of a chunk; stops at the first that differs, when that is as small as it can be.

    Raises:
        EndsDifferently: there is one.
    """
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)

    @seed(number)
    @settings(
        max_examples=CHUNK,
        deadline=None,
        database=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(spec=dag_specs())
    def judge_each(spec: DagSpec) -> None:
        judge(spec, airflow)

    judge_each()


def judge(spec: DagSpec, airflow: Airflow) -> None:
    """A DAG ends in the engine as in Airflow.

    Raises:
        EndsDifferently: it doesn't.
    """
    found = _differences(spec, airflow)
    if found:
        raise EndsDifferently(spec, found)


def _differences(spec: DagSpec, airflow: Airflow) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fuzz.py"
        file.write_text(spec.as_dag_file())
        (dag,) = load_dags(file)
        with ThreadPoolExecutor(1) as other:  # each side is processes of its own
            there = other.submit(airflow.run, file, dag.dag_id, seconds=ENGINE_SECONDS)
            try:
                here = run_by_engine(dag, LOGICAL_DATE, {}, seconds=ENGINE_SECONDS)
                if isinstance(here, Refused):
                    return list(here.reasons)
                return [str(one) for one in differences(there.result(), here)]
            except (AirflowFailed, TookTooLong) as error:
                return [f"{type(error).__name__}: {error}"]


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.parity.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="how many DAGs")
    parser.add_argument("--first", type=int, default=1000, help="the first chunk; those below 1000 are CI's")
    parser.add_argument("--keep", type=Path, help="a folder for the files of DAGs that end differently")
    parser.add_argument("--shrink", action=argparse.BooleanOptionalAction, default=True, help="make them small")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
