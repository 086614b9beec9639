"""What a connection of type `argo` says, read from Airflow's Connection."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from airflow_argo.cluster.errors import ConfigurationError
from airflow_argo.provider import CONNECTION_FIELDS

_YES, _NO = ("true", "1", "yes", "on"), ("false", "0", "no", "off", "")
_TEXTS = ("namespace", "token_file", "ca_file", "kube_config_path", "cluster_context", "ui_url")
_OLD_PREFIXES = ("extra__kubernetes__", "extra__argo__")
_EXAMPLE = """{"conn_type": "argo", "extra": {"namespace": "argo"}}, or as argo://?namespace=argo"""


@dataclass(frozen=True, slots=True)
class ArgoConnection:
    """Where Argo is, and who we are there. Secrets are not part of the repr.

    Attributes:
        conn_id: Airflow's id of the connection, for messages.
        namespace: "" is: the kubeconfig context's, or the pod's, or "default".
        server: the Argo server's URL; "" is: use the Kubernetes API.
        token: the Argo server's, or `Basic …`.
        token_file: a file with it, read anew for each request.
        kube_config: content of a kubeconfig.
        ui_url: the Argo UI's URL, without a slash at the end.
        remarks: about fields of a connection of type `argo` that mean nothing.
    """

    conn_id: str
    namespace: str = ""
    server: str = ""
    token: str = field(default="", repr=False)
    token_file: str = ""
    ca_file: str = ""
    verify: bool = True
    in_cluster: bool = False
    kube_config_path: str = ""
    kube_config: Mapping[str, Any] | None = field(default=None, repr=False)
    cluster_context: str = ""
    ui_url: str = ""
    remarks: tuple[str, ...] = ()

    @classmethod
    def of(cls, conn_id: str, connection: Any) -> ArgoConnection:
        """The facts of an Airflow Connection: of type `argo`, or of type `kubernetes`, whose fields are part of ours.

        Raises:
            ConfigurationError: a field can't be read, or two say different things.
        """
        _check_extra(connection.extra, conn_id)
        extra = _without_prefixes(connection.extra_dejson)
        texts = {name: _text(extra, name, conn_id) for name in _TEXTS}
        made = cls(
            conn_id=conn_id,
            **{name: text for name, text in texts.items() if name != "ui_url"},
            server=_server(connection, conn_id),
            token=(connection.password or "").strip(),
            verify=not _flag(extra, "disable_verify_ssl", conn_id),
            in_cluster=_flag(extra, "in_cluster", conn_id),
            kube_config=_kube_config(extra.get("kube_config"), conn_id),
            ui_url=url_of_ui(texts["ui_url"]),
            remarks=tuple(_remarks(extra)) if connection.conn_type == "argo" else (),
        )
        ways = {
            "host": made.server,
            "in_cluster": made.in_cluster,
            "kube_config_path": made.kube_config_path,
            "kube_config": made.kube_config,
        }
        if texts["ui_url"] and not made.ui_url:
            raise ConfigurationError(_place(conn_id), f"ui_url is {texts['ui_url']!r}", "give a URL: https://argo.example.com")
        given = [name for name, value in ways.items() if value]
        if not connection.conn_type and made == cls(conn_id):
            found = "has no type and nothing else that can be read"
            raise ConfigurationError(_place(conn_id), found, f"write it as {_EXAMPLE}")
        if len(given) > 1:
            raise ConfigurationError(_place(conn_id), f"has {' and '.join(given)}", "give one of them")
        return made


def check_is_not_given(conn_id: str) -> None:
    """Check, where Airflow knows no connection of an id, that nobody has given one by a variable.

    Raises:
        ConfigurationError: somebody has, in a form that Airflow can't read; to Airflow there is none then, which means another
            cluster.
    """
    variable = f"AIRFLOW_CONN_{conn_id.upper()}"
    if os.environ.get(variable, "").strip():  # its text may hold secrets
        raise ConfigurationError(_place(conn_id), f"{variable} can't be read as a connection", f"write it as {_EXAMPLE}")


