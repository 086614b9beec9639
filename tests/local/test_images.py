"""Containers in their images, by a program that stands in for docker and runs them on this machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from airflow_argo.local import Engine, EngineFailure, load, resume_from

from .manifests import NAME, Result, call, dag, sh, workflow

SHIM = '''#!{python}
"""Understands as much of `docker run` as the engine uses: puts folders in the place of their paths in the command."""
import json, os, re, sys
log = open({log!r}, "a")
log.write(json.dumps(sys.argv[1:]) + "\\n")
log.close()
if sys.argv[1] != "run":
    print("leftover")
    sys.exit(0)
options, words = {{"--volume": [], "--env": []}}, sys.argv[2:]
while words and words[0].startswith("--"):
    word = words.pop(0)
    if word != "--rm":
        options.setdefault(word, []).append(words.pop(0))
image, command = words[0], words[1:]
command = options.get("--entrypoint", ["echo"]) + (command or ["image", image])
places = {{there: here for here, there in (volume.split(":") for volume in options["--volume"])}}
pattern = "|".join(r"(?<!\\w)" + re.escape(there) + "(?=/|$)" for there in places)
command = [re.sub(pattern, lambda match: places[match[0]], part) for part in command]
os.environ.update(one.split("=", 1) for one in options["--env"] if "=" in one)
os.execvp(command[0], command)
'''


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The log of what docker was called with."""
    folder, log = tmp_path / "bin", tmp_path / "docker.log"
    folder.mkdir()
    program = folder / "docker"
    program.write_text(SHIM.format(python=sys.executable, log=str(log)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return log


def test_a_pipeline_in_images(docker: Path, tmp_path: Path) -> None:
    make = sh("make", "echo $A > /tmp/p; echo art > /work/x", outputs={"p": "/tmp/p"})
    make["container"] |= {"image": "first:1", "env": [{"name": "A", "value": "1"}]}
    make["outputs"]["artifacts"] = [{"name": "x", "path": "/work/x"}]
    use = sh("use", "cat /in/x; echo {{inputs.parameters.v}}", inputs=("v",))
    use["inputs"]["artifacts"] = [{"name": "x", "path": "/in/x"}]
    task = call("b", "use", depends="a", v="{{tasks.a.outputs.parameters.p}}")
    task["arguments"]["artifacts"] = [{"name": "x", "from": "{{tasks.a.outputs.artifacts.x}}"}]
    engine = Engine(
        load([workflow(make, use, dag(call("a", "make"), task))], images=True),
        name=NAME,
        folder=tmp_path / "run",
        isolation="docker",
    )
    result = Result(engine.run(), tmp_path / "run")
    assert result.phase == "Succeeded", result.status
    assert (result.phase, result.log("b")) == ("Succeeded", b"art\n1\n")
    assert result.status["engine"]["isolation"] == "docker"
    first, second = (json.loads(line) for line in docker.read_text().splitlines())
    assert first[:3] == ["run", "--rm", "--name"]
    assert "first:1" in first
    assert second[second.index("--entrypoint") + 1] == "sh"


def test_an_image_may_say_what_it_runs(docker: Path, tmp_path: Path) -> None:
    main = {"name": "main", "container": {"image": "tool:2"}}
    engine = Engine(load([workflow(main)], images=True), name=NAME, folder=tmp_path / "run", isolation="docker")
    assert Result(engine.run(), tmp_path / "run").log("") == b"image tool:2\n"


def test_a_container_that_does_not_end_is_killed_by_name(docker: Path, tmp_path: Path) -> None:
    main = sh("main", "trap '' TERM; while :; do sleep 0.1; done", activeDeadlineSeconds=1)
    engine = Engine(load([workflow(main)], images=True), name=NAME, folder=tmp_path / "run", isolation="docker", grace=0.3)
    assert engine.run()["phase"] == "Failed"
    started, killed, removed, listed, left = (json.loads(line) for line in docker.read_text().splitlines())
    name = started[started.index("--name") + 1]
    assert (killed, removed) == (["kill", name], ["rm", "--force", name])
    assert (listed[0], left) == ("ps", ["rm", "--force", "leftover"])


def test_docker_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    main = {"name": "main", "container": {"image": "tool:2"}}
    with pytest.raises(EngineFailure, match="podman is not installed"):
        Engine(load([workflow(main)], images=True), folder=tmp_path / "run", isolation="podman").run()


def test_containers_that_a_killed_engine_left_are_removed(docker: Path, tmp_path: Path) -> None:
    main = sh("main", "echo x")
    engine = Engine(load([workflow(main)], images=True), name=NAME, folder=tmp_path / "run", isolation="docker")
    engine.run()
    started = json.loads(docker.read_text())
    journal = tmp_path / "run" / "journal.jsonl"
    journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:2]))
    docker.unlink()
    assert resume_from(tmp_path / "run").run()["phase"] == "Succeeded"
    listed, removed, again = (json.loads(line) for line in docker.read_text().splitlines())
    assert listed == ["ps", "--all", "--quiet", "--filter", f"label={started[started.index('--label') + 1]}"]
    assert removed == ["rm", "--force", "leftover"]
    assert again == started
