"""Runs a DAG of the DAGs folder by `dag.test()`, and prints how that went as the last line of stdout."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(name: str, conf: str, dated: str) -> None:
    sys.path.insert(0, str(Path(__file__).parent / "dags"))
    from airflow.models import xcom
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.utils.session import create_session

    from airflow_argo._compat import AIRFLOW_3

    model = xcom.XComModel if AIRFLOW_3 else xcom.XCom
    module, _, dag_id = name.partition(":")
    dags = vars(__import__(module))
    dag = next(value for value in dags.values() if getattr(value, "dag_id", None) == (dag_id or module))
    run = dag.test(run_conf=json.loads(conf), **({} if dated else {"logical_date": None}))
    with create_session() as session:
        instances = run.get_task_instances(session=session)
        tasks = {one.task_id if one.map_index < 0 else f"{one.task_id}[{one.map_index}]": one.state for one in instances}
        xcoms = {}
        for row in session.query(model).filter_by(dag_id=run.dag_id, run_id=run.run_id):
            xcoms.setdefault(row.task_id, {})[row.key] = model.deserialize_value(row) if AIRFLOW_3 else row.value
        rendered = [row.rendered_fields for row in session.query(RenderedTaskInstanceFields).filter_by(dag_id=run.dag_id)]
    facts = {"state": run.state, "tasks": tasks, "xcoms": xcoms, "run_id": run.run_id, "rendered": rendered}
    print(json.dumps(facts, default=str))  # noqa: T201


main(*sys.argv[1:])
