"""The buttons of a task: to its workflow in the Argo UI, and, where Airflow has no tabs, to the page of its run's workflows."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from airflow_argo._compat import AIRFLOW_3, HAS_TABS, BaseOperatorLink, XCom, conf
from airflow_argo.links import PAGES

URL_KEY: Final = "workflow_url"
"""The XCom in which a task leaves its workflow's URL."""

CONNECTION_KEY: Final = "workflow_conn_id"
"""The XCom in which it leaves the connection by which that was submitted."""


def push_link(ti: Any, url: str) -> None:
    """Leave a workflow's URL for the link of a task, once it is known: by itself Airflow 3 does that at the end."""
    ti.xcom_push(key=URL_KEY, value=url)
    if hasattr(ArgoWorkflowLink, "xcom_key"):
        ti.xcom_push(key=ArgoWorkflowLink().xcom_key, value=url)


class ArgoWorkflowLink(BaseOperatorLink):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """The workflow in the Argo UI; there from the moment of its submission."""

    name = "Argo Workflow"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 - Airflow's signature
        """The URL, or "" if nobody has said where the Argo UI is."""
        return str(XCom.get_value(ti_key=ti_key, key=URL_KEY) or "")


class ArgoRunLink(BaseOperatorLink):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """The page that lists the workflows of a DAG run."""

    name = "Argo Workflows of this run"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 - Airflow's signature
        """The URL below that of Airflow's UI."""
        ui = conf.get("api" if AIRFLOW_3 else "webserver", "base_url", fallback="").rstrip("/")
        return f"{ui}{PAGE}".format(dag_id=quote(ti_key.dag_id, safe=""), run_id=quote(ti_key.run_id, safe=""))


PAGE: Final = f"{PAGES}/dags/{{dag_id}}/runs/{{run_id}}"
"""The path of the page of a DAG run, which `airflow_argo.plugins` serves."""

LINKS: Final = (ArgoWorkflowLink(),) if HAS_TABS else (ArgoWorkflowLink(), ArgoRunLink())
"""Those of tasks that have workflows."""
