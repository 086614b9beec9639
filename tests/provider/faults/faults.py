"""Each kind of fault, and how it is caused."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

from airflow_argo.cluster import ClusterError
from airflow_argo.operators.attempts import READ
from airflow_argo.triggers.deadline import SETTLING
from tests.cluster.proxy import Plan
from tests.provider.faults.campaign import Fault
from tests.provider.faults.ledger import LABEL

BUSY = (429, {"Retry-After": "1", "Content-Type": "text/plain"}, b"too many requests")
GONE = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired", "code": 410}
GONE_EVENT = json.dumps({"type": "ERROR", "object": GONE}).encode() + b"\n"
GONE_ANSWER = (410, {"Content-Type": "application/json"}, json.dumps(GONE).encode())
TIME = re.compile(rb'"(creationTimestamp|startedAt|finishedAt)": ?"([^"]+)"')


# Processes


def kill(scene, request, key, signals):
    """Send signals to the process that has sent a request, and to its supervisor every other time."""
    process = scene.airflow.process_at(request.client)
    if process is None:
        return
    pids = [process.pid, *([process.ppid()] if scene.chance.random() < 0.5 else [])]
    for number, pause in signals:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        time.sleep(pause)
    scene.hit(key)


def workflow_of(request):
    """The workflow that a request makes: its object, whether wrapped as Argo's server has it or not."""
    body = json.loads(request.body)
    return body.get("workflow", body)


def is_shared(request):
    """Whether this is the watch of a triggerer, over all workflows."""
    return request.is_watch and not any("fieldSelector" in key for key in request.query)


SIGKILL = ((signal.SIGKILL, 0.0),)


def at_creation(moment):
    """Kill a worker `before` or `after` the server has made its workflow, in the first try of each task."""

    def cause(scene):
        def plan(request):
            if not request.is_creation:
                return None
            meta = workflow_of(request)["metadata"]
            key = f"{meta['annotations'][f'{LABEL}run-id']}[{meta['labels'].get(f'{LABEL}map-index')}]"
            if not scene.first(key):
                return None
            act = {moment: lambda: kill(scene, request, key, SIGKILL)}
            return Plan(drop=moment == "before", lose=moment == "after", **act)

        scene.proxy.plan = plan
        scene.over(10**6)

    return cause


def while_waiting(*signals):
    """Kill a worker some time after it began to watch, once for each workflow."""

    def cause(scene):
        def plan(request):
            selector = request.query.get("fieldSelector") or request.query.get("listOptions.fieldSelector", "")
            name = selector.rpartition("=")[2]
            if request.is_watch and name and scene.first(name):
                threading.Timer(scene.chance.uniform(0, 4), kill, (scene, request, name, signals)).start()

        scene.proxy.plan = plan
        scene.over(10**6)

    return cause


def at_the_end(scene):
    """Kill a worker that has read the end of its workflow, just before or after it notes that."""

    def plan(request):
        name = request.path.rpartition("/")[2]
        if request.method != "PATCH" or READ.encode() not in request.body or not scene.first(name):
            return None
        after = scene.chance.random() < 0.7
        act = {"after" if after else "before": lambda: kill(scene, request, name, SIGKILL)}
        return Plan(lose=after, drop=not after, **act)

    scene.proxy.plan = plan
    scene.over(10**6)


def triggerer_killed(scene):
    """Kill the triggerer some time after it has begun to watch, and start another, until all is over.

    Some live long enough to tell an end, which none does in its first seconds: see `airflow_argo.triggers.deadline`.
    """

    def plan(request):
        if is_shared(request):
            watching.set()

    watching = threading.Event()
    scene.proxy.plan = plan
    scene.proxy.cut()
    while not scene.over():
        if not watching.wait(0.5):
            continue
        scene.over(scene.chance.uniform(0, 3 * SETTLING))
        if waiting := scene.unfinished("deferred"):
            scene.airflow.kill("triggerer")
            watching.clear()
            scene.airflow.start("triggerer")
            scene.hit(tasks=waiting)


# The server


def server_restarted(scene):
    """Kill the API server, and start another, which serves three times as long as it took: else the tasks hardly get on."""
    pause = 2.0
    while not scene.over(pause):
        scene.hit(tasks=scene.unfinished())
        began = time.monotonic()
        scene.restartable.restart()
        pause = max(scene.chance.uniform(1, 4), 3 * (time.monotonic() - began))


def watch_cut(scene):
    """Break all connections in whatever they are doing."""
    while not scene.over(scene.chance.uniform(0.2, 2)):
        if scene.proxy._connections:
            scene.hit(tasks=len(scene.proxy._connections))
            scene.proxy.cut()


