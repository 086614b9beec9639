"""`python -m tests.differential`: judges all shipped example DAGs, and writes docs/compatibility.md.

Needs minutes. What was judged is kept in `--kept`, so that a run that broke off goes on where it was; what was neither equal
nor refused is judged again.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from airflow_argo.comparison.airflow_program import hurried
from airflow_argo.comparison.ends import Difference, differences
from airflow_argo.comparison.in_airflow import AirflowFailed
from airflow_argo.diagnostics import AirflowArgoError
from tests.differential.corpus import example_dags
from tests.differential.outside import outside_world
from tests.differential.table import DIFFERS, EQUAL, NO_JUDGE, REFUSED, Row, page
from tests.parity.airflow_side import LOGICAL_DATE, REPOSITORY, Airflow
from tests.parity.argo_side import Refused, TookTooLong, run_by_engine

OF_THE_MACHINE = {
    "tutorial": {"print_date"},
    "example_bash_decorator": {"get_file_stats", "describe_dag_folder", "show_dag_folder_stats"},
    "example_bash_operator": {"describe_dag_folder", "show_dag_folder_stats"},
    "example_task_state_store_mapped": {"process_table"},
    "example_asset_state_store_producer": {"load"},
    "example_sensors": {"print_date_in_bash"},
    "example_trigger_controller_dag": {"test_trigger_dagrun"},
}
"""DAG → tasks whose XComs tell the time, a random number, or a folder of the Airflow that runs them."""

CONF: dict[str, dict[str, Any]] = {"example_params_ui_tutorial": {"required_field": "given by someone"}}
"""DAG → what people would fill in before they start it."""

BESIDE = {"example_trigger_controller_dag": "airflow/example_dags/example_trigger_target_dag.py"}
"""DAG → the file, below site-packages, of the DAG that it creates a run of."""

PATIENCE = {"example_retry_policy": 400.0}
"""DAG → seconds that each run of it may take: here pods wait as long as the policy in its file says, five times 30 seconds."""

_CHANCE = "its branches choose by random.choice, and chose differently"
_OTHERS = "it waits for a run of another DAG, which Airflow's database has from that one's turn"
UNLIKE = {
    "example_branch_operator": _CHANCE,
    "example_branch_python_operator_decorator": _CHANCE,
    "example_external_task_marker_child": _OTHERS,
    "example_external_task": _OTHERS,
    "child_dag": _OTHERS,
}
"""DAG → why two runs of it need not be alike."""

UNSUPPORTED = "AA501"
"""The engine's own code for what it doesn't do and says so."""

PAGE = REPOSITORY / "docs" / "compatibility.md"


def main() -> int:
    """Judges, writes, and tells how many differ."""
    options = _options()
    kept = {} if options.again or not options.kept.exists() else json.loads(options.kept.read_text())
    airflow, rows = Airflow(), []
    for file, dag in example_dags():
        name = file.stem if isinstance(dag, str) else dag.dag_id
        if options.only and options.only not in name:
            continue
        key = f"{_place(file)}:{name}"
        if key not in kept or kept[key]["result"] in (DIFFERS, NO_JUDGE):
            kept[key] = asdict(_judged(file, dag, airflow, options.seconds))
            options.kept.write_text(json.dumps(kept))
        rows.append(Row(**kept[key]))
        sys.stdout.write(f"{rows[-1].result:10} {name}  {rows[-1].reason[:150]}\n")
        sys.stdout.flush()
    airflow.close()
    if not options.only:
        PAGE.write_text(page(rows))
    return int(any(row.result == DIFFERS for row in rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--only", help="DAGs whose id has this text; then the page isn't written")
    parser.add_argument("--seconds", type=float, default=90, help="at most so long for each run of a DAG")
    parser.add_argument("--kept", type=Path, default=REPOSITORY / ".differential.json", help="what was judged before")
    parser.add_argument("--again", action="store_true", help="forget what was judged before")
    return parser.parse_args()


def _place(file: Path) -> str:
    """A file's path below site-packages."""
    parts = file.parts
    return "/".join(parts[len(parts) - parts[::-1].index("airflow") - 1 :])


def _judged(file: Path, dag: Any, airflow: Airflow, seconds: float) -> Row:
    if isinstance(dag, str):
        return Row(_place(file), file.stem, 0, NO_JUDGE, dag)
    row = (_place(file), dag.dag_id, len(dag.tasks))
    seconds = max(seconds, PATIENCE.get(dag.dag_id, 0))
    conf, date = CONF.get(dag.dag_id, {}), _date(dag)
    beside = file.parents[len(Path(_place(file)).parts) - 1] / BESIDE[dag.dag_id] if dag.dag_id in BESIDE else None
    with outside_world(dag.dag_id):
        try:
            here = run_by_engine(hurried(dag), date, conf, seconds=seconds, beside=beside)
        except (AirflowArgoError, TookTooLong) as error:
            here = None
            reason = f"{type(error).__name__}: {error}"
        if isinstance(here, Refused):
            return Row(*row, REFUSED, "; ".join(dict.fromkeys(here.reasons)))
        if here is None and UNSUPPORTED in reason:
            return Row(*row, REFUSED, f"by the engine, not by the translation: {reason.split('error ', 1)[-1]}")
        try:
            there = airflow.run(file, dag.dag_id, conf=conf, date=date, seconds=seconds, beside=beside)
        except AirflowFailed as error:
            return Row(*row, NO_JUDGE, f"Airflow: {str(error).split('; its log')[0]}")
    if not there.tasks:
        return Row(*row, NO_JUDGE, "Airflow makes no task instances for it")
    if here is None:
        return Row(*row, DIFFERS, reason)
    found = [one for one in differences(there, here) if not _is_of_the_machine(one, dag.dag_id)]
    if found and dag.dag_id in UNLIKE:
        return Row(*row, NO_JUDGE, UNLIKE[dag.dag_id])
    return Row(*row, DIFFERS, str(found[0])) if found else Row(*row, EQUAL)


def _date(dag: Any) -> str:
    """The logical date: the usual one, or a day after the DAG begins."""
    usual = datetime.fromisoformat(LOGICAL_DATE)
    starts = [usual, *(task.start_date + timedelta(days=1) for task in dag.tasks if task.start_date)]
    return max(starts).isoformat()


def _is_of_the_machine(difference: Difference, dag_id: str) -> bool:
    return difference.key is not None and difference.task is not None and difference.task[0] in OF_THE_MACHINE.get(dag_id, ())


if __name__ == "__main__":
    raise SystemExit(main())
