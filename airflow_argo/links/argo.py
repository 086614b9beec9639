"""The button that opens a task's workflow in the Argo UI."""

from __future__ import annotations

from typing import Any, Final

from airflow_argo._compat import BaseOperatorLink, XCom

URL_KEY: Final = "workflow_url"
"""The XCom in which a task leaves its workflow's URL."""


class ArgoWorkflowLink(BaseOperatorLink):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """The workflow in the Argo UI; there from the moment of its submission."""

    name = "Argo Workflow"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 - Airflow's signature
        """The URL, or "" if nobody has said where the Argo UI is."""
        return str(XCom.get_value(ti_key=ti_key, key=URL_KEY) or "")
