"""The page of a run's workflows."""

import pytest

from airflow_argo.cluster import Snapshot
from airflow_argo.hooks.argo import ArgoHook
from airflow_argo.hooks.connection import ArgoConnection
from airflow_argo.plugins.page import make_app, section


def test_strangers_see_nothing(airflow_home, monkeypatch):
    monkeypatch.setenv("AIRFLOW_HOME", airflow_home["AIRFLOW_HOME"])
    testclient = pytest.importorskip("fastapi.testclient")
    from airflow.api_fastapi.app import create_auth_manager, init_auth_manager

    app = make_app()
    create_auth_manager()
    init_auth_manager(app)
    client = testclient.TestClient(app, raise_server_exceptions=False)
    assert client.get("/dags/d/runs/r").status_code in (401, 403)
    assert client.get("/dags/d/runs/r", headers={"Authorization": "Bearer x"}).status_code in (401, 403)


def test_what_others_wrote_is_escaped():
    evil = "<script>alert(1)</script>"
    meta = {"name": "w", "uid": "u", "annotations": {"airflow-argo.io/task-id": evil}, "labels": {}}
    connection = ArgoConnection("c", server="https://argo.example.com", namespace="n")
    html = section(
        evil,
        evil,
        [Snapshot({"metadata": meta, "status": {"phase": "Failed", "message": evil}})],
        ArgoHook(connection=connection),
    )
    assert evil not in html
    assert "https://argo.example.com/workflows/n/w?uid=u" in html
