"""The page to learn the DSL from: every block of it is run, and what it says happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from accepted import accept

from airflow_argo import Workflow, to_manifest

PAGE = Path(__file__).parents[2] / "docs" / "dsl.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)

RUNS = {
    "greeting": {"greet": ["hello world"]},
    "values": {"use": ["monday: 3 rows"]},
    "groups": {"show": ["data!"]},
    "script": {"hello": ["hello world"]},
    "loops": {"total": ["[9,16]"]},
    "game": {"tell": ["won"]},
    "training": {"done": ["loss: 10"]},
    "nightly": {},
}
"""Workflow → what its steps write."""


def defined(blocks):
    """What a block defines, after those that it continues."""
    found = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), found)
    return found


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_block_runs(number, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    first = number - 1 if "workflow" in BLOCKS[number] and "workflow =" not in BLOCKS[number] else number
    found = defined(BLOCKS[first : number + 1])
    if isinstance(found.get("workflow"), Workflow):
        accept(to_manifest(found["workflow"]))


@pytest.mark.parametrize("name", RUNS)
def test_workflows_do_what_the_page_says(name, go, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    block = next(block for block in BLOCKS if f'Workflow("{name}"' in block or f'Workflow(\n    "{name}"' in block)
    ran = go(defined([block])["workflow"])
    assert ran.phase == "Succeeded"
    for step, lines in RUNS[name].items():
        assert ran.lines(step) == lines


def test_every_workflow_of_the_page_is_run():
    assert re.findall(r"Workflow\(\s*\"(\w+)\"", "".join(BLOCKS)) == list(RUNS)


def test_every_setting_of_a_pod_is_named():
    from airflow_argo.dsl.kubernetes import FIELDS

    assert [name for name in FIELDS if f"`{name}`" not in PAGE.read_text()] == []


def test_the_message_is_the_one_on_the_page(capsys):
    defined([BLOCKS[-1]])
    said = capsys.readouterr().out.strip()
    shown = re.search(r"# FILE:LINE: (.*)", BLOCKS[-1])[1]
    assert said.endswith(f": {shown}")
