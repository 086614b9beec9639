"""The task `ready`. Apart, since it takes a provider of Airflow's that only DAGs with it need."""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator  # noqa: TID253 - see above

from airflow_argo.offload.around import NotCounted


class ArgoReadyOperator(NotCounted, EmptyOperator):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """Stands between a branch and the submission of a part of the DAG, which the branch must not skip."""

    def __init__(self, *, workflow: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.workflow = workflow
