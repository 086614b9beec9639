"""Where the cluster is and who we are there: kubeconfig files, a kubeconfig as a dict, or the service account of our own pod.

The search is kubectl's: the files of KUBECONFIG (missing ones are passed over; what an earlier file says wins), else
`~/.kube/config`, else the pod's service account. Source: client-go, tools/clientcmd (loader.go, client_config.go).

The kubernetes package gets a Configuration of its own for each connection: its default one is neither read nor set.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from airflow_argo.cluster.errors import ConfigurationError, bare_url

if TYPE_CHECKING:
    from kubernetes.client import Configuration

IN_CLUSTER_FOLDER: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
DEFAULT_NAMESPACE: Final = "default"
_LISTS: Final = {"clusters": "cluster", "users": "user", "contexts": "context"}
_PATHS: Final = {"clusters": ("certificate-authority",), "users": ("client-certificate", "client-key", "tokenFile")}


@dataclass(frozen=True, slots=True)
class Connection:
    """What a connection is made from.

    Attributes:
        configuration: the kubernetes package's, ready for an ApiClient; refreshes expiring tokens by itself.
        namespace: the context's, or that of our pod, or "default".
        source: the files or the thing that all that is from, for messages.
    """

    configuration: Configuration
    namespace: str
    source: str

    def __repr__(self) -> str:
        return f"Connection({bare_url(self.configuration.host)!r}, namespace={self.namespace!r}, source={self.source!r})"


def find_connection(
    kubeconfig: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    context: str | None = None,
    *,
    in_cluster: bool | None = None,
    environ: Mapping[str, str] | None = None,
) -> Connection:
    """The connection that the arguments, the environment and the usual files give.

    Args:
        kubeconfig: a path, several with the path separator between, or the content as a dict; None searches as kubectl does.
        context: another than the current one.
        in_cluster: True: our pod's service account and nothing else; False: never that; None: where there is no kubeconfig.
        environ: instead of the process's environment.

    Raises:
        ConfigurationError: no usable configuration; the message names the file and what it lacks.
    """
    environ = os.environ if environ is None else environ
    if in_cluster:
        return _in_cluster(environ)
    if isinstance(kubeconfig, Mapping):
        return _from_content(kubeconfig, context, "the given kubeconfig")
    paths = _candidates(kubeconfig, environ)
    present = [path for path in paths if path.is_file()]
    if present:
        content = merged([_absolute(_read(path), path.parent) for path in present])
        if kubeconfig or context or in_cluster is False or content["contexts"] or content["clusters"]:
            return _from_content(content, context, ", ".join(map(str, present)))
    if kubeconfig or context or in_cluster is False or not is_in_pod(environ):
        looked = ", ".join(map(str, paths)) or "nothing"
        raise ConfigurationError(
            "no kubeconfig", f"looked for {looked}", "set KUBECONFIG, pass kubeconfig=, or run in a pod with a service account"
        )
    return _in_cluster(environ)


def _candidates(kubeconfig: str | os.PathLike[str] | None, environ: Mapping[str, str]) -> list[Path]:
    text = os.fspath(kubeconfig) if kubeconfig else environ.get("KUBECONFIG") or "~/.kube/config"
    return [Path(part).expanduser() for part in text.split(os.pathsep) if part]


def _read(path: Path) -> dict[str, Any]:
    import yaml

    try:
        content = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(str(path), f"can't be read: {error.strerror}", "check its owner and mode") from None
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)  # the rest of the text may be a secret
        where = "" if line is None else f" (line {line + 1})"
        raise ConfigurationError(str(path), f"is no YAML{where}", "repair it; `kubectl config view` shows the same") from None
    if content is None:
        content = {}
    if not isinstance(content, dict):
        raise ConfigurationError(str(path), "is no kubeconfig", "a kubeconfig is a mapping with clusters, users and contexts")
    return content


def _absolute(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The same with the paths in it made absolute: they are relative to the file that names them."""
    result = dict(content)
    for section, keys in _PATHS.items():
        entries = []
        for entry in content.get(section) or ():
            inner = dict(entry.get(_LISTS[section]) or {})
            inner |= {key: str(folder / inner[key]) for key in keys if inner.get(key)}
            entries.append({**entry, _LISTS[section]: inner})
        result[section] = entries
    return result


