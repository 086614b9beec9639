"""Large values of tasks: artifacts, where the setting `xcom_artifacts` says that Argo can store them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from airflow_argo.model.graph import Body, ForLoop
from airflow_argo.model.jobs import LargeValues, passes_artifacts
from airflow_argo.settings import Settings

MOST_BYTES: Final = 100 * 1024
"""With `xcom_artifacts = "yes"`. Argo keeps values in the status of the workflow, which has room for 1 MiB once compressed:
where there are many, smaller ones travel so too."""


def with_large_values(body: Body, settings: Settings) -> Body:
    """The body of a task's step, whose values of more than so many bytes of JSON travel as artifacts if the settings say so."""
    over = settings.required("xcom_artifacts")
    if over == "no":
        return body
    if isinstance(body, ForLoop):  # of a mapped task
        instance = tuple(replace(step, body=with_large_values(step.body, settings)) for step in body.body.steps)
        return replace(body, body=replace(body.body, steps=instance))
    if not passes_artifacts(body):
        return body
    return replace(body, large=LargeValues(MOST_BYTES, fitting=True) if over == "yes" else LargeValues(int(over)))
