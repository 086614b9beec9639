"""What containers leave: parameters, results, artifacts, and what becomes of those that are odd."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.local import Warned

from .manifests import NOOP, call, dag, execute, py, sh, workflow

MIB = 1024 * 1024


def test_a_trailing_newline_is_no_part_of_a_value(tmp_path: Path) -> None:
    main = sh("main", r"printf 'a\n\n' > /tmp/p", outputs={"p": "/tmp/p"})
    assert execute(tmp_path, workflow(main)).output("", "p") == "a\n"


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    result = execute(tmp_path, workflow(sh("main", "true", outputs={"p": "/tmp/none"})))
    reason = "open /var/run/argo/outputs/parameters/tmp/none: no such file or directory"
    assert (result.phase, result.message) == ("Error", f"wait: Error (exit code 64): {reason}")
    assert result.exit_code("") == "0"


def test_a_missing_file_gets_the_default(tmp_path: Path) -> None:
    main = sh("main", "true", outputs={"p": {"path": "/tmp/none", "default": "d"}})
    assert execute(tmp_path, workflow(main)).output("", "p") == "d"


def test_a_folder_is_no_value(tmp_path: Path) -> None:
    result = execute(tmp_path, workflow(sh("main", "mkdir /tmp/p", outputs={"p": "/tmp/p"})))
    saved = "/var/run/argo/outputs/parameters//tmp/p"
    reason = f"failed to copy /tmp/p to {saved}: write {saved}: copy_file_range: is a directory"
    assert (result.phase, result.message) == ("Failed", f"main: Error (exit code 64): {reason}")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    main = sh("main", r"printf 'a\377\376b' > /tmp/p", outputs={"p": "/tmp/p"})
    assert execute(tmp_path, workflow(main)).output("", "p") == "a\ufffd\ufffdb"


def test_a_value_over_three_mib_is_an_error(tmp_path: Path) -> None:
    result = execute(
        tmp_path, workflow(sh("main", f"head -c {4 * MIB} /dev/zero | tr '\\0' x > /tmp/p", outputs={"p": "/tmp/p"}))
    )
    assert (result.phase, result.message) == ("Error", "wait: Error (exit code 64): Request entity too large: limit is 3145728")


def test_a_huge_file_costs_no_memory(tmp_path: Path) -> None:
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = execute(tmp_path, workflow(sh("main", "truncate -s 50G /tmp/p", outputs={"p": "/tmp/p"})))
    assert "Request entity too large" in result.message
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_values_that_make_the_workflow_too_large_end_it(tmp_path: Path) -> None:
    source = f"import os\nopen('/tmp/p', 'w').write(os.urandom({MIB}).hex())"
    result = execute(tmp_path, workflow(py("big", source, outputs={"p": "/tmp/p"}), dag(call("a", "big"))))
    assert result.phase == "Error"
    assert result.message.startswith("'wf.a' waits for ever: Argo stores no more than 1,048,576 bytes of a workflow")


def test_a_large_value_that_compresses_is_no_harm(tmp_path: Path) -> None:
    big = sh("big", f"head -c {2 * MIB} /dev/zero | tr '\\0' x > /tmp/p", outputs={"p": "/tmp/p"})
    result = execute(tmp_path, workflow(big, dag(call("a", "big"))))
    assert (result.phase, len(result.output("a", "p"))) == ("Succeeded", 2 * MIB)


@pytest.mark.parametrize(("size", "kept"), [(1000, 1000), (300_000, 256 * 1024)])
def test_the_result_is_the_end_of_the_standard_output(size: int, kept: int, tmp_path: Path) -> None:
    first = py("first", f"print('x' * {size - 3} + 'end')")
    second = sh("second", 'test "$0" = "{{inputs.parameters.r}}"', inputs=("r",))
    tasks = dag(call("a", "first"), {**call("b", "second", depends="a", r="{{= len(tasks.a.outputs.result) }}")})
    second["container"]["command"].append(str(kept))
    result = execute(tmp_path, workflow(first, second, tasks))
    assert result.phase == "Succeeded"
    assert result.node("a")["outputs"]["result"].endswith("end")


def test_a_result_that_nobody_wants_is_not_kept(tmp_path: Path) -> None:
    result = execute(tmp_path, workflow(sh("job", "echo x"), dag(call("a", "job"))))
    assert result.node("a")["outputs"] == {"exitCode": "0"}


@pytest.mark.parametrize("size", [128 * 1024 - 100, 128 * 1024 + 10, 400_000])
def test_long_arguments(size: int, tmp_path: Path) -> None:
    """Over 128 KiB Argo hands an argument over in a file, whose name behind an @ the program gets instead."""
    container = {
        "image": "any",
        "command": [
            "python3",
            "-c",
            "import sys; a = sys.argv[1]; print(len(open(a[1:]).read() if a[0] == '@' else a), a[:6])",
        ],
        "args": ["y" * size],
    }
    result = execute(tmp_path, workflow({"name": "main", "container": container}))
    expected = f"{size} @/tmp/" if size > 128 * 1024 else f"{size} yyyyyy"
    assert (result.phase, result.log("")) == ("Succeeded", f"{expected}\n".encode())


def test_arguments_over_a_mebibyte_are_an_error(tmp_path: Path) -> None:
    container = {"image": "any", "command": ["true"], "args": ["y" * 1_100_000]}
    program = workflow({"name": "job", "container": container}, dag(call("a", "job")))
    result = execute(tmp_path, program)
    assert result.phase == "Error"


# --- artifacts


def artifact(name: str, path: str = "", **more: Any) -> dict[str, Any]:
    return {"name": name, **({"path": path} if path else {}), **more}


def passing(make: str, use: str, archive: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A DAG in which `b` gets what `a` left at /tmp/out as /tmp/in."""
    first = sh("first", make)
    first["outputs"] = {"artifacts": [artifact("x", "/tmp/out", **({"archive": archive} if archive else {}))]}
    second = sh("second", use, outputs={"p": {"path": "/tmp/p", "default": ""}})
    second["inputs"] = {"artifacts": [artifact("x", "/tmp/in", **more)]}
    task = {**call("b", "second", depends="a")}
    task["arguments"] = {"artifacts": [artifact("x", **{"from": "{{tasks.a.outputs.artifacts.x}}"})]}
    return workflow(first, second, dag(call("a", "first"), task))


