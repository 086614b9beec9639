"""Random DAGs through Airflow and through translation and engine: `python -m tests.parity.fuzz --count 5000`.

A DAG that ends differently is shown with its seed, and kept as a file in the folder that `--keep` names.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from airflow_argo.translator.loading import load_dags, prepare_environment
from tests.parity.airflow_side import LOGICAL_DATE, Airflow, AirflowFailed
from tests.parity.argo_side import TookTooLong, run_by_engine
from tests.parity.ended import Refused, differences
from tests.parity.random_dags import random_dag

ENGINE_SECONDS = 120


def main() -> int:
    """Tries some seeds, and tells how many DAGs end differently."""
    options = _options()
    prepare_environment()
    airflow, started, failed = Airflow(), time.monotonic(), 0
    for seed in range(options.first, options.first + options.count):
        found = differences_of(seed, airflow)
        if found:
            failed += 1
            _say("\n   ".join([f"seed {seed}:", *found]))
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                (options.keep / f"seed_{seed}.py").write_text(random_dag(Random(seed)))
    airflow.close()
    _say(f"{options.count} DAGs in {time.monotonic() - started:.0f} s, {failed} end differently")
    return int(failed > 0)


def differences_of(seed: int, airflow: Airflow) -> list[str]:
    """What differs for the DAG of a seed; empty if nothing does."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"seed_{seed}.py"
        file.write_text(random_dag(Random(seed)))
        (dag,) = load_dags(file)
        try:
            here = run_by_engine(dag, LOGICAL_DATE, {}, seconds=ENGINE_SECONDS)
            if isinstance(here, Refused):
                return list(here.reasons)
            return differences(airflow.run(file, dag.dag_id, seconds=ENGINE_SECONDS), here)
        except (AirflowFailed, TookTooLong) as error:
            return [f"{type(error).__name__}: {error}"]


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.parity.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="how many DAGs")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--keep", type=Path, help="a folder for the files of DAGs that end differently")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
