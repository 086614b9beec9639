"""The Kubernetes API by Airflow's own KubernetesHook: how it reads kubeconfigs and finds its credentials is Airflow's.

A triggerer does without that hook (`light_kubernetes_api`): importing it takes 80 MB, several times what a thousand waits need.
The hook's asynchronous form is no way out: it takes the same, and knows neither `config_file` nor a pod's service account.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from airflow_argo.cluster.client import Api, Login, Patience, connect
from airflow_argo.cluster.config import DEFAULT_NAMESPACE, IN_CLUSTER_FOLDER, Connection, find_connection, is_in_pod
from airflow_argo.cluster.errors import ClusterError, ConfigurationError
from airflow_argo.hooks.connection import ArgoConnection

_POOL_SIZE = 256


def kubernetes_api(
    connection: ArgoConnection,
    namespace: str = "",
    patience: Patience | None = None,
    *,
    again: Callable[[], ArgoConnection] | None = None,
) -> Api:
    """A connection to the API server; nothing is sent yet.

    Args:
        connection: where, and who we are.
        namespace: instead of the connection's.
        patience: how long servers are waited for.
        again: looks the connection up anew, when its credentials are no longer accepted; by default it stays as it is, and only
            the files and login programs that it names are asked anew.

    Raises:
        ConfigurationError: the connection can't be used, or Airflow's Kubernetes provider isn't installed.
    """
    login = Login(_client(connection), lambda: _client(again() if again else connection))
    return Api(login, namespace or connection.namespace or _own_namespace(connection), patience)


def light_kubernetes_api(connection: ArgoConnection, namespace: str = "", patience: Patience | None = None) -> Api:
    """The same as `kubernetes_api`, with less in memory."""
    given = connection.kube_config or connection.kube_config_path or None

    def found() -> Connection:
        in_cluster = connection.in_cluster or (not given and is_in_pod(os.environ))
        made = find_connection(given, connection.cluster_context or None, in_cluster=in_cluster or None)
        if not connection.verify:
            made.configuration.verify_ssl = False
        return made

    first = found()
    return connect(first, namespace or connection.namespace or first.namespace, patience, again=found)


def _check(connection: ArgoConnection) -> None:
    """Look for what is usually wrong, so that it is said by name.

    Raises:
        ConfigurationError: a file that the connection names isn't there, or its context isn't in its kubeconfig.
    """
    place = f"connection '{connection.conn_id}'"
    path = connection.kube_config_path
    if path and not Path(path).is_file():
        cure = "give a file that workers and triggerers can read, or the kubeconfig's content as kube_config"
        raise ConfigurationError(place, f"there is no kubeconfig {path} here", cure)
    if connection.in_cluster and not (IN_CLUSTER_FOLDER / "token").is_file():
        cure = "give a kubeconfig, or give the pod a service account"
        raise ConfigurationError(place, "says in_cluster, and no service account is found here: is this a pod?", cure)
    if connection.kube_config and connection.cluster_context:
        names = [str(entry.get("name")) for entry in connection.kube_config.get("contexts") or ()]
        if connection.cluster_context not in names:
            cure = f"it has: {', '.join(names) or 'none'}"
            raise ConfigurationError(place, f"its kubeconfig has no context '{connection.cluster_context}'", cure)


def _client(connection: ArgoConnection) -> Any:
    _check(connection)
    try:
        return _hook(connection).get_conn()
    except ClusterError:
        raise
    except Exception as error:  # noqa: BLE001 - a border: whatever reading a kubeconfig may raise; its text may be secret
        reason = f"no connection can be made from it ({type(error).__name__})"
        raise ConfigurationError(
            f"connection '{connection.conn_id}'", reason, "check its kubeconfig, context and files"
        ) from None


def _hook(connection: ArgoConnection) -> Any:
    try:
        from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook
    except ImportError:
        raise ConfigurationError(
            f"connection '{connection.conn_id}'",
            "needs Airflow's Kubernetes provider",
            "install apache-airflow-providers-cncf-kubernetes, or give an Argo server's URL as host",
        ) from None
    return KubernetesHook(
        conn_id=None,
        kubernetes_conn_id=None,
        client_configuration=_configuration(connection),
        cluster_context=connection.cluster_context or None,
        config_file=connection.kube_config_path or None,
        config_dict=dict(connection.kube_config) if connection.kube_config else None,
        in_cluster=connection.in_cluster or None,
        disable_verify_ssl=not connection.verify or None,
    )


def _configuration(connection: ArgoConnection) -> Any:
    """A Configuration of its own, so that the package's default one stays as it is; in a pod the hook knows only that."""
    from kubernetes.client import Configuration

    if connection.in_cluster:
        return None
    configuration = Configuration()
    configuration.connection_pool_maxsize = _POOL_SIZE
    configuration.verify_ssl = connection.verify
    return configuration


def _own_namespace(connection: ArgoConnection) -> str:
    """The namespace of the kubeconfig's context, else that of our pod, else "default"."""
    if not connection.in_cluster and (found := _of_context(connection)):
        return found
    file = IN_CLUSTER_FOLDER / "namespace"
    return (file.read_text().strip() if file.is_file() else "") or DEFAULT_NAMESPACE


def _of_context(connection: ArgoConnection) -> str:
    if connection.kube_config:
        contexts = connection.kube_config.get("contexts") or []
        wanted = connection.cluster_context or connection.kube_config.get("current-context")
        return _namespace(next((entry for entry in contexts if entry.get("name") == wanted), None))
    from kubernetes.config import ConfigException, list_kube_config_contexts

    try:
        contexts, current = list_kube_config_contexts(connection.kube_config_path or None)
    except (ConfigException, TypeError):  # there is no kubeconfig, so the pod's service account is used
        return ""
    named = (entry for entry in contexts if entry["name"] == connection.cluster_context)
    return _namespace(next(named, None) if connection.cluster_context else current)


def _namespace(context: Mapping[str, Any] | None) -> str:
    return str(((context or {}).get("context") or {}).get("namespace") or "")