@pytest.mark.parametrize("archive", [None, {"none": {}}, {"tar": {}}, {"tar": {"compressionLevel": 0}}, {"zip": {}}])
@pytest.mark.parametrize("isolation", ["namespace", "rewrite"])
def test_a_file_is_passed_on(archive: dict[str, Any] | None, isolation: str, tmp_path: Path) -> None:
    manifest = passing("echo data > /tmp/out", "cat /tmp/in > /tmp/p", archive)
    assert execute(tmp_path, manifest, isolation=isolation).output("b", "p") == "data"


@pytest.mark.parametrize("archive", [None, {"none": {}}, {"zip": {}}])
def test_a_folder_is_passed_on(archive: dict[str, Any] | None, tmp_path: Path) -> None:
    make = "mkdir -p /tmp/out/d; echo 1 > /tmp/out/d/f; echo 2 > /tmp/out/g"
    result = execute(tmp_path, passing(make, "cd /tmp/in; cat d/f g > /tmp/p", archive))
    assert result.output("b", "p") == "1\n2"


@pytest.mark.parametrize("archive", [None, {"none": {}}, {"zip": {}}])
@pytest.mark.parametrize("isolation", ["namespace", "rewrite"])
def test_all_of_tmp_is_passed_on(archive: dict[str, Any] | None, isolation: str, tmp_path: Path) -> None:
    manifest = passing("echo 1 > /tmp/f", "cat /tmp/in/f > /tmp/p", archive)
    manifest["spec"]["templates"][0]["outputs"]["artifacts"][0]["path"] = "/tmp/"
    assert execute(tmp_path, manifest, isolation=isolation).output("b", "p") == "1"


def test_a_container_that_declares_a_path_in_the_root_works_there(tmp_path: Path) -> None:
    manifest = passing("echo here > result.txt", "cat /tmp/in > /tmp/p")
    manifest["spec"]["templates"][0]["outputs"]["artifacts"][0]["path"] = "/result.txt"
    assert execute(tmp_path, manifest, isolation="namespace").output("b", "p") == "here"


