"""Workflows that stand still, in the log of the task that waits for them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

from airflow_argo.cluster import standing_still
from airflow_argo.cluster.client import Api
from airflow_argo.cluster.standing_still import StandstillWatch, UnnotedEnd

_MOST: Final = 10
"""Pods that are told of one by one."""


def tell_standstill(log: Any, found: Sequence[UnnotedEnd]) -> None:
    """A warning for each pod whose end Argo takes no note of."""
    for one in found[:_MOST]:
        log.warning("Workflow %s: [%s] %s", one.workflow, one.node, one)
    if len(found) > _MOST:
        log.warning("It is the same with %d more pods", len(found) - _MOST)


class StandstillLooks:
    """Tells it in a loop of looks: with the first one, and then as often as makes sense."""

    def __init__(self, api: Api, log: Any, uid: str = "") -> None:
        self._watch, self._log, self._next = StandstillWatch(api, uid), log, 0.0

    def look(self, *names: str) -> None:
        """The loop looks at these workflows, none of which is done."""
        if (now := time.monotonic()) >= self._next:
            self._next = now + standing_still.QUIET
            tell_standstill(self._log, self._watch.look(names))
