"""The manifests in the pages about schedules and limits are those that DAGs give."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.settings import load_settings
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment

prepare_environment()

PAGES = Path(__file__).parents[2] / "docs" / "operators"


def blocks(page: str, language: str = "yaml") -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (PAGES / page).read_text(), re.DOTALL)


@pytest.fixture
def compiled(tmp_path: Path) -> Any:
    def made(dag: str, task: str = "", **flags: str) -> Any:
        file = tmp_path / "dag.py"
        file.write_text(
            "import pendulum\nfrom datetime import timedelta\nfrom airflow.sdk import DAG, CronTriggerTimetable\n"
            "from airflow.providers.standard.operators.bash import BashOperator\n"
            f"with DAG('daily', {dag}):\n    BashOperator(task_id='load', bash_command='true', {task})\n"
        )
        return compile_workflow(translate(load_dags(file)[0], settings=load_settings(file, flags, {})).required())

    return made


def test_schedules(compiled: Any) -> None:
    period, zone = (yaml.safe_load(block) for block in blocks("schedules.md"))
    spec = compiled("schedule=timedelta(days=2), start_date=pendulum.datetime(2024, 2, 1, 3, 4), catchup=True").cron()["spec"]
    assert period.items() <= spec.items()
    spec = compiled("schedule=CronTriggerTimetable('30 2 * * *', timezone='Europe/Berlin')").cron()["spec"]
    assert zone.items() <= spec.items()


def test_limits(compiled: Any) -> None:
    runs, sizes, pool = (yaml.safe_load(block) for block in blocks("pods.md"))
    made = compiled("schedule=None, max_active_runs=3", "max_active_tis_per_dag=2")
    assert runs.items() <= made.spec.items()
    (config_map,) = made.config_maps()
    assert (sizes["kind"], sizes["data"], sizes["metadata"]["name"]) == (
        config_map["kind"],
        config_map["data"],
        config_map["metadata"]["name"],
    )
    made = compiled("schedule=None", "pool='warehouse'", pools_config_map="airflow-pools")
    assert pool["synchronization"] in [template.get("synchronization") for template in made.spec["templates"]]


def test_queue(compiled: Any, tmp_path: Path) -> None:
    (queue,) = blocks("pods.md", "toml")
    (tmp_path / "airflow-argo.toml").write_text(queue)
    (template,) = [one for one in compiled("schedule=None", "queue='gpu'").spec["templates"] if "container" in one]
    assert template["nodeSelector"] == {"disk": "ssd"}
    assert template["container"]["resources"] == {"limits": {"nvidia.com/gpu": "1"}}
