"""`airflow-argo assess`: what becomes of each DAG of a folder, why not, and what to do first."""

import json

import pytest

from airflow_argo.diagnostics import ExitCode

GOOD = """from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator
with DAG("good", schedule=None):
    BashOperator(task_id="a", bash_command="true")
"""
LOSES = """from datetime import datetime
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator
with DAG("loses", schedule="@daily", start_date=datetime(2026, 1, 1)):
    BashOperator(task_id="a", bash_command="true", depends_on_past=True)
    BashOperator(task_id="b", bash_command="true", depends_on_past=True)
"""
REFUSED = """from airflow.sdk import DAG, task
with DAG("refused", schedule=None):
    @task
    def earlier(ti=None):
        return ti.xcom_pull(task_ids="earlier", include_prior_dates=True)
    earlier()
"""


@pytest.fixture
def folder(write):
    write("dags/good.py", GOOD)
    write("dags/loses.py", LOSES)
    write("dags/refused.py", REFUSED)
    for name in "ab":
        write(f"dags/pig_{name}.py", "from airflow.providers.apache.pig.operators.pig import PigOperator  # for a DAG\n")
    write("dags/own.py", "from airflow.sdk import DAG\nimport company_settings\n")
    write("dags/none.py", "from airflow.sdk import DAG\n")


def test_each_dag_with_its_result_and_what_to_do_about_it(cli, folder):
    answer = cli("assess", "dags", "-o", "json")
    assert answer.code == ExitCode.OK
    found = json.loads(answer.out)
    assert {(row["dag"], row["result"]) for row in found["dags"]} == {
        ("good", "translated"),
        ("loses", "translated with losses"),
        ("refused", "refused"),
        ("-", "unreadable"),
    }
    (loses,) = [row for row in found["dags"] if row["dag"] == "loses"]
    assert loses["codes"] == ["AA212"]
    assert loses["reasons"] == ["AA212 depends_on_past is not carried over (2 times)"]
    assert [one["line"] for one in loses["findings"]] == [5, 6]
    assert all(one["cure"] for row in found["dags"] for one in row["findings"])
    summary = found["summary"]
    assert summary["missing"] == [
        {"package": "apache-airflow-providers-apache-pig", "files": 2},
        {"package": "company_settings", "files": 1},
    ]
    assert summary["results"] == {"unreadable": 3, "translated": 1, "translated with losses": 1, "refused": 1}
    assert [(one["code"], one["dags"], one["only"]) for one in summary["stopped_by"]] == [("AA102", 3, 3), ("AA242", 1, 1)]
    assert summary["stopped_by"][0]["cure"].startswith("install it beside Airflow")


def test_the_table_names_files_and_says_what_to_install(cli, folder):
    text = cli("assess", "dags").out
    rows = [line.split() for line in text.splitlines()]
    assert rows[0] == ["FILE", "DAG", "TASKS", "RESULT", "REASONS"]
    assert ["dags/good.py", "good", "1", "translated"] in rows
    assert any(row[:2] == ["dags/pig_a.py", "-"] for row in rows)
    assert ["apache-airflow-providers-apache-pig", "2"] in rows


MANY = """from random import Random
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator
with DAG("many", schedule=None):
    for number in range(201):
        KubernetesPodOperator(task_id=f"t{number}", image="alpine", arguments=["more"] * number)
with DAG("long", schedule=None):
    BashOperator(task_id="t", bash_command="echo " + "x" * 1_100_000)
with DAG("grows", schedule=None):
    for number in range(120):
        BashOperator(task_id=f"t{number}", bash_command="echo " + Random(number).randbytes(3_000).hex())
with DAG("fits", schedule=None):
    BashOperator(task_id="t", bash_command="true")
"""


def test_what_argo_has_no_room_for_is_refused_before_it_is_submitted(cli, write):
    write("many.py", MANY)
    patient = ("--load-timeout", "600")
    answer = cli("assess", "many.py", "-o", "json", *patient)
    found = {row["dag"]: (row["result"], row["codes"]) for row in json.loads(answer.out)["dags"]}
    assert found.pop("grows") == ("translated with losses", ["AA246"])
    assert found == {"many": ("refused", ["AA244"]), "long": ("refused", ["AA244"]), "fits": ("translated", [])}
    for dag_id in ("many", "long"):
        refused = cli("translate", "many.py", "--dag-id", dag_id, *patient)
        assert refused.code == ExitCode.REFUSED
        assert f"many.py dag '{dag_id}': error AA244: it" in refused.err
    assert cli("translate", "many.py", "--dag-id", "fits", *patient).code == ExitCode.OK


def test_dags_that_would_have_one_name_are_told_and_not_written_over_one_another(cli, write, tmp_path):
    for number, dag_id in enumerate(["daily_load", "Daily-Load", "good", "twice", "twice"]):
        write(f"dags/dag_{number}.py", GOOD.replace('"good"', f'"{dag_id}"'))
    answer = cli("translate", "dags", "dags/dag_2.py", "--output-dir", "argo")
    assert answer.code == ExitCode.REFUSED
    assert not (tmp_path / "argo").exists()
    said = [line.partition(" error AA108: ")[2] for line in answer.err.splitlines() if "AA108" in line]
    assert said == [
        "'Daily-Load' in dags/dag_1.py would have the same name on Argo, 'daily-load'; rename one",
        "'daily_load' in dags/dag_0.py would have the same name on Argo, 'daily-load'; rename one",
        "'twice' is in dags/dag_4.py too, and Airflow has only one of them; rename one",
        "'twice' is in dags/dag_3.py too, and Airflow has only one of them; rename one",
    ]
    found = json.loads(cli("assess", "dags", "dags/dag_2.py", "-o", "json").out)
    assert [(row["dag"], row["codes"]) for row in found["dags"]] == [
        ("daily_load", ["AA108"]),
        ("Daily-Load", ["AA108"]),
        ("good", []),
        ("twice", ["AA108"]),
        ("twice", ["AA108"]),
    ]


def test_a_dag_that_another_file_imports_is_one(cli, write, tmp_path):
    write("dags/daily.py", GOOD)
    write("dags/all.py", "from airflow.sdk import DAG\nfrom daily import *\n" + GOOD.replace('"good"', '"last"'))
    found = json.loads(cli("assess", "dags", "-o", "json").out)
    assert [(row["file"], row["dag"], row["result"]) for row in found["dags"]] == [
        ("dags/all.py", "last", "translated"),
        ("dags/daily.py", "good", "translated"),
    ]
    assert cli("translate", "dags", "--output-dir", "argo").code == ExitCode.OK
    assert sorted(file.name for file in (tmp_path / "argo").iterdir()) == ["good.yaml", "last.yaml"]
    assert "dags/daily.py" not in cli("translate", "dags/all.py", "--dag-id", "good").err
