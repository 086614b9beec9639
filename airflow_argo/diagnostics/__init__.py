"""What can be wrong, and how it is said: places, diagnostics with stable codes, the error classes, exit codes."""

from airflow_argo.diagnostics.codes import CODES, Code, code
from airflow_argo.diagnostics.diagnostic import Diagnostic, Origin, Severity
from airflow_argo.diagnostics.errors import AirflowArgoError, DefinitionError, DiagnosticsError, ExitCode, InputError

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
