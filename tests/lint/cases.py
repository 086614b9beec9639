"""For each code a manifest that has the fault, with § before the place of it, and one that hasn't: cases/*.txt.

Most are the last template of a workflow that begins with `HEAD`; a whole document begins with `apiVersion`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HEAD = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: g-}
spec:
  entrypoint: main
  arguments: {parameters: [{name: p, value: v}]}
  templates:
  - {name: noop, suspend: {duration: "0"}}
  - {name: error, suspend: {duration: bad}}
  - name: job
    inputs: {parameters: [{name: x, default: d}]}
    container: {image: i, command: [c, "{{inputs.parameters.x}}"]}
    outputs: {parameters: [{name: r, valueFrom: {path: /tmp/r}}]}
  - {name: needy, inputs: {parameters: [{name: x}]}, container: {image: i, command: [c]}}
"""
MARK = "§"


@dataclass(frozen=True)
class Case:
    code: str
    bad: str
    good: str
    argo_version: str = "4.1"

    def __str__(self) -> str:
        return self.code


def whole(text: str) -> str:
    """The text of a manifest, still with its mark."""
    return text if "apiVersion" in text.split("---")[0] else HEAD + text


def unmarked(text: str) -> tuple[str, int, int]:
    """The text without its mark, and the line and column of it, from 1."""
    before, mark, after = text.partition(MARK)
    assert mark, "no mark"
    return before + after, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _read(path: Path) -> Iterator[Case]:
    for block in path.read_text(encoding="utf-8").split("=== ")[1:]:
        title, _, rest = block.partition("\n")
        code, _, version = title.partition(" ")
        bad, _, good = rest.partition(">>> good\n")
        yield Case(code, whole(bad), whole(good), version or "4.1")


def _tasks(count: int, mark: str = "") -> str:
    tasks = "".join(f"      - {{name: t{number}, template: noop}}\n" for number in range(count))
    return f"{HEAD}  - name: main\n    dag:\n      {mark}tasks:\n{tasks}"


def _document(spec: str, mark: str = "") -> str:
    return f"apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {{name: a}}\n{mark}spec:\n{spec}"


def _nested(levels: int, mark: str = "") -> str:
    groups = (f"  - {{name: t{one}, steps: [[{{name: a, template: t{one + 1}}}]]}}\n" for one in range(1, levels))
    return _document(f"  {mark}entrypoint: t1\n  templates:\n{''.join(groups)}  - {{name: t{levels}, suspend: {{}}}}\n")


def _large(size: int, mark: str = "") -> str:
    container = f"{{image: i, args: ['{'a' * size}']}}"
    return _document(f"  entrypoint: main\n  templates: [{{name: main, container: {container}}}]\n", mark)


CASES = [
    *(case for path in sorted((Path(__file__).parent / "cases").glob("*.txt")) for case in _read(path)),
    Case("AA334", _nested(100, MARK), _nested(99)),
    Case("AA409", _tasks(201, MARK), _tasks(200)),
    Case("AA410", _large(1024 * 1024, MARK), _large(1000 * 1024)),
]
