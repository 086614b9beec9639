"""Pods of more than one container: init containers, sidecars, sets, volumes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .manifests import Result, call, dag, execute, sh, workflow


def container(name: str, script: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "image": "any", "command": ["sh", "-c", script], **more}


SHARED = {"name": "shared", "emptyDir": {}}
MOUNT = {"volumeMounts": [{"name": "shared", "mountPath": "/shared"}]}
BOTH = pytest.mark.parametrize("isolation", ["namespace", "rewrite"])


@BOTH
def test_init_containers_run_one_after_the_other_before_main(isolation: str, tmp_path: Path) -> None:
    main = sh("main", "cat /shared/f > /tmp/p", outputs={"p": "/tmp/p"}, volumes=[SHARED])
    main["container"] |= MOUNT
    main["initContainers"] = [
        container("one", "sleep 0.2; echo 1 >> /shared/f", **MOUNT),
        container("two", "echo 2 >> /shared/f", mirrorVolumeMounts=True),
    ]
    assert execute(tmp_path, workflow(main), isolation=isolation).output("", "p") == "1\n2"


def test_a_failed_init_container_fails_the_pod(tmp_path: Path) -> None:
    main = sh("main", "echo ran", initContainers=[container("one", "exit 3"), container("two", "echo two")])
    result = execute(tmp_path, workflow(main))
    assert (result.phase, result.message) == ("Failed", "one: Error (exit code 3)")
    assert not list((result.folder / "logs").glob("*.main.out"))
    assert not list((result.folder / "logs").glob("*.two.out"))


def test_a_sidecar_ends_with_main(tmp_path: Path) -> None:
    main = sh("main", "for i in 1 2 3 4 5 6 7 8 9; do test -s /shared/up && exit 0; sleep 0.2; done; exit 1", volumes=[SHARED])
    main["container"] |= MOUNT
    main["sidecars"] = [container("server", "echo up > /shared/up; sleep 300", **MOUNT)]
    result = execute(tmp_path, workflow(main))
    assert result.phase == "Succeeded"


def test_a_sidecar_that_fails_fails_the_pod(tmp_path: Path) -> None:
    main = sh("main", "sleep 0.3", sidecars=[container("helper", "exit 4")])
    result = execute(tmp_path, workflow(main))
    assert (result.phase, result.message) == ("Failed", "helper: Error (exit code 4)")


def test_a_sidecar_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    main = sh("main", "true", sidecars=[container("deaf", "trap '' TERM; while :; do sleep 0.1; done")])
    assert execute(tmp_path, workflow(main), grace=0.3).phase == "Succeeded"


def pod_set(*containers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "job", "containerSet": {"containers": list(containers), **MOUNT}, "volumes": [SHARED], **more}


def run_set(tmp_path: Path, template: dict[str, Any]) -> Result:
    return execute(tmp_path, workflow(template, dag(call("a", "job"))))


def test_containers_of_a_set_in_their_order(tmp_path: Path) -> None:
    template = pod_set(
        container("a", "sleep 0.2; echo a >> /shared/f"),
        container("b", "echo b >> /shared/f", dependencies=["a"]),
        container("main", "echo main >> /shared/f; cat /shared/f > /tmp/p", dependencies=["b"]),
        outputs={"parameters": [{"name": "p", "valueFrom": {"path": "/tmp/p"}}]},
    )
    result = run_set(tmp_path, template)
    assert result.output("a", "p") == "a\nb\nmain"
    assert [result.phase_of(f"a.{name}") for name in ("a", "b", "main")] == ["Succeeded"] * 3
    assert result.node("a.b")["type"] == "Container"


def test_a_failed_container_of_a_set_fails_what_depends_on_it(tmp_path: Path) -> None:
    result = run_set(tmp_path, pod_set(container("a", "exit 5"), container("main", "true", dependencies=["a"])))
    assert result.phase_of("a") == "Failed"
    assert result.message_of("a") == "a: Error (exit code 5)"
    assert result.phase_of("a.a") == "Failed"
    assert result.phase_of("a.main") == "Error"


def test_files_of_config_maps_and_secrets(tmp_path: Path) -> None:
    volumes = [
        {"name": "c", "configMap": {"name": "conf"}},
        {"name": "one", "configMap": {"name": "conf", "items": [{"key": "a.txt", "path": "sub/b.txt"}]}},
        {"name": "s", "secret": {"secretName": "cred"}},
    ]
    main = sh("main", "cat /etc/conf/a.txt /one/sub/b.txt /s/k > /tmp/p; ls /one >> /tmp/p", outputs={"p": "/tmp/p"})
    main["container"]["volumeMounts"] = [
        {"name": "c", "mountPath": "/etc/conf"},
        {"name": "one", "mountPath": "/one"},
        {"name": "s", "mountPath": "/s"},
    ]
    documents = [
        {"kind": "ConfigMap", "metadata": {"name": "conf"}, "data": {"a.txt": "A\n"}},
        {"kind": "Secret", "metadata": {"name": "cred"}, "stringData": {"k": "K\n"}},
    ]
    for isolation in ("namespace", "rewrite"):
        folder = tmp_path / isolation
        assert (
            execute(folder, workflow(main, volumes=volumes), *documents, isolation=isolation).output("", "p") == "A\nA\nK\nsub"
        )


def test_a_claimed_volume_is_shared_by_all_pods_of_a_run(tmp_path: Path) -> None:
    write, read = sh("write", "echo x > /data/f"), sh("read", "cat /data/f > /tmp/p", outputs={"p": "/tmp/p"})
    for template in (write, read):
        template["container"]["volumeMounts"] = [{"name": "disk", "mountPath": "/data"}]
    claim = {"metadata": {"name": "disk"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
    manifest = workflow(write, read, dag(call("write"), call("read", depends="write")), volumeClaimTemplates=[claim])
    result = execute(tmp_path, manifest)
    assert result.output("read", "p") == "x"
    assert not (result.folder / "claims").exists()


def test_an_empty_folder_is_each_pods_own(tmp_path: Path) -> None:
    job = sh("job", "ls /shared > /tmp/p; touch /shared/f", outputs={"p": "/tmp/p"})
    job["container"] |= MOUNT
    result = execute(tmp_path, workflow(job, dag(call("a", "job"), call("b", "job", depends="a")), volumes=[SHARED]))
    assert [result.output("a", "p"), result.output("b", "p")] == ["", ""]


def test_a_part_of_a_volume(tmp_path: Path) -> None:
    main = sh("main", "echo 1 > /x/f; cat /whole/x/f > /tmp/p", outputs={"p": "/tmp/p"}, volumes=[SHARED])
    main["container"]["volumeMounts"] = [
        {"name": "shared", "mountPath": "/x", "subPath": "x"},
        {"name": "shared", "mountPath": "/whole"},
    ]
    assert execute(tmp_path, workflow(main)).output("", "p") == "1"


def test_the_tries_of_a_set_are_one_log_and_end_with_the_pod(tmp_path: Path) -> None:
    """`retries` counts the first try; a deadline lets nothing more be tried."""
    first = {"name": "main", "image": "any", "command": ["sh", "-c", "echo try; exit 1"]}
    tried = {"name": "tried", "containerSet": {"retryStrategy": {"retries": 3}, "containers": [first]}}
    waits = {"name": "waits", "containerSet": {"retryStrategy": {"retries": 3, "duration": "1h"}, "containers": [first]}}
    result = execute(tmp_path, workflow(tried, {**waits, "activeDeadlineSeconds": 1}, dag(call("tried"), call("waits"))))
    assert (result.log("tried"), result.log("waits")) == (b"try\n" * 3, b"try\n")
    assert result.message_of("tried") == "main: Error (exit code 1)"
    assert result.message_of("waits") == "Pod was active on the node longer than the specified deadline"
