"""CronWorkflows: when they run."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_argo.argo.schedules import cron_fault, is_time_zone
from airflow_argo.lint.finding import Finding, rule
from airflow_argo.lint.subjects import Document


@rule("AA421", on=Document)
def schedule(document: Document) -> Iterator[Finding]:
    """A schedule is five fields, or one of the words for them."""
    if document.kind != "CronWorkflow":
        return
    for index, text in enumerate((document.clean.get("spec") or {}).get("schedules") or []):
        reason = cron_fault(text)
        if reason:
            yield Finding(
                f"spec.schedules[{index}]", f"'{text}' is no schedule: {reason}", "write minute hour day month weekday"
            )


@rule("AA421", on=Document)
def time_zone(document: Document) -> Iterator[Finding]:
    """A time zone is one that there is."""
    name = (document.clean.get("spec") or {}).get("timezone") if document.kind == "CronWorkflow" else None
    if name and not is_time_zone(name):
        yield Finding("spec.timezone", f"there is no time zone '{name}'", "write one such as Europe/Paris")
