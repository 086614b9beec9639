"""`airflow-argo lint`: what it reads, what it prints, and what it ends with."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from airflow_argo.cli.program import run
from airflow_argo.diagnostics import ExitCode

from .cases import HEAD

GOOD = HEAD + "  - {name: main, suspend: {duration: '0'}}\n"
WARNED = HEAD + "  - {name: main, suspend: {duration: 5 minutes}}\n"
BAD = HEAD + "  - {name: main, dag: {tasks: [{name: a, template: elsewhere}]}}\n"
LINE = HEAD.count("\n") + 1


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("good.yaml", GOOD), ("warned.yml", WARNED), ("bad.yaml", BAD), ("broken.yaml", "a: [")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["good.yaml"], ExitCode.OK),
        (["warned.yml"], ExitCode.OK),
        (["warned.yml", "--strict"], ExitCode.REFUSED),
        (["good.yaml", "bad.yaml"], ExitCode.REFUSED),
        (["broken.yaml"], ExitCode.BAD_INPUT),
        (["nothing.yaml"], ExitCode.BAD_INPUT),
        ([], ExitCode.BAD_INPUT),
        (["--explain", "aa301"], ExitCode.OK),
        (["--explain", "AA999"], ExitCode.BAD_INPUT),
    ],
)
def test_exit_codes(files: Path, arguments: list[str], code: ExitCode) -> None:
    assert run(["lint", *arguments]) == code


def test_text_has_place_code_message_and_cure(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["lint", "bad.yaml"])
    out = capsys.readouterr().out
    path = "spec.templates[4].dag.tasks[0].template"
    assert f"bad.yaml:{LINE}:42 {path}: error AA306: there is no template 'elsewhere'; add it to the templates" in out
    assert out.endswith("1 file: 1 error\n")


def test_folder_is_read_with_what_is_inside(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "broken.yaml").unlink()
    (files / "inner").mkdir()
    (files / "inner" / "other.yaml").write_text(WARNED, encoding="utf-8")
    run(["lint", "."])
    assert capsys.readouterr().out.endswith("4 files: 1 error, 2 warnings\n")


def test_nothing_found_is_said(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["lint", "good.yaml"])
    assert capsys.readouterr().out == "1 file: nothing found\n"


def test_stdin(files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(BAD))
    assert run(["lint", "-"]) == ExitCode.REFUSED
    assert capsys.readouterr().out.startswith(f"<stdin>:{LINE}:")


def test_json(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["lint", "-o", "json", "bad.yaml", "warned.yml"])
    found = json.loads(capsys.readouterr().out)
    assert (found["files"], found["errors"], found["warnings"]) == (2, 1, 1)
    assert found["findings"][0] == {
        "code": "AA306",
        "severity": "error",
        "message": "there is no template 'elsewhere'",
        "cure": "add it to the templates",
        "file": "bad.yaml",
        "line": LINE,
        "column": 42,
        "path": "spec.templates[4].dag.tasks[0].template",
    }


def test_github_commands_are_escaped(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "a,b:100%.yaml"
    (files / name).write_text(WARNED.replace("5 minutes", '"5 %\\n"'), encoding="utf-8")
    run(["lint", "-o", "github", name, "bad.yaml"])
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"::warning file=a%2Cb%3A100%25.yaml,line={LINE},col=28,title=AA422 no duration::spec.templates[4]")
    assert "'5 %25%0A' is no duration" in first
    assert second.startswith(f"::error file=bad.yaml,line={LINE},col=42,title=AA306 no such template::")


def test_version_is_chosen(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "new.yaml").write_text(HEAD + "  - {name: main, pendingTimeout: 3s, container: {image: i}}\n", encoding="utf-8")
    assert run(["lint", "new.yaml"]) == ExitCode.OK
    assert run(["lint", "new.yaml", "--argo-version", "3.7"]) == ExitCode.REFUSED


@pytest.mark.cluster
def test_cluster_gives_the_schema(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import os

    if not os.environ.get("KUBECONFIG"):
        pytest.skip("needs a cluster with Argo's full CRDs")
    assert run(["lint", "--cluster", "good.yaml"]) == ExitCode.OK
    (files / "typo.yaml").write_text(GOOD.replace("entrypoint", "priority: 1\n  entrypointt"), encoding="utf-8")
    assert run(["lint", "--cluster", "typo.yaml"]) == ExitCode.REFUSED
    assert "AA402: there is no field 'entrypointt'; did you mean 'entrypoint'?" in capsys.readouterr().out
