"""What a user does by Airflow's REST API."""

from __future__ import annotations

import json
import urllib.request
from urllib.error import HTTPError
from urllib.parse import quote


class AirflowApi:
    """One Airflow. All ids are plain text."""

    def __init__(self, url):
        self.url, self._token = url, ""

    def call(self, method, path, body=None):
        """The answer, as JSON if it is that."""
        headers = {"Authorization": f"Bearer {self._login()}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read().decode()
        except HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()[:500]}") from None
        return json.loads(text) if text.startswith(("{", "[")) else text

    def _login(self):
        if not self._token:
            self._token = json.load(urllib.request.urlopen(f"{self.url}/auth/token", timeout=60))["access_token"]
        return self._token

    def trigger(self, dag_id, conf=None):
        """A new run. Returns its id."""
        return self.call("POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf or {}})["dag_run_id"]

    def run_ids(self, dag_id):
        return [run["dag_run_id"] for run in self.call("GET", f"/api/v2/dags/{dag_id}/dagRuns")["dag_runs"]]

    def run_state(self, dag_id, run_id):
        return self.call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id)}")["state"]

    def instances(self, dag_id="~", run_id="~"):
        """All task instances, as Airflow shows them."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id)}/taskInstances?limit=1000"
        return self.call("GET", path)["task_instances"]

    def xcom(self, dag_id, run_id, task_id, key="return_value", map_index=-1):
        """The value; None if there is none."""
        path = f"{self._instance(dag_id, run_id, task_id)}/xcomEntries/{key}?map_index={map_index}&deserialize=false"
        try:
            value = self.call("GET", path)["value"]
        except AssertionError as error:
            if ": 404 " in str(error):
                return None
            raise
        return json.loads(value) if isinstance(value, str) else value

    def mark(self, dag_id, task_id, state, run_id=None):
        """As the UI does."""
        run_id = run_id or self.run_ids(dag_id)[0]
        self.call("PATCH", self._instance(dag_id, run_id, task_id), {"new_state": state})

    def clear(self, dag_id, run_id, *task_ids, downstream=False):
        body = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": list(task_ids),
            "only_failed": False,
            "include_downstream": downstream,
            "reset_dag_runs": True,
        }
        self.call("POST", f"/api/v2/dags/{dag_id}/clearTaskInstances", body)

    def log(self, dag_id, run_id, task_id, try_number=1, map_index=-1):
        """The text of a try's log."""
        path = f"{self._instance(dag_id, run_id, task_id)}/logs/{try_number}?map_index={map_index}&full_content=true"
        return json.dumps(self.call("GET", path))

    def page(self, dag_id, run_id=None):
        """The provider's page for a run, the only one if none is named."""
        return self.call("GET", f"/argo/dags/{dag_id}/runs/{quote(run_id or self.run_ids(dag_id)[0])}")

    def _instance(self, dag_id, run_id, task_id):
        return f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id)}/taskInstances/{task_id}"
