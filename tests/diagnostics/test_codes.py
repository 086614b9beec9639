"""The table of codes, and exit codes, against what the code and the docs say."""

import re
from pathlib import Path

from airflow_argo.diagnostics import CODES, Diagnostic, ExitCode, Origin, Severity

ROOT = Path(__file__).parents[2]


def test_the_table_has_every_code_that_is_used_and_no_other():
    used = set()
    for path in (ROOT / "airflow_argo").rglob("*.py"):
        if "diagnostics/codes" not in path.as_posix():
            used |= set(re.findall(r"\bAA\d{3}\b", path.read_text(encoding="utf-8")))
    assert used == set(CODES)


def test_every_code_explains_itself():
    for code, entry in CODES.items():
        assert code == entry.id
        assert entry.title
        assert entry.explanation.endswith((".", "`", "\n"))


def test_exit_codes_are_documented():
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    documented = {int(number) for number in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    assert documented == {int(code) for code in ExitCode}


def test_a_finding_says_place_code_message_and_cure():
    finding = Diagnostic(
        code="AA203", message="m", cure="c", severity=Severity.WARNING, origin=Origin("a.py", 3, 5), path="task 'x'"
    )
    assert str(finding) == "a.py:3:5 task 'x': warning AA203: m; c"
    assert finding.to_json() == {
        "code": "AA203", "severity": "warning", "message": "m", "cure": "c", "file": "a.py", "line": 3, "column": 5,
        "path": "task 'x'",
    }  # fmt: skip
