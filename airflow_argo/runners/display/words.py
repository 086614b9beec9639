"""Signs, colours and times that both displays use."""

from __future__ import annotations

from datetime import datetime, timezone

from airflow_argo.runners.tree import StepRun

SIGNS = {
    "success": ("✔", "green"),
    "failed": ("✘", "red"),
    "skipped": ("○", "magenta"),
    "upstream_failed": ("◌", "yellow"),
    "running": ("●", "cyan"),
    "pending": ("·", "bright_black"),
}
"""State → sign and colour."""

PHASES = {"Succeeded": "success", "Failed": "failed", "Error": "failed", "Running": "running"}


def shown_seconds(seconds: float | None) -> str:
    """A time for people: `0.4s`, `12s`, `3m 05s`, `2h 10m`."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.1f}s".replace(".0s", "s")
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02}m"
    return f"{minutes}m {rest:02}s" if minutes else f"{rest}s"


def time_of(step: StepRun) -> str:
    """How long a step took, or has been going on."""
    if step.state in ("skipped", "upstream_failed", "pending") or step.started is None:
        return ""
    until = step.finished or datetime.now(timezone.utc)
    return shown_seconds((until - step.started).total_seconds())


def counts(tree: list[StepRun]) -> str:
    """How many steps are in which state: `4 success, 1 failed, 2 pending`."""
    found: dict[str, int] = {}
    for step in tree:
        found[step.state] = found.get(step.state, 0) + 1
    return ", ".join(f"{found[state]} {state.replace('_', ' ')}" for state in SIGNS if state in found)
