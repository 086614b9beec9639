"""The page of a run's workflows where Airflow 2's webserver shows it, and the button that leads there."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

PROGRAM = """
from types import SimpleNamespace

from airflow.utils import db
from airflow.www.app import create_app

from airflow_argo.links.argo import LINKS

db.initdb()
app = create_app(testing=True)
app.config["WTF_CSRF_ENABLED"] = False
client = app.test_client()
key = SimpleNamespace(dag_id="d", run_id="manual__2024-01-01T00:00:00+00:00")
(page,) = [one.get_link(None, ti_key=key) for one in LINKS if type(one).__name__ == "ArgoRunLink"]
assert page.startswith("http://airflow.example.com/argo/"), page
page = page.removeprefix("http://airflow.example.com")
answer = client.get(page)
assert (answer.status_code, "/login/" in answer.headers["Location"]) == (302, True), answer
users = app.appbuilder.sm
for name, role, status in (("nobody", "Public", 403), ("admin", "Admin", 200)):
    users.add_user(name, name, name, f"{name}@example.com", users.find_role(role), name)
    client = app.test_client()
    client.post("/login/", data={"username": name, "password": name})
    answer = client.get(page)
    assert answer.status_code == status, (name, answer.status_code, answer.text[-300:])
assert "manual__2024-01-01T00:00:00+00:00" in answer.text
assert "No task of this run has submitted a workflow" in answer.text
"""


@pytest.mark.skipif(not version("apache-airflow").startswith("2."), reason="Airflow 3 has an API server")
def test_whoever_may_see_the_run_may_see_its_page(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__WEBSERVER__SECRET_KEY": "tests",
        "AIRFLOW__WEBSERVER__SESSION_BACKEND": "securecookie",
        "AIRFLOW__WEBSERVER__BASE_URL": "http://airflow.example.com",
        "AIRFLOW_CONN_ARGO_DEFAULT": '{"conn_type": "argo", "host": "https://127.0.0.1:1", "extra": {"namespace": "n"}}',
    }
    environment.pop("_AIRFLOW__AS_LIBRARY", None)  # where other tests have loaded DAGs
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
