"""Airflow DAGs as Argo Workflows: translate them, write your own, run them here or on Kubernetes.

Names are loaded when they are first used, so that importing this package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_argo.diagnostics import AirflowArgoError as AirflowArgoError
    from airflow_argo.diagnostics import DefinitionError as DefinitionError
    from airflow_argo.diagnostics import Diagnostic as Diagnostic
    from airflow_argo.dsl.jobs import BaseJob as BaseJob
    from airflow_argo.dsl.jobs import ContainerJob as ContainerJob
    from airflow_argo.dsl.jobs import ResourceJob as ResourceJob
    from airflow_argo.dsl.jobs import Retry as Retry
    from airflow_argo.dsl.jobs import ScriptJob as ScriptJob
    from airflow_argo.dsl.jobs import config as config
    from airflow_argo.dsl.jobs import field as field
    from airflow_argo.dsl.jobs import secret as secret
    from airflow_argo.dsl.params import WorkflowInput as WorkflowInput
    from airflow_argo.dsl.params import WorkflowParam as WorkflowParam
    from airflow_argo.dsl.params import first_of as first_of
    from airflow_argo.dsl.params import run as run
    from airflow_argo.dsl.steps import Run_with as Run_with
    from airflow_argo.dsl.steps import else_ as else_
    from airflow_argo.dsl.steps import for_loop as for_loop
    from airflow_argo.dsl.steps import run_with as run_with
    from airflow_argo.dsl.steps import step as step
    from airflow_argo.dsl.steps import when as when
    from airflow_argo.dsl.steps import while_loop as while_loop
    from airflow_argo.dsl.workflow import Workflow as Workflow
    from airflow_argo.manifests import to_manifest as to_manifest
    from airflow_argo.manifests import to_yaml as to_yaml
    from airflow_argo.runners.argo import ArgoRunner as ArgoRunner
    from airflow_argo.runners.local import LocalRunner as LocalRunner
    from airflow_argo.runners.run import Run as Run
    from airflow_argo.translator.dags import translate as translate

__version__ = "0.1.0"

_HOMES = {
    "diagnostics": ["AirflowArgoError", "DefinitionError", "Diagnostic"],
    "dsl.jobs": ["BaseJob", "ContainerJob", "ResourceJob", "Retry", "ScriptJob", "config", "field", "secret"],
    "dsl.params": ["WorkflowInput", "WorkflowParam", "first_of", "run"],
    "dsl.steps": ["Run_with", "else_", "for_loop", "run_with", "step", "when", "while_loop"],
    "dsl.workflow": ["Workflow"],
    "manifests": ["to_manifest", "to_yaml"],
    "runners.argo": ["ArgoRunner"],
    "runners.local": ["LocalRunner"],
    "runners.run": ["Run"],
    "translator.dags": ["translate"],
}
_HOME = {name: f"{__name__}.{module}" for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
