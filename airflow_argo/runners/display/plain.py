"""A run in plain lines: one when a step begins, one when it ends, and what it writes in between."""

from __future__ import annotations

from typing import TextIO

from airflow_argo.runners.display.words import SIGNS, counts, time_of
from airflow_argo.runners.run import Progress
from airflow_argo.runners.tree import StepRun


class PlainLines:
    """Writes what has changed since the last time."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._states: dict[str, str] = {}
        self._last: Progress | None = None

    def show(self, progress: Progress) -> None:
        """Writes the changes."""
        self._last = progress
        for line in progress.lines:
            self._write(f"{line.step} | {line.text}")
        for step in progress.steps:
            self._show_step(step, step.id)

    def end(self) -> None:
        """Writes how the run ended."""
        if self._last is not None:
            message = self._last.status.get("message")
            phase = self._last.status.get("phase")
            self._write(f"{phase}: {counts(self._last.steps)}" + (f" ({message})" if message else ""))

    def _show_step(self, step: StepRun, path: str) -> None:
        before = self._states.get(path, "pending")
        if step.state != before:
            self._states[path] = step.state
            self._write_state(step, path)
        for child in step.children:
            self._show_step(child, f"{path} / {child.id}")

    def _write_state(self, step: StepRun, path: str) -> None:
        sign, _ = SIGNS[step.state]
        time = time_of(step) if step.state in ("success", "failed") else ""
        reason = f": {step.message}" if step.state == "failed" and step.message and not step.children else ""
        name = f" {step.name}" if step.name else ""
        self._write(f"{sign} {path}{name} {step.state.replace('_', ' ')}" + (f" {time}" if time else "") + reason)

    def _write(self, text: str) -> None:
        self._stream.write(text + "\n")
        self._stream.flush()
