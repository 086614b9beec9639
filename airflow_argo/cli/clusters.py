"""The cluster, or the run, that the command line means."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_argo.runners.argo import ArgoRunner
    from airflow_argo.runners.run import Run

FAULTS = 3.0
"""Seconds that a server which isn't there is asked again: who sits before the terminal wants to know."""


def runner(options: Namespace) -> ArgoRunner:
    """A connection to it."""
    from airflow_argo.cluster import Patience
    from airflow_argo.runners.argo import ArgoRunner
    from airflow_argo.settings import load_settings

    namespace = options.namespace or load_settings()["namespace"]
    return ArgoRunner(options.kubeconfig, context=options.context, namespace=namespace, patience=Patience(faults=FAULTS))


def named_run(options: Namespace) -> Run:
    """The run of that name: on the cluster, or with `--local` on this machine.

    Raises:
        AirflowArgoError: there is none.
    """
    if options.local:
        from airflow_argo.runners.local_runs import find_run

        return find_run(options.name)
    return runner(options).find(options.name)