def _check_extra(text: Any, conn_id: str) -> None:
    """Raises ConfigurationError: extra is no JSON object. To Airflow it is empty then, which means another cluster."""
    try:
        is_object = not text or not isinstance(text, str) or isinstance(json.loads(text), dict)
    except ValueError:
        is_object = False
    if not is_object:
        raise ConfigurationError(_place(conn_id), "its extra is no JSON object", 'write it as {"namespace": "argo"}')


def _without_prefixes(extra: Mapping[str, Any]) -> dict[str, Any]:
    """Extra's fields by their plain names: forms of Airflow before 2.3 put the type before them. A plain name comes first."""
    plain: dict[str, Any] = {}
    for key, value in sorted(extra.items(), key=lambda item: item[0].startswith(_OLD_PREFIXES)):
        prefix = next((prefix for prefix in _OLD_PREFIXES if key.startswith(prefix)), "")
        plain.setdefault(key[len(prefix) :], value)
    return plain


def _remarks(extra: Mapping[str, Any]) -> Iterator[str]:
    """About fields that aren't ours: a typo must not lead to another cluster in silence."""
    for key in sorted(extra.keys() - CONNECTION_FIELDS.keys()):
        near = get_close_matches(key.replace("-", "_"), CONNECTION_FIELDS, 1)
        yield f"its extra has '{key}', which means nothing{f'; did you mean {near[0]!r}?' if near else ''}"


def _text(extra: Mapping[str, Any], key: str, conn_id: str) -> str:
    value = extra.get(key)
    if isinstance(value, bool | list | dict) and value not in (False, [], {}):
        raise ConfigurationError(_place(conn_id), f"{key} is of type {type(value).__name__}", "give a text")
    return str(value or "").strip()


def url_of_ui(text: str) -> str:
    """The Argo UI's URL without a slash at the end; "" if it is none. Links of Airflow's UI lead there: it needs a scheme."""
    url = text.rstrip("/") if "://" in text or not text else f"https://{text.rstrip('/')}"
    return url if url.lower().startswith(("https://", "http://")) else ""


def _flag(extra: Mapping[str, Any], key: str, conn_id: str) -> bool:
    value = extra.get(key)
    text = "" if value is None else str(value).strip().lower()
    if text not in (*_YES, *_NO):
        raise ConfigurationError(_place(conn_id), f"{key} is {value!r}", "use true or false")
    return text in _YES


def _kube_config(value: Any, conn_id: str) -> Mapping[str, Any] | None:
    if not value:
        return None
    if isinstance(value, str):
        import yaml

        try:
            value = yaml.safe_load(value)
        except yaml.YAMLError:  # its text may hold secrets
            raise ConfigurationError(_place(conn_id), "kube_config is neither YAML nor JSON", "paste a kubeconfig") from None
    if not isinstance(value, Mapping):
        raise ConfigurationError(_place(conn_id), "kube_config is no kubeconfig", "paste a kubeconfig")
    return value


def _server(connection: Any, conn_id: str) -> str:
    """The Argo server's URL. In a connection that is written as a URI, scheme and port are fields of their own.

    Raises:
        ConfigurationError: it is none, or has credentials in it, which messages and links would show.
    """
    host = (connection.host or "").strip()
    if not host or connection.conn_type == "kubernetes":
        return ""
    cure = "give the Argo server's URL, such as https://argo.example.com:2746"
    if "@" in host:
        raise ConfigurationError(_place(conn_id), "its host has credentials in it", "give the token as password")
    try:
        url = urlsplit(host if "://" in host else f"{connection.schema or 'https'}://{host}")
        port = url.port or connection.port
    except ValueError:
        raise ConfigurationError(_place(conn_id), f"its host is {host!r}, which is no URL", cure) from None
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment or " " in host:
        raise ConfigurationError(_place(conn_id), f"its host is {host!r}, which is no URL of an Argo server", cure)
    place = url.netloc if url.port or not port else f"{url.netloc}:{port}"
    return f"{url.scheme}://{place}{url.path.rstrip('/').removesuffix('/api/v1')}"


def _place(conn_id: str) -> str:
    return f"connection '{conn_id}'"
