"""Phases of workflows and nodes, and the words that `depends` has for them. Source: pkg/apis/workflow/v1alpha1, dag.go."""

from __future__ import annotations

from typing import Final

PENDING: Final = "Pending"
RUNNING: Final = "Running"
SUCCEEDED: Final = "Succeeded"
SKIPPED: Final = "Skipped"
FAILED: Final = "Failed"
ERROR: Final = "Error"
OMITTED: Final = "Omitted"

WORKFLOW_DONE: Final = frozenset({SUCCEEDED, FAILED, ERROR})
"""A workflow in one of these is done; "" (not seen by the controller yet), Pending and Running are not."""

COMPLETED: Final = frozenset({SUCCEEDED, FAILED, ERROR})
"""A node in one of these ran to its end. Source: NodePhase.Completed."""

FULFILLED: Final = COMPLETED | {SKIPPED, OMITTED}
"""A node in one of these lets its dependents be judged. Source: NodePhase.Fulfilled."""

FAILED_OR_ERROR: Final = frozenset({FAILED, ERROR})

DEPENDS_RESULT: Final = {
    SUCCEEDED: "Succeeded",
    FAILED: "Failed",
    ERROR: "Errored",
    SKIPPED: "Skipped",
    OMITTED: "Omitted",
}
"""What `depends` calls a node's phase: `Error` is `Errored` there, and only there."""
