"""What Airflow is told about this package: the entry point `apache_airflow_provider`. Standard library only."""

from __future__ import annotations

from typing import Any, Final

DOCS: Final = "https://airflow-argo.readthedocs.io/provider/"

_TEXT: Final = {"type": ["string", "null"]}
_SECRET: Final = {"type": ["string", "null"], "format": "password"}
_FLAG: Final = {"type": ["boolean", "null"]}

CONNECTION_FIELDS: Final[dict[str, dict[str, Any]]] = {
    "namespace": {"label": "Namespace", "schema": _TEXT},
    "in_cluster": {"label": "In cluster configuration", "schema": _FLAG},
    "kube_config_path": {"label": "Kube config path", "schema": _TEXT},
    "kube_config": {"label": "Kube config (JSON or YAML)", "schema": _SECRET},
    "cluster_context": {"label": "Cluster context", "schema": _TEXT},
    "disable_verify_ssl": {"label": "Disable SSL verification", "schema": _FLAG},
    "ca_file": {"label": "CA file of the Argo server", "schema": _TEXT},
    "token_file": {"label": "File with the Argo server's token", "schema": _TEXT},
    "ui_url": {"label": "URL of the Argo UI", "schema": _TEXT},
}
"""The form's own fields: extra's keys. Those of Kubernetes are named as in Airflow's `kubernetes` connections."""

FIELD_BEHAVIOUR: Final[dict[str, Any]] = {
    "hidden-fields": ["schema", "login", "port"],
    "relabeling": {"host": "Argo server URL", "password": "Argo server token"},
    "placeholders": {
        "host": "empty: use the Kubernetes API",
        "ui_url": "https://argo.example.com",
        "namespace": "argo",
    },
}

_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "deployment": {
        "description": "Tells this Airflow from others that submit into the same namespaces.",
        "version_added": "0.1.0",
        "type": "string",
        "example": "production",
        "default": "",
    },
    "ui_url": {
        "description": "URL of the Argo UI, for links; a connection's own comes first.",
        "version_added": "0.1.0",
        "type": "string",
        "example": "https://argo.example.com",
        "default": "",
    },
}


def get_provider_info() -> dict[str, Any]:
    """The provider's facts, in the shape of Airflow's `provider_info.schema.json`."""
    return {
        "package-name": "airflow-argo",
        "name": "Argo Workflows",
        "description": "Airflow DAGs as Argo Workflows: submit, wait, offload.",
        "integrations": [{"integration-name": "Argo Workflows", "external-doc-url": DOCS, "tags": ["software"]}],
        "hooks": [{"integration-name": "Argo Workflows", "python-modules": ["airflow_argo.hooks.argo"]}],
        "operators": [{"integration-name": "Argo Workflows", "python-modules": ["airflow_argo.operators.argo"]}],
        "sensors": [{"integration-name": "Argo Workflows", "python-modules": ["airflow_argo.sensors.argo"]}],
        "triggers": [{"integration-name": "Argo Workflows", "python-modules": ["airflow_argo.triggers.argo"]}],
        "connection-types": [
            {
                "connection-type": "argo",
                "hook-class-name": "airflow_argo.hooks.argo.ArgoHook",
                "hook-name": "Argo Workflows",
                "conn-fields": CONNECTION_FIELDS,
                "ui-field-behaviour": FIELD_BEHAVIOUR,
            }
        ],
        "task-decorators": [{"name": "argo", "class-name": "airflow_argo.decorators.argo.argo_task"}],
        "cli": ["airflow_argo.cli.airflow_commands.get_cli_commands"],
        "extra-links": ["airflow_argo.links.argo.ArgoWorkflowLink", "airflow_argo.links.argo.ArgoRunLink"],
        "config": {"argo": {"description": "The Argo provider. Images and names are settings too.", "options": _OPTIONS}},
    }
