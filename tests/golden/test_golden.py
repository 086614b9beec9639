"""The engine ends every golden manifest as the real controller did."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from airflow_argo.diagnostics import ExitCode
from airflow_argo.local import InvalidManifest, Unsupported, load

from .play import NAME, Play
from .trace import trace

HERE = Path(__file__).parent
MANIFESTS = sorted(HERE.glob("*/*.yaml"))


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def recorded(path: Path) -> dict[str, Any]:
    return json.loads(path.with_suffix(".trace.json").read_text(encoding="utf-8"))


CLUSTERS = {"job", "job-fails"}
"""Of resource/, those that act on kinds which mean nothing without a cluster."""

OF_RIGHTS = {"forbidden"}
"""Here nobody is forbidden anything."""

RUNS = [path for path in MANIFESTS if path.parent.name != "hangs" and path.stem not in CLUSTERS | OF_RIGHTS]
HANGS = [path for path in MANIFESTS if path.parent.name == "hangs"]
AT_ONCE = 8


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Path, Future[Any]]]:
    """What the engine makes of each manifest that a selected test asks for: several at once, as some only wait."""
    items = (item for item in request.session.items if item.path == Path(__file__))
    paths = [item.callspec.params["path"] for item in items if "outcomes" in getattr(item, "fixturenames", ())]
    slow_first = sorted(paths, key=lambda path: path.parent.name not in ("timeout", "retry"))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {path: pool.submit(outcome, path, tmp_path_factory.mktemp(path.stem)) for path in slow_first}


def outcome(path: Path, folder: Path) -> dict[str, Any] | InvalidManifest:
    try:
        return Play(path, folder).run()
    except InvalidManifest as error:
        return error


@pytest.mark.parametrize("path", RUNS, ids=named)
def test_ends_as_on_argo(path: Path, outcomes: dict[Path, Future[Any]]) -> None:
    expected, found = recorded(path), outcomes[path].result()
    if not isinstance(found, InvalidManifest):
        assert trace(NAME, found) == expected
    elif found.rejected:
        for finding in found.diagnostics:
            assert finding.path in expected["rejected"]
            assert finding.message in expected["rejected"]
    else:
        assert {"phase": "Failed", "message": found.message, "nodes": {}} == expected


@pytest.mark.parametrize("path", HANGS, ids=named)
def test_ends_at_once_what_hangs_on_argo(path: Path, outcomes: dict[Path, Future[Any]]) -> None:
    assert recorded(path)["hangs"]
    status = outcomes[path].result()
    assert status["phase"] == "Error"
    reason = status["engine"]["hangs"][0]
    blamed = re.match(r"'([^']*)' waits for ever: ", reason)
    assert blamed is not None
    assert blamed[1] in {node["name"] for node in status["nodes"].values()} | set(_not_begun(path))
    assert status["message"] == "; ".join(status["engine"]["hangs"])


def _not_begun(path: Path) -> list[str]:
    """Tasks that have no node because their references never come."""
    (workflow,) = [document for document in yaml.safe_load_all(path.read_text(encoding="utf-8")) if document]
    tasks = (task["name"] for template in workflow["spec"]["templates"] for task in template.get("dag", {}).get("tasks", []))
    return [f"{NAME}.{task}" for task in tasks]


@pytest.mark.parametrize("path", [path for path in MANIFESTS if path.stem in CLUSTERS], ids=named)
def test_refuses_what_needs_a_cluster(path: Path) -> None:
    with pytest.raises(Unsupported) as caught:
        load(document for document in yaml.safe_load_all(path.read_text(encoding="utf-8")) if document)
    found = caught.value.to_json()
    assert re.fullmatch(r"spec\.templates\[\d+\]\.resource", found["unsupported"])
    assert "it acts on a cluster's Job, and there is none" in found["diagnostics"][0]["message"]
    assert caught.value.exit_code == ExitCode.UNSUPPORTED


def test_every_manifest_has_a_trace_and_a_test() -> None:
    assert len(MANIFESTS) >= 245
    assert all(path.with_suffix(".trace.json").exists() for path in MANIFESTS)
