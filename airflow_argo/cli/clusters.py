"""The cluster, or the run, that the command line means."""

from __future__ import annotations

import warnings
from argparse import Namespace
from typing import TYPE_CHECKING

from airflow_argo.diagnostics import InputError

if TYPE_CHECKING:
    from airflow_argo.cluster import Cluster, Patience
    from airflow_argo.runners.argo import ArgoRunner
    from airflow_argo.runners.run import Run

FAULTS = 3.0
"""Seconds that a server which isn't there is asked again: who sits before the terminal wants to know."""


def runner(options: Namespace) -> ArgoRunner:
    """A connection to it: by a kubeconfig, or, of `airflow argo …`, by a connection of Airflow's.

    Raises:
        AirflowArgoError: it can't be used.
    """
    from airflow_argo.cluster import Patience
    from airflow_argo.runners.argo import ArgoRunner
    from airflow_argo.settings import load_settings

    warnings.filterwarnings("ignore", "Unverified HTTPS request")  # who turns the check off knows it, and kubectl says nothing
    namespace, patience = options.namespace or load_settings()["namespace"], Patience(faults=FAULTS)
    if conn_id := getattr(options, "conn_id", None):
        if options.kubeconfig or options.context:
            raise InputError("--conn-id says already where the cluster is", "leave out --kubeconfig and --context")
        return ArgoRunner.over(_connected(conn_id, namespace, patience))
    return ArgoRunner(options.kubeconfig, context=options.context, namespace=namespace, patience=patience)


def _connected(conn_id: str, namespace: str | None, patience: Patience) -> Cluster:
    from airflow_argo._compat import AirflowNotFoundException
    from airflow_argo.hooks.argo import ArgoHook

    try:
        return ArgoHook(conn_id, namespace, patience=patience).cluster
    except AirflowNotFoundException:
        raise InputError(f"Airflow has no connection '{conn_id}'", "`airflow connections list` shows what it has") from None


def named_run(options: Namespace) -> Run:
    """The run of that name: on the cluster, or with `--local` on this machine.

    Raises:
        AirflowArgoError: there is none.
    """
    if options.local:
        from airflow_argo.runners.local_runs import find_run

        return find_run(options.name)
    return runner(options).find(options.name)
