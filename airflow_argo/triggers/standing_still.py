"""Workflows that stand still, in the logs of the waits of a triggerer."""

from __future__ import annotations

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias

from airflow_argo.cluster import ClusterError, standing_still
from airflow_argo.cluster.client import Api
from airflow_argo.cluster.standing_still import EndedPod, StandstillWatch, ended_pods
from airflow_argo.hooks.argo import in_time
from airflow_argo.hooks.standing_still import tell_standstill

_ByWorkflow: TypeAlias = dict[str, list[EndedPod]]


class SharedPods:
    """The pods of a namespace that have ended: asked for once for all waits that look at about the same time."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._asked_at = -math.inf
        self._answer: asyncio.Future[_ByWorkflow] | None = None

    async def now(self) -> _ByWorkflow:
        """Those of a moment ago, by the names of their workflows.

        Raises:
            ClusterError: they can't be seen.
        """
        if self._answer is None or time.monotonic() - self._asked_at > standing_still.QUIET / 10:
            self._asked_at = time.monotonic()
            self._answer = asyncio.ensure_future(in_time(asyncio.to_thread(_by_workflow, self.api), "reading pods"))
        return await asyncio.shield(self._answer)  # one wait that ends takes it from none of the others


@asynccontextmanager
async def telling_standstill(
    pods: SharedPods, names: Callable[[], Collection[str]], log: Any, uid: str = ""
) -> AsyncIterator[None]:
    """While the block waits for these workflows, tell in a log if one stands still."""
    looking = asyncio.ensure_future(_look(pods, names, log, StandstillWatch(pods.api, uid)))
    try:
        yield
    finally:
        looking.cancel()


async def _look(pods: SharedPods, names: Callable[[], Collection[str]], log: Any, watch: StandstillWatch) -> None:
    """Looks when all other waits do."""
    while True:
        await asyncio.sleep(standing_still.QUIET - time.monotonic() % standing_still.QUIET)
        with suppress(ClusterError):
            by_workflow = await pods.now()
            ended = {name: by_workflow[name] for name in names() if name in by_workflow}
            if ended:
                look = asyncio.to_thread(watch.look, ended, [pod for some in ended.values() for pod in some])
                tell_standstill(log, await in_time(look, "looking at workflows"))


def _by_workflow(api: Api) -> _ByWorkflow:
    found = defaultdict(list)
    for pod in ended_pods(api):
        found[pod.workflow].append(pod)
    return dict(found)
