"""The page that lists the workflows of a DAG run. Whoever may see the DAG's runs may see it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any, Final

from airflow_argo.cluster import Snapshot
from airflow_argo.diagnostics import AirflowArgoError
from airflow_argo.hooks.argo import ArgoHook
from airflow_argo.operators.attempts import PREFIX, label_value

_COLOURS: Final = {"Succeeded": "#2e7d32", "Failed": "#c62828", "Error": "#c62828", "Running": "#1565c0"}
_STYLE: Final = (
    "body{font:14px system-ui,sans-serif;margin:1.5em;color-scheme:light dark}table{border-collapse:collapse}"
    "td,th{padding:.4em 1em;text-align:left;border-bottom:1px solid #8884}"
)
_HEAD: Final = ("Task", "Try", "Workflow", "State", "Progress", "Started", "Message")


def make_app() -> Any:
    """The FastAPI application; Airflow's own rights are asked for each request."""
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api.security import requires_access_dag
    from fastapi import Depends, FastAPI
    from fastapi.responses import HTMLResponse

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    def show(dag_id: str, run_id: str, conn_id: str = ArgoHook.default_conn_name) -> HTMLResponse:
        hook = ArgoHook(conn_id)
        try:
            return HTMLResponse(page(dag_id, run_id, workflows_of_run(hook, dag_id, run_id), hook))
        except AirflowArgoError as error:
            return HTMLResponse(_document(f"<p>{escape(str(error))}</p>"), status_code=502)

    rights = [Depends(requires_access_dag("GET", DagAccessEntity.RUN))]
    app.get("/dags/{dag_id}/runs/{run_id}", dependencies=rights, response_model=None)(show)
    return app


def workflows_of_run(hook: ArgoHook, dag_id: str, run_id: str) -> list[Snapshot]:
    """All workflows that tasks of a DAG run have submitted, the oldest first.

    Raises:
        ClusterError: they can't be listed.
    """
    labels = {f"{PREFIX}dag-id": dag_id, f"{PREFIX}run-id": run_id}
    selector = ",".join(f"{key}={label_value(value)}" for key, value in labels.items())
    found = hook.cluster.list(label_selector=selector)
    return sorted(found, key=lambda one: str(one.manifest["metadata"].get("creationTimestamp")))


def page(dag_id: str, run_id: str, workflows: Iterable[Snapshot], hook: ArgoHook) -> str:
    """The HTML; all that is not ours is escaped."""
    rows = "".join(_row(one, hook) for one in workflows)
    where = f"{escape(dag_id)} · {escape(run_id)} · namespace {escape(hook.namespace)}"
    if not rows:
        return _document(f"<h3>{where}</h3><p>No task of this run has a workflow here.</p>")
    head = "".join(f"<th>{title}</th>" for title in _HEAD)
    return _document(f"<h3>{where}</h3><table><tr>{head}</tr>{rows}</table>")


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


def _document(body: str) -> str:
    return f'<!doctype html><meta charset="utf-8"><title>Argo</title><style>{_STYLE}</style>{body}'
