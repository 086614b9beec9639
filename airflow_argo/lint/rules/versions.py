"""Fields that not every version of Argo has.

Source: the differences between api/jsonschema/schema.json of v3.6.10, v3.7.0, v4.0.0 and v4.1.0; docs/deprecations.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from airflow_argo.argo.validation.schema import fields_of
from airflow_argo.lint.finding import Finding, rule
from airflow_argo.lint.subjects import Document

Version = tuple[int, int]

SINCE: Final[Mapping[tuple[str, str], Version]] = {
    ("Backoff", "cap"): (3, 7),
    ("Mutex", "database"): (3, 7),
    ("Semaphore", "database"): (3, 7),
    ("Template", "annotations"): (3, 7),
    ("Artifact", "plugin"): (4, 0),
    **{("Template", name): (4, 1) for name in ("pendingTimeout", "podResources", "resourceClaims")},
    **{("WorkflowSpec", name): (4, 1) for name in ("executorPlugins", "podResources", "resourceClaims")},
    **{(of, "restartPolicyRules"): (4, 1) for of in ("Container", "Script", "SetContainer", "UserContainer")},
    ("EnvSource", "fileKeyRef"): (4, 1),
}
"""By object and field: the first version that has it. Earlier ones drop it, or refuse the document."""

REMOVED: Final[Mapping[tuple[str, str], tuple[Version, str]]] = {
    ("WorkflowSpec", "podPriority"): ((3, 7), "use podPriorityClassName"),
    ("Template", "priority"): ((3, 7), "use priorityClassName"),
    ("CronSpec", "schedule"): ((4, 0), "write schedules, a list"),
    ("Synchronization", "mutex"): ((4, 0), "write mutexes, a list"),
    ("Synchronization", "semaphore"): ((4, 0), "write semaphores, a list"),
}
"""By object and field: the first version without it, and what to write instead. Versions before warn (argo convert)."""


@rule("AA418", "AA419", "AA420", on=Document)
def fields_of_versions(document: Document) -> Iterator[Finding]:
    """A field that this version of Argo doesn't have, or will not have for long."""
    argo = document.bundle.argo_version
    for field in fields_of(document.raw):
        since = SINCE.get((field.of, field.name))
        if since is not None and argo < since:
            found = f"{field.name} is there since Argo {_text(since)}, and this is for {_text(argo)}"
            yield Finding(field.path, found, f"leave it out, or use Argo {_text(since)}", code="AA418")
        removed = REMOVED.get((field.of, field.name))
        if removed is not None and argo >= removed[0]:
            found = f"{field.name} is gone since Argo {_text(removed[0])}, which drops it in silence"
            yield Finding(field.path, found, removed[1], code="AA419")
        elif removed is not None:
            found = f"{field.name} is deprecated, and gone since Argo {_text(removed[0])}"
            yield Finding(field.path, found, removed[1], code="AA420")


def removed_fields(document: Mapping[str, Any]) -> Iterator[str]:
    """The paths of fields that this rule speaks of: no other has to call them unknown."""
    return (field.path for field in fields_of(document) if (field.of, field.name) in REMOVED or (field.of, field.name) in SINCE)


def _text(version: Version) -> str:
    return f"{version[0]}.{version[1]}"
