"""How much waiting costs: many deferred tasks of ours, and of KubernetesPodOperator, through one counting proxy.

    KUBECONFIG=… python -m benchmarks.waits --waits 1000 --peer-waits 100 --seconds 60

Needs an API server with Argo's CRDs; no controller. Each side runs in a process of its own with the triggers of one triggerer
on one event loop. Ours are then ended one by one, and the time until their event is taken. Results are JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

from airflow_argo.cluster import Cluster, ClusterError
from airflow_argo.cluster.client import MERGE_PATCH, connect
from airflow_argo.cluster.config import find_connection
from airflow_argo.cluster.resources import NAMESPACES, PODS, Call
from tests.cluster.conftest import NO_OP, remove_namespace
from tests.cluster.controller import set_status
from tests.cluster.proxy import FaultyProxy, upstream_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waits", type=int, default=1000)
    parser.add_argument("--peer-waits", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--ends", type=int, default=50)
    parser.add_argument("--side", choices=("ours", "peer"))
    options = parser.parse_args()
    if options.side:
        asyncio.run({"ours": ours, "peer": peer}[options.side](**json.loads(sys.stdin.read())))
        return
    api = connect(find_connection(), "default")
    for side, count in (("ours", options.waits), ("peer", options.peer_waits)):
        print(json.dumps({"side": side, "waits": count, **measure(api, side, count, options)}), flush=True)


def measure(api, side, count, options):
    namespace = f"waits-{uuid.uuid4().hex[:6]}"
    api.send(Call("create", NAMESPACES, ""), {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    proxy = FaultyProxy(upstream_of(api))
    try:
        names = make(api.in_namespace(namespace), side, count)
        return run_side(api, proxy, side, names, namespace, options)
    finally:
        proxy.close()
        remove_namespace(api, namespace)


def make(api, side, count):
    if side == "ours":
        cluster = Cluster(api)
        return {made.name: made.uid for made in (cluster.submit(NO_OP) for _ in range(count))}
    account = {"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": {}}
    names = {f"pod-{number}": "" for number in range(count)}
    for name in names:
        spec = {"containers": [{"name": "base", "image": "none"}], "nodeSelector": {"no": "such"}}
        body = {**account, "metadata": {"name": name}, "spec": {**spec, "automountServiceAccountToken": False}}
        for _ in range(50):
            try:
                api.send(Call("create", PODS, api.namespace), body)
                break
            except ClusterError:
                time.sleep(0.1)  # the service account of a new namespace takes a moment
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    container = {"name": "base", "image": "none", "imageID": "", "ready": True, "restartCount": 0}
    running = {
        "phase": "Running",
        "startTime": now,
        "containerStatuses": [{**container, "state": {"running": {"startedAt": now}}}],
    }
    for name in names:  # no node has them; what a trigger waits for is what the status says
        api.send(Call("patch", PODS, api.namespace, name, "status"), {"status": running}, content_type=MERGE_PATCH)
    return names


def run_side(api, proxy, side, names, namespace, options):
    headers = {}
    api._client.update_params_for_auth(  # noqa: SLF001 - a benchmark may look
        headers, [], ["BearerToken"]
    )
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": proxy.url}}],
        "users": [{"name": "u", "user": {"token": headers["authorization"].partition(" ")[2]}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    facts = {"names": names, "namespace": namespace, "config": config}
    connection = json.dumps({"conn_type": "argo", "extra": {"kube_config": config}})
    environment = {**os.environ, "AIRFLOW_CONN_BENCH": connection}
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.waits", "--side", side],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        child.stdin.write(json.dumps(facts))
        child.stdin.close()
        before = next(facts_of(child))
        while not proxy.requests or (side == "ours" and not any(request.is_watch for request in proxy.requests)):
            time.sleep(0.2)
        time.sleep(15)  # the start is counted by itself
        started, seen = time.monotonic(), len(proxy.requests)
        time.sleep(options.seconds)
        per_minute = (len(proxy.requests) - seen) / (time.monotonic() - started) * 60
        found = {"requests_a_minute": round(per_minute, 1), "requests_to_start": seen, "connections": len(proxy._connections)}  # noqa: SLF001
        return {**found, **before, **(notices(api.in_namespace(namespace), child, names, options) if side == "ours" else {})}
    finally:
        child.kill()
        child.wait()


def notices(api, child, names, options):
    """End some, and see how long their events take; then the memory of the process with all the others."""
    ended, told = {}, {}

    def read():
        for fact in facts_of(child):
            told[fact["name"]] = (time.monotonic(), fact)

    threading.Thread(target=read, daemon=True).start()
    for name in list(names)[: options.ends]:
        ended[name] = set_status(api, name, "Succeeded")
    deadline = time.monotonic() + 20
    while len(told) < len(ended) and time.monotonic() < deadline:
        time.sleep(0.05)
    delays = sorted(max(told[name][0] - when, 0.0) for name, when in ended.items() if name in told)
    memory = max((fact["megabytes"] for _, fact in told.values()), default=None)
    return {
        "ended": len(ended),
        "noticed": len(told),
        "median_seconds": round(delays[len(delays) // 2], 3) if delays else None,
        "longest_seconds": round(delays[-1], 3) if delays else None,
        "megabytes_with_waits": memory,
    }


def facts_of(child):
    """The objects that a side prints, among whatever Airflow logs."""
    return (json.loads(line) for line in child.stdout if line.startswith('{"'))


def megabytes():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * resource.getpagesize() / 1e6, 1)


async def ours(names, namespace, config):  # noqa: ARG001 - Airflow has it as a connection
    from airflow_argo.triggers.argo import ArgoWorkflowTrigger

    await keep([ArgoWorkflowTrigger(name, namespace, uid, "bench") for name, uid in names.items()])


async def peer(names, namespace, config):
    from datetime import datetime, timezone

    from airflow.providers.cncf.kubernetes.triggers.pod import KubernetesPodTrigger

    now = datetime.now(tz=timezone.utc)
    shape = {"pod_namespace": namespace, "trigger_start_time": now, "base_container_name": "base", "config_dict": config}
    limits = {"startup_timeout": 3600, "schedule_timeout": 3600, "startup_check_interval": 5}
    await keep([KubernetesPodTrigger(pod_name=name, **shape, **limits) for name in names])


async def keep(triggers):
    print(json.dumps({"megabytes_before": megabytes()}), flush=True)

    async def wait(one):
        async for event in one.run():
            print(json.dumps({"name": event.payload.get("name"), "megabytes": megabytes()}), flush=True)

    await asyncio.gather(*(wait(one) for one in triggers))


if __name__ == "__main__":
    main()
