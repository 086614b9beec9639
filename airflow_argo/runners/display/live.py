"""A run as a tree that redraws itself: states, times, and the last lines of what failed."""

from __future__ import annotations

from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from airflow_argo.runners.display.words import PHASES, SIGNS, counts, time_of
from airflow_argo.runners.run import Progress
from airflow_argo.runners.tree import StepRun

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.tree import Tree

LAST_LINES = 5
MAX_CHILDREN = 12
_INTEREST = ("running", "failed", "upstream_failed", "success", "skipped", "pending")
REDRAWS_A_SECOND = 4


class LiveTree:
    """The tree on a terminal, for the time of a `with` block."""

    def __init__(self, name: str, stream: TextIO) -> None:
        from rich.console import Console
        from rich.live import Live

        self._name = name
        self._console: Console = Console(file=stream)
        self._lines: dict[str, deque[str]] = {}
        self._progress: Progress | None = None
        self._over = False
        self._live = Live(
            console=self._console,
            get_renderable=self._drawing,
            refresh_per_second=REDRAWS_A_SECOND,
            vertical_overflow="ellipsis",
        )

    def __enter__(self) -> LiveTree:
        self._live.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over = True
        self._live.__exit__(kind, error, trace)

    def show(self, progress: Progress) -> None:
        """Takes note of how the run stands; it is drawn some times a second, as the times of running steps go on."""
        self._progress = progress
        for line in progress.lines:
            self._lines.setdefault(line.step, deque(maxlen=LAST_LINES)).append(line.text)

    def _drawing(self) -> RenderableType:
        from rich.text import Text
        from rich.tree import Tree

        progress = self._progress
        if progress is None:
            return Text(f"· {self._name}", "bright_black")
        steps = progress.steps
        phase = str(progress.status.get("phase") or "Pending")
        sign, colour = SIGNS[PHASES.get(phase, "pending")]
        title = Text.assemble((f"{sign} {self._name} ", f"bold {colour}"), phase, (f"  {counts(steps)}", "bright_black"))
        tree = Tree(title, guide_style="bright_black")
        for step in steps:
            self._add(tree, step, step.id)
        return tree

    def _add(self, tree: Tree, step: StepRun, path: str) -> None:
        from rich.text import Text

        sign, colour = SIGNS[step.state]
        weight = "bold" if step.state == "failed" else ""
        label = Text.assemble((f"{sign} ", colour), (step.label, weight), (f"  {time_of(step)}", "bright_black"))
        branch = tree.add(label)
        shown = step.children if len(step.children) <= MAX_CHILDREN or self._over else _most_telling(step.children)
        for child in shown:
            self._add(branch, child, f"{path} / {child.id}")
        if len(shown) < len(step.children):
            branch.add(Text(f"… {len(step.children)} in all: {counts(step.children)}", "bright_black"))
        if step.state == "failed" and not step.children:
            self._add_reason(branch, step, path)

    def _add_reason(self, branch: Tree, step: StepRun, path: str) -> None:
        from rich.text import Text

        for line in self._lines.get(path, ()):
            branch.add(Text(line, "red", no_wrap=True, overflow="ellipsis"))
        if step.message:
            branch.add(Text(step.message, "red"))


def _most_telling(children: list[StepRun]) -> list[StepRun]:
    """Of many items those that go on, then those that failed, in their order."""
    by_interest = sorted(children, key=lambda child: _INTEREST.index(child.state))
    chosen = {id(child) for child in by_interest[:MAX_CHILDREN]}
    return [child for child in children if id(child) in chosen]
