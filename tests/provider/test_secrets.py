"""Secrets, marked and put wherever they can be, are found nowhere else: neither in Airflow, its logs, nor in Kubernetes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.provider.airflow_processes import migrated
from tests.provider.made import made_by_airflow

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

MARK = "MARKED-SECRET"


@pytest.fixture
def airflow_home(tmp_path):
    """One of its own: other tests add connections to theirs."""
    return migrated(tmp_path, dags=Path(__file__).parent / "dags")


def around(secret, content):
    """Where it was found: what stands before it."""
    at = content.index(secret.encode())
    return content[max(at - 300, 0) : at]


def test_no_secret_gets_out(airflow_home, run_dag, controller, cluster, secrets, monkeypatch):
    monkeypatch.setitem(airflow_home, "AIRFLOW_VAR_API_TOKEN", f"{MARK}-of-a-variable")
    other = {"conn_type": "http", "login": "me", "password": f"{MARK}-of-a-connection"}
    monkeypatch.setitem(airflow_home, "AIRFLOW_CONN_OTHER", json.dumps(other))
    done = run_dag("secretive")

    refused = ("parameter", "env", "label", "function")
    assert {task: done["tasks"][task] for task in refused} == dict.fromkeys(refused, "failed"), done["log"][-4000:]
    assert done["tasks"]["reads"] == done["tasks"]["waits"] == "success"
    assert done["log"].count("keep it in a Kubernetes Secret") >= len(refused)
    made = made_by_airflow(cluster)
    assert {one.manifest["metadata"]["labels"]["airflow-argo.io/task-id"] for one in made} == {"reads"}

    home = Path(airflow_home["AIRFLOW_HOME"])
    written = {str(file): file.read_bytes() for file in home.rglob("*") if file.is_file()}
    written["output"] = json.dumps(done).encode()
    written["workflows"] = json.dumps([one.manifest for one in made]).encode()
    assert any(name.endswith("airflow.db") for name in written)
    for secret in (MARK, *secrets):
        assert {name: around(secret, content) for name, content in written.items() if secret.encode() in content} == {}
