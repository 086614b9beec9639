"""How much waiting costs: many deferred tasks of ours, and of KubernetesPodOperator, through one counting proxy.

    KUBECONFIG=… python -m benchmarks.waits --waits 1000 --peer-waits 100 --seconds 60

Needs an API server with Argo's CRDs; no controller. Each side runs in a process of its own with the triggers of one triggerer
on one event loop, after the imports of Airflow's triggerer, whose memory is told apart. Some waits are then ended, and the time
until their event is taken. Prints a table, the peer's figures as measured and for as many waits as ours; `--json`: as JSON.
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
from contextlib import suppress
from pathlib import Path

from airflow_argo.cluster import AlreadyExistsError, Cluster
from airflow_argo.cluster.client import MERGE_PATCH, connect
from airflow_argo.cluster.config import find_connection
from airflow_argo.cluster.resources import NAMESPACES, PODS, Call, Resource
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
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.side:
        asyncio.run({"ours": ours, "peer": peer}[options.side](**json.loads(sys.stdin.read())))
        return
    api = connect(find_connection(), "default")
    sides = (("ours", options.waits), ("peer", options.peer_waits))
    found = {side: {"waits": count, **measure(api, side, count, options)} for side, count in sides}
    print(json.dumps(found) if options.json else table(**found))


def table(ours, peer):
    """One row a figure: ours, the peer's as measured, the peer's for as many waits as ours, and the ratio of those."""
    times = ours["waits"] / peer["waits"]
    scaled = {
        "connections": peer["connections"] * times,
        "requests_a_minute": peer["requests_a_minute"] * times,
        "requests_to_start": peer["requests_to_start"] * times,
        "cpu_seconds_a_minute": peer["cpu_seconds_a_minute"] * times,
        "megabytes_of_waits": peer["megabytes_of_waits"] * times,
        "megabytes_of_imports": peer["megabytes_of_imports"],
        "megabytes_over_idle_triggerer": peer["megabytes_of_imports"] + peer["megabytes_of_waits"] * times,
        "megabytes_of_idle_triggerer": peer["megabytes_of_idle_triggerer"],
    }
    head = f"{'':32}{'ours':>10}{'peer':>10}{'peer, scaled':>14}{'ours / peer':>13}"
    lines = [head, f"{'waits':32}{ours['waits']:>10}{peer['waits']:>10}{ours['waits']:>14}"]
    for name, value in scaled.items():
        ratio = f"{ours[name] / value:.4f}" if value else ""
        lines.append(f"{name:32}{ours[name]:>10.1f}{peer[name]:>10.1f}{value:>14.1f}{ratio:>13}")
    notices = [f"{f'notice, {name}':32}{ours[name]:>10}" for name in ("median_seconds", "longest_seconds")]
    return "\n".join([*lines, *notices])


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
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    with suppress(AlreadyExistsError):  # a controller manager makes it, where there is one
        api.send(Call("create", Resource("ServiceAccount", "serviceaccounts", "", "v1"), api.namespace), account)
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": {}}
    names = {f"pod-{number}": "" for number in range(count)}
    for name in names:
        spec = {"containers": [{"name": "base", "image": "none"}], "nodeSelector": {"no": "such"}}
        body = {**pod, "metadata": {"name": name}, "spec": {**spec, "automountServiceAccountToken": False}}
        api.send(Call("create", PODS, api.namespace), body)
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
        facts = facts_of(child)
        began = next(facts)
        while not proxy.requests or (side == "ours" and not any(request.is_watch for request in proxy.requests)):
            time.sleep(0.2)
        time.sleep(15)  # the start is counted by itself
        started, seen, cpu = time.monotonic(), len(proxy.requests), cpu_seconds(child.pid)
        time.sleep(options.seconds)
        minutes = (time.monotonic() - started) / 60
        found = {
            "connections": len(proxy._connections),  # noqa: SLF001
            "requests_a_minute": round((len(proxy.requests) - seen) / minutes, 1),
            "requests_to_start": seen,
            "cpu_seconds_a_minute": round((cpu_seconds(child.pid) - cpu) / minutes, 2),
            **began,
            "megabytes_of_waits": round(
                megabytes(child.pid) - began["megabytes_of_idle_triggerer"] - began["megabytes_of_imports"], 1
            ),
            "megabytes_over_idle_triggerer": round(megabytes(child.pid) - began["megabytes_of_idle_triggerer"], 1),
        }
        ends = notices(api.in_namespace(namespace), facts, names, options) if side == "ours" else {}
        return {**found, **ends}
    finally:
        child.kill()
        child.wait()


def notices(api, facts, names, options):
    """End some, and see how long their events take."""
    ended, told = {}, {}

    def read():
        for fact in facts:
            told[fact["name"]] = time.monotonic()

    threading.Thread(target=read, daemon=True).start()
    for name in list(names)[: options.ends]:
        ended[name] = set_status(api, name, "Succeeded")
    deadline = time.monotonic() + 20
    while len(told) < len(ended) and time.monotonic() < deadline:
        time.sleep(0.05)
    delays = sorted(max(told[name] - when, 0.0) for name, when in ended.items() if name in told)
    return {
        "ended": len(ended),
        "noticed": len(told),
        "median_seconds": round(delays[len(delays) // 2], 3) if delays else None,
        "longest_seconds": round(delays[-1], 3) if delays else None,
    }


def facts_of(child):
    """The objects that a side prints, among whatever Airflow logs."""
    return (json.loads(line) for line in child.stdout if line.startswith('{"'))


def megabytes(pid="self"):
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * resource.getpagesize() / 1e6, 1)


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle():
    """The memory of a triggerer that waits for nothing."""
    import airflow.jobs.triggerer_job_runner  # noqa: F401 - what its process has loaded

    return megabytes()


async def ours(names, namespace, config):  # noqa: ARG001 - Airflow has it as a connection
    before = idle()
    from airflow_argo.hooks.argo import ArgoHook
    from airflow_argo.triggers.argo import ArgoWorkflowTrigger

    _ = (await ArgoHook.make("bench")).api
    await keep(before, [ArgoWorkflowTrigger(name, namespace, uid, "bench") for name, uid in names.items()])


async def peer(names, namespace, config):
    from datetime import datetime, timezone

    before = idle()
    from airflow.providers.cncf.kubernetes.triggers.pod import KubernetesPodTrigger

    now = datetime.now(tz=timezone.utc)
    shape = {"pod_namespace": namespace, "trigger_start_time": now, "base_container_name": "base", "config_dict": config}
    limits = {"startup_timeout": 3600, "schedule_timeout": 3600, "startup_check_interval": 5}
    await keep(before, [KubernetesPodTrigger(pod_name=name, **shape, **limits) for name in names])


async def keep(before, triggers):
    imports = round(megabytes() - before, 1)
    print(json.dumps({"megabytes_of_idle_triggerer": before, "megabytes_of_imports": imports}), flush=True)

    async def wait(one):
        async for event in one.run():
            print(json.dumps({"name": event.payload.get("name")}), flush=True)

    await asyncio.gather(*(wait(one) for one in triggers))


if __name__ == "__main__":
    main()
