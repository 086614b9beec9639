"""What Airflow is told about the package, by Airflow's own words; and its commands, as a user calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import airflow
import jsonschema
import pytest
from airflow.sdk import Connection

from airflow_argo.hooks.argo import ArgoHook
from airflow_argo.hooks.connection import ArgoConnection
from airflow_argo.provider import CONNECTION_FIELDS, get_provider_info

AIRFLOW = Path(airflow.__file__).parent
OF_A_RELEASE = {"state", "source-date-epoch", "versions"}
"""What only the file `provider.yaml` in Airflow's own repository has to have."""


def test_the_facts_have_airflows_shape():
    facts = get_provider_info()
    jsonschema.validate(facts, json.loads((AIRFLOW / "provider_info.schema.json").read_text()))
    schema = json.loads((AIRFLOW / "provider.yaml.schema.json").read_text())
    schema["required"] = [name for name in schema["required"] if name not in OF_A_RELEASE]
    jsonschema.validate(facts, schema)


def test_the_form_has_airflows_shape():
    schema = json.loads((AIRFLOW / "customized_form_field_behaviours.schema.json").read_text())
    behaviour = ArgoHook.get_ui_field_behaviour()
    jsonschema.validate(behaviour, schema)
    standard = {"host", "schema", "login", "password", "port", "extra"}
    assert set(behaviour["hidden_fields"]) | set(behaviour["relabeling"]) <= standard
    assert set(behaviour["placeholders"]) <= standard | set(CONNECTION_FIELDS)


def test_all_that_is_named_is_there():
    facts = get_provider_info()
    for kind in ("hooks", "operators", "sensors", "triggers"):
        for entry in facts[kind]:
            for module in entry["python-modules"]:
                import_module(module)
    names = [
        *(entry["class-name"] for entry in facts["task-decorators"]),
        *(entry["hook-class-name"] for entry in facts["connection-types"]),
        *facts["extra-links"],
        *facts["cli"],
    ]
    for name in names:
        module, _, attribute = name.rpartition(".")
        assert getattr(import_module(module), attribute)


@pytest.fixture(scope="module")
def command(airflow_home):
    def run(*words, **environment):
        call = [sys.executable, "-m", "airflow", *words]
        done = subprocess.run(
            call, env={**airflow_home, **environment}, capture_output=True, text=True, timeout=300, check=False
        )
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.slow
def test_airflow_lists_it(command):
    code, said = command("providers", "list", "-o", "json")
    assert code == 0, said
    assert "airflow-argo" in said
    code, said = command("providers", "hooks", "-o", "json")
    found = next(one for one in json.loads(said[said.index("[{") :]) if one["connection_type"] == "argo")
    assert found["class"] == "airflow_argo.hooks.argo.ArgoHook"
    assert found["package_name"] == "airflow-argo"
    code, said = command("providers", "get", "airflow-argo", "--full", "-o", "json")
    assert code == 0, said
    assert "external-doc-url" in said
    code, said = command("argo", "--help")
    assert code == 0, said
    assert {"translate", "submit", "list", "logs"} <= set(said.split())


@pytest.mark.parametrize(
    ("extra", "fields", "said"),
    [
        ({"kube_config_path": "/nowhere/config"}, {}, "there is no kubeconfig /nowhere/config here"),
        ({"in_cluster": True}, {}, "no service account is found here"),
        ({"in_cluster": True, "kube_config_path": "/x"}, {}, "in_cluster and kube_config_path"),
        ({"kube_config": {"contexts": [{"name": "a"}]}, "cluster_context": "b"}, {}, "has no context 'b'; it has: a"),
        ({}, {"host": "https://localhost:9", "password": "MARKED-SECRET"}, "connection refused (https://localhost:9"),
    ],
)
def test_a_connection_that_cant_be_used_says_why(extra, fields, said):
    found = Connection(conn_id="broken", conn_type="argo", extra=json.dumps(extra), **fields)
    hook = ArgoHook("broken")
    hook.get_connection = lambda _: found
    well, answer = hook.test_connection()
    assert not well
    assert said in answer
    assert "MARKED-SECRET" not in answer


@pytest.mark.cluster
def test_a_connection_to_a_namespace_that_isnt_there_cant_be_used(kubeconfig):
    found = ArgoConnection("c", namespace="not-there", kube_config_path=kubeconfig)
    well, answer = ArgoHook("c", connection=found).test_connection()
    assert not well
    assert "there is no namespace 'not-there'" in answer


@pytest.mark.slow
@pytest.mark.cluster
def test_a_connection_that_can_be_used_is_added_and_tested(command, connection):
    given = json.loads(connection)
    added = command("connections", "add", "mine", "--conn-type", "argo", "--conn-extra", json.dumps(given["extra"]))
    assert added[0] == 0, added[1]
    code, answer = command("connections", "test", "mine")
    assert code == 0, answer
    assert "Connection success!" in answer
