"""The page that lists the workflows of a DAG run. Whoever may see the DAG's runs may see it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any, Final

from airflow_argo._compat import AirflowNotFoundException
from airflow_argo.cluster import Patience, Snapshot
from airflow_argo.diagnostics import AirflowArgoError
from airflow_argo.hooks.argo import ArgoHook
from airflow_argo.links import PAGES
from airflow_argo.links.argo import CONNECTION_KEY
from airflow_argo.operators.attempts import PREFIX, label_value

_COLOURS: Final = {"Succeeded": "#2e7d32", "Failed": "#c62828", "Error": "#c62828", "Running": "#1565c0"}
_STYLE: Final = (
    "body{font:14px system-ui,sans-serif;margin:1.5em;color-scheme:light dark}table{border-collapse:collapse}"
    "td,th{padding:.4em 1em;text-align:left;border-bottom:1px solid #8884}"
)
_PATIENCE: Final = Patience(answer=10.0, faults=3.0)
"""Somebody looks at the page, and can load it again."""

_HEAD: Final = ("Task", "Try", "Workflow", "State", "Progress", "Started", "Message")


def make_app() -> Any:
    """The FastAPI application; Airflow's own rights are asked for each request."""
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api.security import requires_access_dag
    from fastapi import Depends, FastAPI
    from fastapi.responses import HTMLResponse

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    def show(dag_id: str, run_id: str) -> HTMLResponse:
        return HTMLResponse(*page_of(dag_id, run_id))

    rights = [Depends(requires_access_dag("GET", DagAccessEntity.RUN))]
    app.get("/dags/{dag_id}/runs/{run_id}", dependencies=rights, response_model=None)(show)
    return app


def make_blueprint() -> Any:
    """The same for Airflow 2's webserver, which is of Flask."""
    from airflow.auth.managers.models.resource_details import DagAccessEntity
    from airflow.www.auth import has_access_dag
    from flask import Blueprint

    pages = Blueprint("argo_workflows", __name__, url_prefix=PAGES)

    def show(dag_id: str, run_id: str) -> tuple[str, int]:
        return page_of(dag_id, run_id)

    pages.get("/dags/<string:dag_id>/runs/<path:run_id>")(has_access_dag("GET", DagAccessEntity.RUN)(show))
    return pages


def page_of(dag_id: str, run_id: str) -> tuple[str, int]:
    """The page as HTML, and its HTTP status: 502 if a place can't be asked."""
    used = hooks_of_run(dag_id, run_id)
    found = [_found(hook, dag_id, run_id) for hook in used or [ArgoHook(patience=_PATIENCE)]]
    if not used and not found[0][1]:  # of a DAG that has nothing to do with Argo, perhaps
        return document(f"<h3>{_where(dag_id, run_id)}</h3><p>No task of this run has submitted a workflow.</p>"), 200
    return document("".join(html for html, _ in found)), 200 if all(well for _, well in found) else 502


def _found(hook: ArgoHook, dag_id: str, run_id: str) -> tuple[str, bool]:
    """The part of the page for one place, and whether that could be asked."""
    try:
        return section(dag_id, run_id, workflows_of_run(hook, dag_id, run_id), hook), True
    except (AirflowArgoError, AirflowNotFoundException) as error:
        return f"<h3>{_where(dag_id, run_id, hook.argo_conn_id)}</h3><p>{escape(str(error))}</p>", False


def workflows_of_run(hook: ArgoHook, dag_id: str, run_id: str) -> list[Snapshot]:
    """All workflows that tasks of a DAG run have submitted, the oldest first.

    Raises:
        ClusterError: they can't be listed.
    """
    labels = {f"{PREFIX}dag-id": dag_id, f"{PREFIX}run-id": run_id}
    selector = ",".join(f"{key}={label_value(value)}" for key, value in labels.items())
    found = hook.cluster.list(label_selector=selector)
    return sorted(found, key=lambda one: str(one.manifest["metadata"].get("creationTimestamp")))


def hooks_of_run(dag_id: str, run_id: str) -> list[ArgoHook]:
    """A hook for each place where tasks of a DAG run have workflows, as they have left it in XComs."""
    try:
        from airflow.models.xcom import XComModel
    except ImportError:  # Airflow 2
        from airflow.models.xcom import XCom as XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    query = select(XComModel).where(
        XComModel.dag_id == dag_id, XComModel.run_id == run_id, XComModel.key.in_((CONNECTION_KEY, "workflow_namespace"))
    )
    found: dict[tuple[str, int], dict[str, str]] = {}
    with create_session() as session:
        for row in session.scalars(query):
            found.setdefault((row.task_id, row.map_index), {})[row.key] = str(XComModel.deserialize_value(row))
    places = {(one.get(CONNECTION_KEY, ArgoHook.default_conn_name), one.get("workflow_namespace")) for one in found.values()}
    return [ArgoHook(*place, patience=_PATIENCE) for place in sorted(places, key=str)]


def section(dag_id: str, run_id: str, workflows: Iterable[Snapshot], hook: ArgoHook) -> str:
    """The HTML of the workflows of one place; all that is not ours is escaped."""
    rows = "".join(_row(one, hook) for one in workflows)
    where = f"<h3>{_where(dag_id, run_id, f'namespace {hook.namespace}')}</h3>"
    if not rows:
        return f"{where}<p>No task of this run has a workflow here.</p>"
    head = "".join(f"<th>{title}</th>" for title in _HEAD)
    return f"{where}<table><tr>{head}</tr>{rows}</table>"


def _where(*parts: str) -> str:
    return " · ".join(map(escape, parts))


def _row(workflow: Snapshot, hook: ArgoHook) -> str:
    meta = workflow.manifest["metadata"]
    url = hook.workflow_url(workflow.name, workflow.uid)
    name = escape(workflow.name)
    link = f'<a href="{escape(url)}" target="_blank" rel="noopener">{name}</a>' if url else name
    phase = workflow.phase or "not seen yet"
    cells = (
        escape(str((meta.get("annotations") or {}).get(f"{PREFIX}task-id", ""))),
        escape(str((meta.get("labels") or {}).get(f"{PREFIX}try-number", ""))),
        link,
        f'<b style="color:{_COLOURS.get(phase, "inherit")}">{escape(phase)}</b>',
        escape(workflow.progress),
        escape(str((workflow.manifest.get("status") or {}).get("startedAt") or "")),
        escape(workflow.message),
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def document(body: str) -> str:
    """A page of HTML."""
    return f'<!doctype html><meta charset="utf-8"><title>Argo</title><style>{_STYLE}</style>{body}'