def test_a_global_artifact_is_an_output_of_the_workflow(tmp_path: Path) -> None:
    manifest = passing("echo data > /tmp/out", "cat /tmp/in > /tmp/p")
    first, _second, main = manifest["spec"]["templates"]
    first["outputs"]["artifacts"][0]["globalName"] = "theirs"
    main["dag"]["tasks"][1]["arguments"]["artifacts"][0]["from"] = "{{workflow.outputs.artifacts.theirs}}"
    assert execute(tmp_path, manifest).output("b", "p") == "data"


def test_the_mode_of_an_artifact(tmp_path: Path) -> None:
    manifest = passing("echo 'echo ran > /tmp/p' > /tmp/out", "/bin/sh -c 'test -x /tmp/in' && sh /tmp/in", mode=0o755)
    assert execute(tmp_path, manifest).output("b", "p") == "ran"


def test_a_raw_artifact(tmp_path: Path) -> None:
    main = sh("main", "cat /tmp/in > /tmp/p", outputs={"p": "/tmp/p"})
    main["inputs"] = {"artifacts": [artifact("x", "/tmp/in", raw={"data": "a\nü"})]}
    assert execute(tmp_path, workflow(main)).output("", "p") == "a\nü"


def test_a_missing_artifact_is_an_error_unless_it_is_optional(tmp_path: Path) -> None:
    job = sh("job", "true")
    job["outputs"] = {"artifacts": [artifact("x", "/tmp/none")]}
    result = execute(tmp_path, workflow(job, dag(call("a", "job"))))
    assert result.phase == "Error"
    assert result.message_of("a").startswith("wait: Error (exit code 64): ")
    job["outputs"]["artifacts"][0]["optional"] = True
    result = execute(tmp_path / "2", workflow(job, dag(call("a", "job"))))
    assert result.phase == "Succeeded"


# --- artifacts by their keys


def by_key(key: str, kind: str = "s3") -> dict[str, Any]:
    return {kind: {"key": key}, "archive": {"none": {}}}


@pytest.mark.parametrize("kind", ["s3", "gcs", "oss"])
@pytest.mark.parametrize("key", ["{{workflow.uid}}/a", "../../{{workflow.uid}}", "/a//b/"])
def test_an_artifact_is_found_by_its_key(tmp_path: Path, kind: str, key: str) -> None:
    put = sh("put", "echo text > /tmp/out")
    put["outputs"] = {"artifacts": [artifact("x", "/tmp/out", **by_key(key, kind))]}
    take = sh("take", "cp /tmp/in /tmp/p", outputs={"p": "/tmp/p"})
    take["inputs"] = {"artifacts": [artifact("y", "/tmp/in")]}
    task = call("take", depends="put")
    task["arguments"] = {"artifacts": [artifact("y", **by_key(key, kind))]}
    result = execute(tmp_path, workflow(put, take, dag(call("put"), task)))
    assert result.output("take", "p") == "text"
    assert not [one for one in result.folder.parent.rglob("*") if one.is_file() and not one.is_relative_to(result.folder)]


def test_what_the_items_of_a_loop_put_under_one_key_is_a_folder(tmp_path: Path) -> None:
    put = sh("put", "echo {{inputs.parameters.n}} > /tmp/out", inputs=("n",))
    put["outputs"] = {"artifacts": [artifact("x", "/tmp/out", **by_key("{{workflow.name}}/all/{{inputs.parameters.n}}"))]}
    take = sh("take", "cat /tmp/in/* > /tmp/p", outputs={"p": "/tmp/p"})
    take["inputs"] = {"artifacts": [artifact("y", "/tmp/in", s3={"key": "{{workflow.name}}/all"})]}
    loop = {**call("put", n="{{item}}"), "withItems": [1, 2, 3]}
    assert execute(tmp_path, workflow(put, take, dag(loop, call("take", depends="put")))).output("take", "p") == "1\n2\n3"


