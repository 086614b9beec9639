"""Settings: where each value is looked for, and in which order."""

import subprocess
import sys
from pathlib import Path

import pytest

from airflow_argo.diagnostics import InputError
from airflow_argo.settings import load_settings
from airflow_argo.settings.settings import SETTINGS, Source


@pytest.fixture
def dags(tmp_path):
    folder = tmp_path / "team" / "dags"
    folder.mkdir(parents=True)
    (folder / "dag.py").write_text("")
    return folder


def test_every_setting_has_a_default_and_says_so(dags):
    settings = load_settings(dags, environment={})
    assert {setting.name for setting in SETTINGS} == set(settings.values)
    assert {str(source) for source in settings.sources.values()} == {"default"}
    assert settings.required("image") == "python:3.12-slim"


def test_a_flag_is_before_the_environment_before_the_file(dags):
    (dags / "airflow-argo.toml").write_text('image = "file"\nnamespace = "file"\nservice_account = "file"\n')
    environment = {"AIRFLOW_ARGO_IMAGE": "environment", "AIRFLOW_ARGO_NAMESPACE": "environment"}
    settings = load_settings(dags / "dag.py", {"image": "flag", "namespace": None}, environment)
    assert (settings["image"], settings["namespace"], settings["service_account"]) == ("flag", "environment", "file")
    assert str(settings.sources["image"]) == "flag --image"
    assert str(settings.sources["namespace"]) == "environment AIRFLOW_ARGO_NAMESPACE"
    assert str(settings.sources["service_account"]) == f"file {dags / 'airflow-argo.toml'}"


def test_the_nearest_file_above_the_dag_counts(dags):
    (dags.parent / "airflow-argo.toml").write_text('image = "of the team"\n')
    assert load_settings(dags / "dag.py", environment={})["image"] == "of the team"
    (dags / "airflow-argo.toml").write_text('namespace = "nearer"\n')
    assert load_settings(dags / "dag.py", environment={})["image"] == "python:3.12-slim"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("imge = 'x'\n", "there is no setting 'imge'; did you mean 'image'?"),
        ("zzz = 'x'\n", "settings are: image,"),
        ("image = 3\n", "setting 'image' is 3"),
        ("image = ''\n", "setting 'image' is ''"),
        ("image_pull_policy = 'Sometimes'\n", "use one of: Always, IfNotPresent, Never"),
        ("image = \n", "this is no TOML"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_cure(dags, text, message):
    (dags / "airflow-argo.toml").write_text(text)
    with pytest.raises(InputError) as error:
        load_settings(dags, environment={})
    assert message in str(error.value)
    assert "airflow-argo.toml" in str(error.value)


def test_a_task_overrides_what_is_a_tasks_own_and_nothing_else(dags):
    settings = load_settings(dags, environment={})
    own = settings.overridden({"image": "mine"}, Source("task", "load"))
    assert own["image"] == "mine"
    assert str(own.sources["image"]) == "task load"
    assert settings["image"] != "mine"
    with pytest.raises(InputError, match="no setting 'namespace' of tasks, in task load"):
        settings.overridden({"namespace": "x"}, Source("task", "load"))
    with pytest.raises(InputError, match="image_pull_policy"):
        settings.overridden({"image_pull_policy": "x"}, Source("task", "load"))


def test_inside_airflow_its_own_configuration_counts(tmp_path):
    program = (
        "import airflow.configuration\nfrom airflow_argo.settings import load_settings\n"
        "settings = load_settings()\nprint(settings['image'], '|', settings.sources['image'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path,
        env={"AIRFLOW__ARGO__IMAGE": "of-airflow", "AIRFLOW_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.stdout.strip().splitlines()[-1] == "of-airflow | airflow [argo] image", done.stderr


@pytest.mark.parametrize(
    ("written", "meant"), [("true", "yes"), ("false", "no"), ("5000", "5000"), ("'5000'", "5000"), ("'yes'", "yes"), ("1", "1")]
)
def test_a_setting_that_may_be_a_number(dags, written, meant):
    (dags / "airflow-argo.toml").write_text(f"xcom_artifacts = {written}\n")
    assert load_settings(dags, environment={})["xcom_artifacts"] == meant


@pytest.mark.parametrize("written", ["0", "-5", "1.5", "'some'", "''", "[1]"])
def test_what_is_no_number_of_bytes(dags, written):
    (dags / "airflow-argo.toml").write_text(f"xcom_artifacts = {written}\n")
    with pytest.raises(InputError, match=r"setting 'xcom_artifacts' is .*; use one of: yes, no, or a whole number"):
        load_settings(dags, environment={})


def test_the_documented_table_is_the_real_one():
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    for setting in SETTINGS:
        assert f"| `{setting.name}` |" in page
