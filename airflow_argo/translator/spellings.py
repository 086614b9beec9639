"""Objects as Python text that makes them again."""

from __future__ import annotations

import ast
import sys
from types import ModuleType
from typing import Any


def importing(module: str) -> str:
    """An expression for a module."""
    return f"__import__('importlib').import_module({module!r})"


def imported(value: Any) -> str | None:
    """An expression for what a file imports; None if its name doesn't lead to it."""
    if isinstance(value, ModuleType):
        return importing(value.__name__) if sys.modules.get(value.__name__) is value else None
    module, name = getattr(value, "__module__", None), getattr(value, "__name__", "")
    known = isinstance(module, str) and getattr(sys.modules.get(module), name, None) is value
    return f"{importing(str(module))}.{name}" if known else None


def spelled(value: Any) -> str | None:
    """A literal for a value; None if its repr doesn't make it again."""
    try:
        text = repr(value)
        return text if ast.literal_eval(text) == value else None
    except Exception:  # noqa: BLE001 - whatever the author's __repr__ and __eq__ raise, or what goes too deep
        return None