def merged(contents: list[dict[str, Any]]) -> dict[str, Any]:
    """One kubeconfig of several: for each name, and for the current context, the first file that says something wins."""
    result: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", "current-context": ""}
    for section in _LISTS:
        named: dict[str, Any] = {}
        for content in contents:
            for entry in content.get(section) or ():
                named.setdefault(str(entry.get("name")), entry)
        result[section] = list(named.values())
    result["current-context"] = next((name for content in contents if (name := content.get("current-context"))), "")
    return result


def _from_content(content: Mapping[str, Any], context: str | None, source: str) -> Connection:
    """A connection from a merged kubeconfig; what it lacks is said before the kubernetes package sees it."""
    name = context or content.get("current-context")
    if not name:
        raise ConfigurationError(source, "has no current context", f"pass context=, one of: {_names(content, 'contexts')}")
    chosen = _entry(content, "contexts", name, source, f"use one of: {_names(content, 'contexts')}")
    cluster = _entry(content, "clusters", chosen.get("cluster"), source, f"repair the context '{name}'")
    user = _entry(content, "users", chosen["user"], source, f"repair the context '{name}'") if chosen.get("user") else {}
    if not cluster.get("server"):
        raise ConfigurationError(source, f"the cluster '{chosen.get('cluster')}' has no server", "add its URL as `server`")
    configuration = _load(content, name, source)
    if "exec" in user and not (configuration.api_key or configuration.cert_file):
        command = (user["exec"] or {}).get("command")
        raise ConfigurationError(source, f"the login program '{command}' gave no credentials", "run it by hand to see why")
    if cluster.get("proxy-url"):
        configuration.proxy = cluster["proxy-url"]  # the kubernetes package passes over it
    if user.get("tokenFile") and not user.get("token"):
        _follow_token_file(configuration, Path(user["tokenFile"]))
    return Connection(configuration, chosen.get("namespace") or DEFAULT_NAMESPACE, f"{source}, context '{name}'")


def _entry(content: Mapping[str, Any], section: str, name: Any, source: str, cure: str) -> dict[str, Any]:
    for entry in content.get(section) or ():
        if entry.get("name") == name:
            return dict(entry.get(_LISTS[section]) or {})
    raise ConfigurationError(source, f"has no {_LISTS[section]} '{name}'", cure)


def _names(content: Mapping[str, Any], section: str) -> str:
    return ", ".join(f"'{entry.get('name')}'" for entry in content.get(section) or ()) or "there is none"


def _load(content: Mapping[str, Any], context: str, source: str) -> Configuration:
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException
    from kubernetes.config.kube_config import load_kube_config_from_dict

    configuration = Configuration()
    try:
        load_kube_config_from_dict(dict(content), context=context, client_configuration=configuration, persist_config=False)
    except ConfigException as error:
        raise ConfigurationError(source, str(error), "repair it; `kubectl config view` shows the same") from None
    except (OSError, ValueError) as error:  # a file that it names, or base64 that is none
        reason = error.strerror if isinstance(error, OSError) else "a certificate or key in it is no base64"
        raise ConfigurationError(
            source, f"can't be used: {reason}", "check the files and data that the context names"
        ) from None
    return configuration


def _follow_token_file(configuration: Configuration, path: Path) -> None:
    """Read the token anew for each request: the kubernetes package reads it once, though such tokens live for an hour."""

    def read_again(current: Configuration) -> None:
        for key in current.api_key:
            current.api_key[key] = f"Bearer {path.read_text().strip()}"

    configuration.refresh_api_key_hook = read_again


def is_in_pod(environ: Mapping[str, str]) -> bool:
    """Whether we run in a pod that has a service account."""
    return bool(environ.get("KUBERNETES_SERVICE_HOST")) and (IN_CLUSTER_FOLDER / "token").is_file()


def _in_cluster(environ: Mapping[str, str]) -> Connection:
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException
    from kubernetes.config.incluster_config import InClusterConfigLoader

    configuration = Configuration()
    loader = InClusterConfigLoader(
        token_filename=str(IN_CLUSTER_FOLDER / "token"), cert_filename=str(IN_CLUSTER_FOLDER / "ca.crt"), environ=environ
    )
    try:
        loader.load_and_set(configuration)
    except ConfigException as error:
        cure = "run in a pod with a mounted service account token, or use a kubeconfig"
        raise ConfigurationError("in-cluster configuration", str(error), cure) from None
    namespace_file = IN_CLUSTER_FOLDER / "namespace"
    namespace = namespace_file.read_text().strip() if namespace_file.is_file() else ""
    return Connection(configuration, namespace or DEFAULT_NAMESPACE, "the pod's service account")
