"""ArgoPlugin: the tab "Argo" of a DAG run, served by Airflow's API server (3.x).

Every process of Airflow imports this, so it imports little. It is found by the entry point `airflow.plugins`: plugins that a
provider names are loaded only where providers aren't loaded lazily.
"""

from __future__ import annotations

from typing import Any, ClassVar

from airflow import __version__ as AIRFLOW_VERSION  # noqa: N812, TID253 - a constant there too
from airflow.plugins_manager import AirflowPlugin  # noqa: TID253

PREFIX = "/argo"
_HAS_PAGES = int(AIRFLOW_VERSION.split(".")[0]) >= 3


class PageApp:
    """The page as an ASGI application that is made when it is first asked for: only the API server needs FastAPI."""

    def __init__(self) -> None:
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        if self._app is None:
            from airflow_argo.plugins.page import make_app

            self._app = make_app()
        await self._app(scope, receive, send)


class ArgoPlugin(AirflowPlugin):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """Airflow 2's pages are made otherwise; there the button beside each task leads to its workflow."""

    name = "argo"
    fastapi_apps: ClassVar[list[dict[str, Any]]] = (
        [{"app": PageApp(), "url_prefix": PREFIX, "name": "Argo Workflows"}] if _HAS_PAGES else []
    )
    external_views: ClassVar[list[dict[str, Any]]] = (
        [
            {
                "name": "Argo",
                "href": f"{PREFIX}/dags/{{DAG_ID}}/runs/{{RUN_ID}}",
                "destination": "dag_run",
                "url_route": "argo",
            }
        ]
        if _HAS_PAGES
        else []
    )
