"""Random DAGs that once ended differently, by what was wrong."""

from __future__ import annotations

from tests.parity.specs import DagSpec, TaskSpec

FOUND = {
    "branch to a group of one": DagSpec(tasks=(TaskSpec("branch", choice=("g1",)), TaskSpec("empty", (0,), group="g1"))),
}