def history_gone(scene):
    """A watch is told that its resourceVersion is too old, by the answer or by its first event."""

    def plan(request):
        if not request.is_watch or scene.chance.random() < 0.3:
            return None
        scene.hit(tasks=scene.unfinished("deferred") if is_shared(request) else 1)
        return Plan(first=GONE_EVENT) if scene.chance.random() < 0.5 else Plan(answer=GONE_ANSWER)

    scene.proxy.plan = plan
    while not scene.over(scene.chance.uniform(0.3, 1.5)):
        scene.proxy.cut()


def storm(*answers, may_act=False):
    """For some seconds all requests are answered so; with `may_act`, some were carried out nevertheless."""

    def cause(scene):
        def plan(request):
            if not storming.is_set():
                return None
            scene.hit()
            return Plan(answer=scene.chance.choice(answers), lose=may_act and scene.chance.random() < 0.5)

        storming = threading.Event()
        scene.proxy.plan = plan
        while not scene.over(scene.chance.uniform(2, 6)):
            storming.set()
            scene.proxy.cut()
            scene.over(scene.chance.uniform(2, 5))
            storming.clear()

    return cause


def workflow_deleted(scene):
    """Somebody deletes the workflow of each task's first try while it runs."""
    while not scene.over(0.3):
        for one in scene.ledger.of(set(scene.runs)):
            due = one.seen + 1 + 3 * scene.chance.random()
            if one.attempt == 1 and one.phase == "Running" and time.time() > due and scene.first(one.name):
                scene.hit(one.name)
                with suppress(ClusterError):
                    scene.cluster.delete(one.name)


def ttl_deleted(scene):
    """Argo deletes each workflow as soon as it has ended; the double or a controller does it."""
    while not scene.over(0.5):
        for one in scene.ledger.of(set(scene.runs)):
            if one.gone and scene.first(one.name):
                scene.hit(one.name)


def clock_skewed(hours):
    """The cluster's clock differs from ours."""

    def cause(scene):
        def plan(request):
            scene.hit()
            now = parsedate_to_datetime(time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()))
            return Plan(change=shifted, headers={"Date": format_datetime(now + timedelta(hours=hours), usegmt=True)})

        def shifted(line):
            return TIME.sub(lambda match: b'"%s":"%s"' % (match[1], other(match[2]).encode()), line)

        def other(text):
            moment = datetime.fromisoformat(text.decode().replace("Z", "+00:00")) + timedelta(hours=hours)
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

        scene.proxy.plan = plan
        scene.proxy.cut()
        scene.over(10**6)

    return cause


def token_expired(scene):
    """The token expires every few seconds; the file that holds it has the next one a little later."""
    number = 0
    while not scene.over(scene.chance.uniform(1, 4)):
        number += 1
        scene.hit(tasks=scene.unfinished())
        scene.proxy.expire()
        scene.proxy.cut()
        scene.over(scene.chance.uniform(0, 1.5))
        scene.proxy.renew(f"token-{number}")


HALVES = ("half_poking", "half_deferred")

FAULTS = {
    fault.name: fault
    for fault in (
        Fault("worker-killed-before-submit", at_creation("before"), HALVES),
        Fault("worker-killed-after-submit", at_creation("after"), HALVES),
        Fault("worker-killed-while-waiting", while_waiting(*SIGKILL), ("slow_poking",)),
        Fault("worker-killed-at-the-end", at_the_end, HALVES),
        Fault("worker-evicted", while_waiting((signal.SIGTERM, 2.0), *SIGKILL), ("slow_poking",)),
        Fault("triggerer-killed", triggerer_killed, ("slow_deferred",)),
        Fault("server-restarted", server_restarted, HALVES, connection="argo_restarted"),
        Fault("watch-cut", watch_cut, HALVES),
        Fault("history-gone", history_gone, HALVES),
        Fault("overloaded", storm(BUSY), HALVES),
        Fault("server-faults", storm(*((code, {}, b"fault") for code in (500, 502, 503)), may_act=True), HALVES),
        Fault("workflow-deleted", workflow_deleted, HALVES, submissions=2),
        # a try that Airflow itself fails leaves nothing to adopt: its workflow is gone
        Fault("ttl-deleted", ttl_deleted, ("ttl_poking", "ttl_deferred"), submissions=2),
        Fault("clock-ahead", clock_skewed(2), HALVES),
        Fault("clock-behind", clock_skewed(-2), HALVES),
        Fault("token-expired", token_expired, HALVES),
    )
}

NOT_BY_ARGO_SERVER = frozenset({"worker-killed-at-the-end", "server-restarted", "triggerer-killed"})
"""It can't note on a workflow that its end was read; what doesn't concern the way to the cluster is not tried twice."""


def chosen(names=(), through=None):
    """The faults whose name has one of these in it, through the Kubernetes API, an Argo server, or both."""
    found = [fault for name, fault in FAULTS.items() if not names or any(part in name for part in names)]
    by_server = [replace(one, connection="argo_server") for one in found if one.name not in NOT_BY_ARGO_SERVER]
    return {"kubernetes": found, "argo-server": by_server}.get(through, [*found, *by_server])
