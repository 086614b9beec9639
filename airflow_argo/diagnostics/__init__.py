"""What can be wrong, and how it is said: places, diagnostics with stable codes, the error classes, exit codes.

Diagnostics and codes are loaded when they are first used: whoever writes workflows needs places and errors only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_argo.diagnostics.errors import AirflowArgoError, DefinitionError, DiagnosticsError, ExitCode, InputError
from airflow_argo.diagnostics.origin import Origin

if TYPE_CHECKING:
    from airflow_argo.diagnostics.codes import CODES, Code, code
    from airflow_argo.diagnostics.diagnostic import Diagnostic, Severity

__all__ = [
    "CODES",
    "AirflowArgoError",
    "Code",
    "DefinitionError",
    "Diagnostic",
    "DiagnosticsError",
    "ExitCode",
    "InputError",
    "Origin",
    "Severity",
    "code",
]

_HOMES = {"CODES": "codes", "Code": "codes", "code": "codes", "Diagnostic": "diagnostic", "Severity": "diagnostic"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
