"""The page of a run's workflows."""

import pytest

from airflow_argo.cluster import Snapshot
from airflow_argo.hooks.argo import ArgoHook
from airflow_argo.hooks.connection import ArgoConnection
from airflow_argo.plugins import page
from airflow_argo.plugins.page import make_app, page_of, section


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


@pytest.mark.parametrize(
    ("is_used", "status", "said"), [(True, 502, "is no JSON object"), (False, 200, "No task of this run has")]
)
def test_a_place_that_no_task_has_used_needs_no_connection(is_used, status, said, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_ARGO_DEFAULT", '{"conn_type": "argo", "extra": "no JSON"}')
    monkeypatch.setattr(page, "hooks_of_run", lambda *_: [ArgoHook()] * is_used)
    html, found = page_of("<d>", "r")
    assert (found, said in html, "<d>" in html) == (status, True, False)
