"""The button that opens a task's workflow in the Argo UI."""

from __future__ import annotations

from typing import Any, Final

from airflow_argo._compat import BaseOperatorLink, XCom

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
