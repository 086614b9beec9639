"""Docker's operators are a container in all but name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.diagnostics import Severity
from tests.translator.operators.containers import findings, manifest_of, run, template

DOCKER = """
from airflow.providers.docker.operators.docker import DockerOperator
from docker.types import Mount

class Own(DockerOperator):
    def __init__(self, **kwargs):
        super().__init__(image="own:1", entrypoint=["sh", "-c"], **kwargs)

class Changed(DockerOperator):
    def execute(self, context):
        return 1
"""


def needs_docker() -> None:
    pytest.importorskip("airflow.providers.docker")


def test_a_docker_container_is_the_tasks_own(translated: Any) -> None:
    needs_docker()
    body = """
command = "main.py --day {{ ds }} 'two words'"
resources = dict(mem_limit="512m", cpus=0.5, user="1000:1000")
DockerOperator(
    task_id="a", image="img:{{ ds_nodash }}", entrypoint="python3 -u", command=command, environment={"A": "{{ ds }}"},
    private_environment={"TOKEN": "hidden"}, mount_tmp_dir=False, do_xcom_push=False, working_dir="/w", force_pull=True,
    **resources,
)
"""
    translation = translated(body, DOCKER)
    container = template(translation, "a")["container"]
    assert container["command"] == ["python3", "-u"]
    assert len(container["args"]) == 4
    assert container["args"][0] == "main.py"
    assert container["args"][3] == "two words"
    assert container["resources"] == {"limits": {"memory": str(512 << 20)}, "requests": {"cpu": "500m"}}
    assert container["securityContext"] == {"runAsUser": 1000, "runAsGroup": 1000}
    assert container["workingDir"] == "/w"
    assert container["imagePullPolicy"] == "Always"
    secret = {"secretKeyRef": {"name": "d-private", "key": "a.TOKEN"}}
    assert {"name": "TOKEN", "valueFrom": secret} in container["env"]
    assert "hidden" not in json.dumps(manifest_of(translation))
    assert findings(translation, Severity.WARNING) == []


def test_docker_containers_run_with_their_xcoms(translated: Any, tmp_path: Path) -> None:
    needs_docker()
    body = """
last = DockerOperator(task_id="last", image="i", entrypoint=["sh", "-c"], command=["echo one; echo 'two \\"2\\"'"])
lines = DockerOperator(task_id="lines", image="i", entrypoint="echo", command="['-e', 'a\\\\nb']", xcom_all=True)
nothing = DockerOperator(task_id="nothing", image="i", entrypoint="true")
skips = Own(task_id="skips", command=["exit 99"], skip_on_exit_code=99)
@task(trigger_rule="all_done")
def told(*values):
    return list(values)
told(last.output, lines.output, nothing.output)
@task
def after():
    return 1
skips >> after()
"""
    states = run(translated(body, DOCKER), tmp_path)
    assert states["told"][0] == 'two "2"'
    assert states["told"][1][-1] == "b"
    assert states["told"][2] is None
    assert states["skips"] == states["after"] == "skipped"


def test_a_function_in_docker_is_called_in_its_image(translated: Any, tmp_path: Path) -> None:
    needs_docker()
    body = """
@task.docker(image="python:3.12")
def there(x):
    return {"got": x}
there(5)
"""
    translation = translated(body, DOCKER)
    assert template(translation, "there")["container"]["image"] == "python:3.12"
    assert run(translation, tmp_path)["there"] == {"got": 5}


def test_what_only_a_docker_host_has_is_refused_unless_the_pod_gets_it(translated: Any) -> None:
    needs_docker()
    body = """
config = {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(
    containers=[k8s.V1Container(name="base", volume_mounts=[k8s.V1VolumeMount(name="v", mount_path="/data")])],
    volumes=[k8s.V1Volume(name="v", empty_dir=k8s.V1EmptyDirVolumeSource())]))}
mounts = [Mount(source="/srv", target="/data", type="bind")]
DockerOperator(task_id="a", image="i", entrypoint="x", mounts=mounts%s)
"""
    refused = translated(body % "", DOCKER)
    assert refused.workflow is None
    assert [one.code for one in refused.diagnostics if one.severity is Severity.ERROR] == ["AA237"]
    given = template(translated(body % ", executor_config=config", DOCKER), "a")
    assert sorted(one["mountPath"] for one in given["container"]["volumeMounts"]) == ["/data", "/tmp/airflow"]


def test_subclasses_are_containers_unless_they_do_something_else(translated: Any) -> None:
    needs_docker()
    translation = translated('Own(task_id="own", command="x")\nChanged(task_id="changed", image="i")', DOCKER)
    assert template(translation, "own")["container"]["image"] == "own:1"
    assert any("there is no translation of Changed" in one for one in findings(translation, Severity.NOTE))
