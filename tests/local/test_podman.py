"""Containers in their images by a real podman, where one is installed that can start containers here."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.local import Engine, load

from .manifests import NAME, Result, call, dag, sh, workflow

IMAGE = "localhost/airflow-argo-test:1"
PROGRAMS = ("sh", "cat", "cp", "echo", "env", "id", "ls", "mkdir", "printf", "sleep", "test", "true")


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of an image that podman can run: a busybox and nothing else."""
    busybox = shutil.which("busybox")
    if shutil.which("podman") is None or busybox is None:
        pytest.skip("needs podman and busybox")
    settings = tmp_path_factory.mktemp("podman") / "containers.conf"
    settings.write_text(
        '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\nnetns = "none"\n'
        '[engine]\ncgroup_manager = "cgroupfs"\n' + ('runtime = "runc"\n' if shutil.which("runc") else "")
    )
    patch = pytest.MonkeyPatch()
    patch.setenv("CONTAINERS_CONF", str(settings))  # what a small machine allows
    try:
        imported = subprocess.run(
            ["podman", "import", "-", IMAGE], input=small_system(busybox), capture_output=True, check=False
        )
        tried = subprocess.run(["podman", "run", "--rm", IMAGE, "true"], capture_output=True, text=True, check=False)
        if imported.returncode or tried.returncode:
            pytest.skip(f"podman can't start a container here: {imported.stderr.decode()}{tried.stderr}")
        yield IMAGE
        subprocess.run(["podman", "rmi", "--force", IMAGE], capture_output=True, check=False)
    finally:
        patch.undo()


def small_system(busybox: str) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(busybox, "bin/busybox")
        for folder in ("etc", "tmp"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777
            tar.addfile(entry)
        for program in PROGRAMS:
            entry = tarfile.TarInfo(f"bin/{program}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
    return archive.getvalue()


def in_image(template: dict[str, Any]) -> dict[str, Any]:
    kind = next(kind for kind in ("container", "script", "containerSet") if kind in template)
    for container in template["containerSet"]["containers"] if kind == "containerSet" else [template[kind]]:
        container["image"] = IMAGE
    return template


def run(tmp_path: Path, *templates: dict[str, Any], **options: Any) -> Result:
    program = load([workflow(*(in_image(one) if "dag" not in one else one for one in templates))], images=True)
    engine = Engine(program, name=NAME, folder=tmp_path / "run", isolation="podman", **options)
    return Result(engine.run(), tmp_path / "run")


def containers() -> list[str]:
    listed = subprocess.run(["podman", "ps", "--all", "--quiet"], capture_output=True, text=True, check=True)
    return listed.stdout.split()


def test_values_and_artifacts_go_from_image_to_image(podman: str, tmp_path: Path) -> None:
    make = sh("make", 'echo "$A" > /tmp/p; echo art > /work/x; ls / > /tmp/l', outputs={"p": "/tmp/p", "l": "/tmp/l"})
    make["container"]["env"] = [{"name": "A", "value": "1 2\n3"}, {"name": "HOME", "value": "/here"}]
    make["outputs"]["artifacts"] = [{"name": "x", "path": "/work/x"}]
    use = sh("use", "cat /in/x; echo {{inputs.parameters.v}}; exit 3", inputs=("v",))
    use["inputs"]["artifacts"] = [{"name": "x", "path": "/in/x"}]
    task = call("b", "use", depends="a", v="{{tasks.a.outputs.parameters.l}}")
    task["arguments"]["artifacts"] = [{"name": "x", "from": "{{tasks.a.outputs.artifacts.x}}"}]
    result = run(tmp_path, make, use, dag(call("a", "make"), task))
    assert result.output("a", "p") == "1 2\n3"
    assert "bin" in result.output("a", "l").split()
    assert "home" not in result.output("a", "l").split()
    assert result.log("b").startswith(b"art\n")
    assert (result.phase_of("b"), result.exit_code("b")) == ("Failed", "3")
    assert result.status["engine"]["isolation"] == "podman"


def test_a_script_and_a_set_of_containers(podman: str, tmp_path: Path) -> None:
    script = {"name": "script", "script": {"image": "", "command": ["sh"], "source": "echo from $0 > /tmp/r"}}
    script["outputs"] = {"parameters": [{"name": "r", "valueFrom": {"path": "/tmp/r"}}]}
    first = {"name": "first", "command": ["sh", "-c", "echo one > /shared/f"]}
    last = {"name": "main", "command": ["sh", "-c", "cp /shared/f /tmp/r"], "dependencies": ["first"]}
    mounts = [{"name": "v", "mountPath": "/shared"}]
    both = {
        "name": "set",
        "volumes": [{"name": "v", "emptyDir": {}}],
        "containerSet": {"volumeMounts": mounts, "containers": [first, last]},
        "outputs": {"parameters": [{"name": "r", "valueFrom": {"path": "/tmp/r"}}]},
    }
    result = run(tmp_path, script, both, dag(call("a", "script"), call("b", "set")))
    assert result.phase == "Succeeded", result.status
    assert result.output("a", "r").startswith("from /tmp/argo/staging/script")
    assert result.output("b", "r") == "one"


def test_a_deadline_leaves_no_container(podman: str, tmp_path: Path) -> None:
    before, started = containers(), time.monotonic()
    deaf = sh("main", "trap '' TERM; while :; do sleep 0.1; done", activeDeadlineSeconds=1)
    result = run(tmp_path, deaf, grace=0.5)
    assert (result.phase, result.message) == ("Failed", "Pod was active on the node longer than the specified deadline")
    assert time.monotonic() - started < 20
    assert containers() == before
