"""A program that runs offloaded DAGs of a file by Airflow's `dag.test()`: each DAG as it is, but with `offload(dag)` after it.

Like `airflow_argo.comparison.airflow_program`, whose ways it takes over: requests on standard input, answers on a descriptor.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow_argo.comparison import airflow_program


def main(descriptor: int) -> None:
    """Answers requests until there are no more."""
    loaded = airflow_program._dags

    @contextmanager
    def dags_of(file: str, flags: dict[str, str | None]) -> Iterator[dict[str, Any]]:
        from airflow_argo.offload import offload

        with loaded(file, flags) as dags:
            for dag in dags.values():
                if dag.task_dict:  # else there is nothing to offload, which is refused
                    offload(dag)
            yield dags

    airflow_program._dags = dags_of
    airflow_program.main(descriptor)


if __name__ == "__main__":
    main(int(sys.argv[1]))
