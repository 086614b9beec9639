"""The cluster that the command line means."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_argo.runners.argo import ArgoRunner


def runner(options: Namespace) -> ArgoRunner:
    """A connection to it."""
    from airflow_argo.runners.argo import ArgoRunner
    from airflow_argo.settings import load_settings

    namespace = options.namespace or load_settings()["namespace"]
    return ArgoRunner(options.kubeconfig, context=options.context, namespace=namespace)
