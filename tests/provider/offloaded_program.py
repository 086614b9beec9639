"""A program that runs offloaded DAGs of a file by Airflow's `dag.test()`: each DAG as it is, but with `offload(dag)` after it.

Like `tests.parity.airflow_program`, whose ways it takes over: requests on standard input, answers on a file descriptor.
"""

from __future__ import annotations

import sys
from typing import Any

from tests.parity import airflow_program


def main(descriptor: int) -> None:
    """Answers requests until there are no more."""
    loaded = airflow_program._dags
    offloaded: set[int] = set()

    def dags_of(file: str) -> dict[str, Any]:
        from airflow_argo.offload import offload

        dags = loaded(file)
        for dag in dags.values():
            if id(dag) not in offloaded:
                offloaded.add(id(dag))
                offload(dag)
        return dags

    airflow_program._dags = dags_of
    airflow_program.main(descriptor)


if __name__ == "__main__":
    main(int(sys.argv[1]))
