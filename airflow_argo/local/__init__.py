"""The embedded engine: Argo manifests without a cluster, with Argo's results.

program = load(documents)
status = Engine(program, parameters={"date": "2026-01-01"}).run(print)
"""

from airflow_argo.local.clock import Clock, JumpingClock, SystemClock
from airflow_argo.local.control import send_command
from airflow_argo.local.engine import DEFAULT_PROCESSES, ISOLATIONS, Engine, resume_from
from airflow_argo.local.errors import (
    EngineFailure,
    Interrupted,
    InvalidManifest,
    NotRunning,
    RunExists,
    RunIsGoingOn,
    RunNotFound,
    Unsupported,
)
from airflow_argo.local.events import Event, LogLine, NodeChanged, Warned, WorkflowChanged
from airflow_argo.local.folder import default_folder, is_going_on
from airflow_argo.local.logs import LogTail, read_logs
from airflow_argo.local.program import Program, load
from airflow_argo.local.restart import restart

__all__ = [
    "DEFAULT_PROCESSES",
    "ISOLATIONS",
    "Clock",
    "Engine",
    "EngineFailure",
    "Event",
    "Interrupted",
    "InvalidManifest",
    "JumpingClock",
    "LogLine",
    "LogTail",
    "NodeChanged",
    "NotRunning",
    "Program",
    "RunExists",
    "RunIsGoingOn",
    "RunNotFound",
    "SystemClock",
    "Unsupported",
    "Warned",
    "WorkflowChanged",
    "default_folder",
    "is_going_on",
    "load",
    "read_logs",
    "restart",
    "resume_from",
    "send_command",
]
