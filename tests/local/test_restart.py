"""A run that has ended is taken back to where a part of it runs again; what an engine says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from airflow_argo.local import Engine, RunIsGoingOn, RunNotFound, load, restart, resume_from
from airflow_argo.local.folder import RunFolder

from .manifests import NAME, NOOP, Result, call, dag, execute, sh, workflow


@pytest.fixture
def outside() -> Iterator[Path]:
    """A folder that tasks see too: not below /tmp, which each has for itself."""
    with TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


def counting(outside: Path) -> dict[str, Any]:
    """`a` counts its runs; `b` fails the first time; `c` comes after both."""
    count = sh("count", f"echo x >> {outside}/count; wc -l < {outside}/count > /tmp/p", outputs={"p": "/tmp/p"})
    second = sh("second", f"test -e {outside}/been || {{ touch {outside}/been; exit 3; }}")
    use = sh("use", "echo {{inputs.parameters.v}} > /tmp/p", inputs=("v",), outputs={"p": "/tmp/p"})
    tasks = (
        call("a", "count"),
        call("b", "second", depends="a"),
        call("c", "use", depends="b", v="{{tasks.a.outputs.parameters.p}}"),
    )
    return workflow(count, second, use, dag(*tasks))


def kept(status: dict[str, Any], *names: str) -> dict[str, Any]:
    """The nodes of these names as they are, and the workflow's own as one that runs."""
    nodes = {node["name"]: node for node in status["nodes"].values()}
    found = {nodes[f"{NAME}.{name}"]["id"]: nodes[f"{NAME}.{name}"] for name in names}
    return found | {nodes[NAME]["id"]: {**nodes[NAME], "phase": "Running", "message": ""}}


def test_what_stays_is_not_run_again(outside: Path, tmp_path: Path) -> None:
    first = execute(tmp_path, counting(outside))
    assert (first.phase, first.phase_of("b"), first.phase_of("c")) == ("Failed", "Failed", "Omitted")
    restart(first.folder, kept(first.status, "a"))
    assert not (first.folder / "status.json").exists()
    again = Result(resume_from(first.folder).run(), first.folder)
    assert again.phase == "Succeeded", again.status
    assert (again.output("a", "p"), again.output("c", "p")) == ("1", "1")
    assert (outside / "count").read_text() == "x\n"


def test_what_is_gone_runs_again(outside: Path, tmp_path: Path) -> None:
    first = execute(tmp_path, counting(outside))
    restart(first.folder, kept(first.status))
    again = Result(resume_from(first.folder).run(), first.folder)
    assert (again.phase, again.output("a", "p")) == ("Succeeded", "2")


def test_what_runs_again_runs_as_it_is_written_now(outside: Path, tmp_path: Path) -> None:
    first = execute(tmp_path, counting(outside))
    (outside / "been").unlink()
    fixed = counting(outside)
    fixed["metadata"]["name"] = NAME
    fixed["spec"]["templates"] = [
        one if one["name"] != "second" else sh("second", "exit 0") for one in fixed["spec"]["templates"]
    ]
    restart(first.folder, kept(first.status, "a"), load([fixed]))
    again = Result(resume_from(first.folder).run(), first.folder)
    assert (again.phase, again.output("a", "p")) == ("Succeeded", "1")
    assert not (outside / "been").exists()


def test_a_restarted_run_can_break_off_and_be_resumed(outside: Path, tmp_path: Path) -> None:
    first = execute(tmp_path, counting(outside))
    restart(first.folder, kept(first.status, "a"))
    journal = first.folder / "journal.jsonl"
    whole = journal.read_text()
    resume_from(first.folder).run()
    journal.write_text(journal.read_text()[: len(whole) + 20])
    assert resume_from(first.folder).run()["phase"] == "Succeeded"


def test_a_run_that_goes_on_is_left_alone(tmp_path: Path) -> None:
    first = execute(tmp_path, workflow(NOOP))
    before = (first.folder / "journal.jsonl").read_text()
    place = RunFolder(first.folder)
    place.take()
    try:
        with pytest.raises(RunIsGoingOn):
            restart(first.folder, {})
    finally:
        place.give_back()
    assert (first.folder / "journal.jsonl").read_text() == before


def test_there_is_nothing_to_restart(tmp_path: Path) -> None:
    with pytest.raises(RunNotFound):
        restart(tmp_path, {})


def test_an_engine_tells_its_workflow_and_how_it_stands(tmp_path: Path) -> None:
    manifest = workflow(NOOP, arguments={"parameters": [{"name": "p", "value": "1"}]})
    engine = Engine(load([manifest]), name="other", parameters={"p": "2"}, folder=tmp_path / "run")
    assert engine.workflow["metadata"]["name"] == "other"
    assert engine.workflow["spec"]["arguments"]["parameters"] == [{"name": "p", "value": "2"}]
    assert engine.status == {"progress": "0/0", "nodes": {}, "engine": {}}
    ended = engine.run()
    assert engine.status["phase"] == ended["phase"] == "Succeeded"
    assert engine.status["nodes"] == ended["nodes"]
