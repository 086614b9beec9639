"""The colours of states: those of Airflow's UI.

Source: State.state_color in airflow/utils/state.py; areas are light or dark tints of them, so that text stays readable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from airflow_argo.graph.model import State


@dataclass(frozen=True, slots=True)
class Colour:
    """A state's: of the border as Airflow has it, and of the area behind dark text and behind light text."""

    line: str
    light: str
    dark: str


COLOURS: Mapping[State, Colour] = {
    State.SUCCESS: Colour("#008000", "#d9f2d9", "#0f3a14"),
    State.FAILED: Colour("#ff0000", "#ffdada", "#4d1212"),
    State.UPSTREAM_FAILED: Colour("#ffa500", "#ffecc8", "#4a3204"),
    State.SKIPPED: Colour("#ff69b4", "#ffe3f1", "#4a1832"),
    State.RUNNING: Colour("#00ff00", "#dcffdc", "#0c4a0c"),
    State.PENDING: Colour("#808080", "#e8e8e8", "#33363b"),
}
