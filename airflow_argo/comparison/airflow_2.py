"""What `airflow_program` does otherwise with Airflow 2, which has no bundles, and keeps values in another model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any


def make_known(dags: list[Any]) -> None:
    """Tells the database of DAGs."""
    from airflow.models.dagbag import DagBag

    bag = DagBag(os.devnull, include_examples=False, collect_dags=False)
    for dag in dags:
        bag.bag_dag(dag, root_dag=dag)
    bag.sync_to_db()


def xcoms_of(run: Any, session: Any) -> Iterator[tuple[str, int, str, Any]]:
    """(task id, map index, key, value as JSON) of what was pushed in a run."""
    from airflow.models.xcom import XCom
    from sqlalchemy import select

    from airflow_argo.pod.values import to_json

    # columns, as an XCom that is read as a whole has the text in its value that Airflow's pages show
    columns = (XCom.task_id, XCom.map_index, XCom.key, XCom.value)
    rows = session.execute(select(*columns).where(XCom.dag_id == run.dag_id, XCom.run_id == run.run_id)).all()
    for row in rows:
        yield row.task_id, row.map_index, row.key, to_json(XCom.deserialize_value(row))
