"""Takes the pictures of docs/provider: an offloaded DAG in Airflow's own user interface, as a browser shows it.

Needs KUBECONFIG (an API server with Argo's CRDs) and chromium. Run by `make pictures`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from pathlib import Path
from urllib.parse import quote

import yaml

from airflow_argo.cluster.client import connect
from airflow_argo.cluster.config import find_connection
from airflow_argo.cluster.resources import NAMESPACES, Call
from tests.cluster.conftest import remove_namespace
from tests.provider.airflow_processes import AirflowProcesses
from tests.provider.double import EngineController

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "provider"
DAG_ID = "offloaded_sales"
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--hide-scrollbars", "--force-color-profile=srgb"),
)


def main() -> int:
    """Starts an Airflow, runs the sample DAG, and takes the pictures."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None or not os.environ.get("KUBECONFIG"):
        print("this needs chromium, and a cluster that KUBECONFIG names", file=sys.stderr)
        return 1
    admin = connect(find_connection(os.environ["KUBECONFIG"]), "default")
    namespace = f"pictures-{uuid.uuid4().hex[:6]}"
    admin.send(Call("create", NAMESPACES, ""), {"metadata": {"name": namespace}})
    try:
        with tempfile.TemporaryDirectory() as folder, EngineController(admin.in_namespace(namespace)):
            take(browser, Path(folder), namespace)
    finally:
        remove_namespace(admin, namespace)
    return 0


def take(browser: str, folder: Path, namespace: str) -> None:
    """The pictures of one run."""
    dags = folder / "dags"
    dags.mkdir()
    shutil.copy(ROOT / "dags" / "offloaded.py", dags)
    kubeconfig = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text())
    extra = {"namespace": namespace, "kube_config": kubeconfig, "ui_url": "https://argo.example.com"}
    with AirflowProcesses(home(folder), dags, {"argo_default": json.dumps({"conn_type": "argo", "extra": extra})}) as airflow:
        run_id = ended(airflow.url)
        run = f"{airflow.url}/dags/{DAG_ID}/runs/{quote(run_id, safe='')}"
        profile = f"--user-data-dir={folder / 'browser'}"
        command = [browser, *FLAGS, profile]
        login = f"{airflow.url}/auth/token/login"
        subprocess.run(
            [*command, "--dump-dom", "--virtual-time-budget=5000", login], check=True, capture_output=True, timeout=120
        )
        for name, url in {
            "grid": run,
            "page": f"{run}/plugin/argo",
            "link": f"{run}/tasks/submit/details",
        }.items():
            picture = TARGET / f"{name}.png"
            size = ("--window-size=1280,720", "--virtual-time-budget=25000", f"--screenshot={picture}")
            subprocess.run([*command, *size, url], check=True, capture_output=True, timeout=240)
            print(picture)


def home(folder: Path) -> dict[str, str]:
    """An Airflow home with a database, and the variables that point there."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "_AIRFLOW"))},
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_ARGO_IMAGE": "python:3.12-slim",
        "PYTHONPATH": str(ROOT),
    }
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], env=environment, check=True, capture_output=True)
    return environment


def ended(url: str, seconds: float = 600) -> str:
    """Waits until the DAG's first run has ended; its id."""
    token = json.load(urllib.request.urlopen(f"{url}/auth/token"))["access_token"]
    request = urllib.request.Request(f"{url}/api/v2/dags/{DAG_ID}/dagRuns", headers={"Authorization": f"Bearer {token}"})
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            runs = json.load(urllib.request.urlopen(request))["dag_runs"]
        except OSError:
            runs = []
        if runs and runs[0]["state"] in ("success", "failed"):
            return str(runs[0]["dag_run_id"])
        time.sleep(2)
    raise TimeoutError(f"{DAG_ID} hasn't run within {seconds:g} s")


if __name__ == "__main__":
    sys.exit(main())
