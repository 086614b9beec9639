"""ArgoPlugin: the page of a DAG run's workflows, served by Airflow's API server, or webserver in 2.11; from 3.1 on a tab.

Every process of Airflow imports this, so it imports little. It is found by the entry point `airflow.plugins`: plugins that a
provider names are loaded only where providers aren't loaded lazily.
"""

from __future__ import annotations

from typing import Any, ClassVar

from airflow import __version__ as AIRFLOW_VERSION  # noqa: N812, TID253 - a constant there too
from airflow.plugins_manager import AirflowPlugin  # noqa: TID253

from airflow_argo.links import PAGES

_IS_2 = AIRFLOW_VERSION.startswith("2.")


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
    """Airflow looks for what its version can show; where that is no tab, tasks have a button that leads to the page."""

    name = "argo"
    fastapi_apps: ClassVar[list[dict[str, Any]]] = [{"app": PageApp(), "url_prefix": PAGES, "name": "Argo Workflows"}]
    external_views: ClassVar[list[dict[str, Any]]] = [
        {
            "name": "Argo",
            "href": f"{PAGES}/dags/{{DAG_ID}}/runs/{{RUN_ID}}",
            "destination": "dag_run",
            "url_route": "argo",
        }
    ]

    @property
    def flask_blueprints(self) -> list[Any]:
        """The page for Airflow 2, made when it is asked for: only the webserver needs Flask."""
        if not _IS_2:
            return []
        from airflow_argo.plugins.page import make_blueprint

        return [make_blueprint()]