@pytest.mark.parametrize("key", ["", "none"])
def test_an_optional_artifact_may_have_no_key_or_one_under_which_nothing_is(tmp_path: Path, key: str) -> None:
    listing = "ls /tmp/in > /tmp/p 2> /dev/null || echo none > /tmp/p"
    take = sh("take", listing, inputs=("key",), outputs={"p": "/tmp/p"})
    take["inputs"]["artifacts"] = [artifact("y", "/tmp/in", s3={"key": "{{inputs.parameters.key}}"}, optional=True)]
    assert execute(tmp_path, workflow(take, dag(call("take", key=key)))).output("take", "p") == "none"


def test_a_key_under_which_nothing_is_is_an_error_of_the_task(tmp_path: Path) -> None:
    take = sh("main", "true")
    take["inputs"] = {"artifacts": [artifact("y", "/tmp/in", **by_key("none"))]}
    result = execute(tmp_path, workflow(take))
    assert (result.phase, "artifact y failed to load: none: no such file" in result.message) == ("Error", True)


def test_the_key_of_an_artifact_can_be_used(tmp_path: Path) -> None:
    result = execute(tmp_path, passing("echo data > /tmp/out", "true"))
    kept = result.node("a")["outputs"]["artifacts"][0]
    assert kept["name"] == "x"
    assert (result.folder / "artifacts" / kept["local"]["key"]).is_file()


def test_a_full_disk_is_an_error_of_the_task(small_disk: Path) -> None:
    fill = sh("fill", f"head -c {20 * MIB} /dev/zero > /tmp/big")
    result = execute(small_disk, workflow(fill, NOOP, dag(call("a", "fill"), call("b", "noop", depends="a.Failed"))))
    assert (result.phase_of("a"), result.phase_of("b")) == ("Failed", "Succeeded")


def test_no_room_for_an_artifact_is_an_error_of_the_task(small_disk: Path) -> None:
    job = sh("job", f"head -c {3 * MIB} /dev/urandom > /tmp/out")
    job["outputs"] = {"artifacts": [artifact("x", "/tmp/out")]}
    result = execute(small_disk, workflow(job, NOOP, dag(call("a", "job"), call("b", "noop", depends="a.Errored"))))
    assert (result.phase_of("a"), result.phase_of("b")) == ("Error", "Succeeded")
    assert "No space left on device" in result.message_of("a")


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """A folder on a disk of 5 MiB."""
    import subprocess
    import sys

    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux may mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=5m", "none", disk], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip(f"mounting is not permitted: {mounted.stderr.decode()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_disk_full_of_logs_ends_no_run(small_disk: Path) -> None:
    """What the engine itself writes fails then: it says so, and goes on."""
    warnings: list[str] = []
    job = sh("job", f"head -c {20 * MIB} /dev/zero; true")
    result = execute(
        small_disk,
        workflow(job, NOOP, dag(call("a", "job"), call("b", "noop", depends="a.Succeeded || a.Failed"))),
        on_event=lambda event: warnings.append(event.message) if isinstance(event, Warned) else None,
    )
    assert (result.phase_of("b"), result.phase) == ("Succeeded", "Succeeded")
    assert any("can't be kept" in one or "can't be written" in one for one in warnings)


@pytest.mark.parametrize("script", ["true", "true {{inputs.parameters.x}}"])
def test_an_item_that_makes_the_name_of_a_pods_node_too_long(tmp_path: Path, script: str) -> None:
    """As a real controller of Argo 4.1.2 says it of the annotations, which have the node's name in them."""
    loop = {**call("one", x="{{item}}"), "withParam": "{{= toJson([sprig.repeat(263000, 'a'), 'b']) }}"}
    main = dag(loop)
    main["dag"]["failFast"] = False
    result = execute(tmp_path, workflow(sh("one", script, inputs=("x",)), main))
    (pod,) = [node for node in result.status["nodes"].values() if node["type"] == "Pod"]  # the other item gets none then
    kind = "ConfigMap" if "x" in script else "Pod"
    reason = f'{kind} "{pod["id"].replace("wf", "wf-one")}" is invalid: metadata.annotations: Too long'
    assert (pod["phase"], reason in pod["message"]) == ("Error", True)
