"""Real Airflow as the judge, as tests ask it: of the usual date, in a hurry, with the plugins that Airflow ships."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow_argo.comparison import in_airflow
from airflow_argo.comparison.ends import Ended

REPOSITORY = Path(__file__).parents[2]
LOGICAL_DATE = "2024-05-06T03:00:00+00:00"
OWN_PROGRAMS = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "True",  # for the plugins among them; DAGs come one by one
    "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])]),
}


class Airflow:
    """See `airflow_argo.comparison.in_airflow.Airflow`."""

    def __init__(
        self, program: str = "airflow_argo.comparison.airflow_program", environment: Mapping[str, str] | None = None
    ) -> None:
        self._judge = in_airflow.Airflow(program, {**OWN_PROGRAMS, **(environment or {})})
        self.close = self._judge.close

    def run(
        self,
        file: Path,
        dag_id: str,
        *,
        conf: dict[str, Any] | None = None,
        date: str = LOGICAL_DATE,
        seconds: float = 180,
        beside: Path | None = None,
    ) -> Ended:
        """How a DAG of a file ends.

        Args:
            beside: another file, whose DAGs it may ask for.
            seconds: at most so long.
        Raises:
            AirflowFailed: it raised an error, or took too long.
        """
        files = [] if beside is None else [beside]
        return self._judge.run(file, dag_id, date=date, conf=conf, seconds=seconds, beside=files, hurry=True)
