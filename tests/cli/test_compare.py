"""`airflow-argo compare`: DAGs by the installed Airflow and as workflows."""

import json
import shutil
from pathlib import Path

import pytest

from airflow_argo.diagnostics import ExitCode

OLD = Path(__file__).parents[1] / "translator" / "people" / "old" / "daily_report.py"
PATIENCE = ("--load-timeout", "600", "--timeout", "600")
"""Where the machine has much else to do."""

GOOD = """import sys
from datetime import timedelta
from pathlib import Path

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Param, Variable, task

sys.path.insert(0, str(Path(__file__).parent / "libs"))

PARAMS = {"country": "de", "n": 3, "note": Param(None, type=["null", "string"])}

with DAG("good", schedule="@daily", params=PARAMS) as dag:
    BashOperator(task_id="says", bash_command="echo $NOTE {{ params.country }} {{ ds }} {{ params.n + 1 }} $WORD",
                 env={"NOTE": "{{ params.note }}", "WORD": "{{ var.value.word }}"}, append_env=True)
    BashOperator(task_id="reads", bash_command="cat")

    @task(retries=1, retry_delay=timedelta(hours=1), trigger_rule="all_done")
    def again(ti=None):
        import beside  # where the DAG file is
        if ti.try_number < 2:
            raise ValueError("once")
        return beside.WORD

    @task(trigger_rule="all_done")
    def last():
        from importlib import import_module

        import in_libs  # where the file says that modules are
        letters = list(set("in what order are letters"))  # of a set: the same in both
        return {"a": [1, None], "b": in_libs.WORD, "c": import_module("beside").WORD, "d": letters}

    BashOperator.partial(task_id="each").expand(bash_command=["exit 0", "exit 99", "exit 1"]) >> again() >> last()
"""

BAD = """from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, task

with DAG("unlike", schedule=None):
    BashOperator(task_id="here_only", bash_command='test -n "$AIRFLOW_ARGO_RUN" && echo')

with DAG("random", schedule=None):
    @task
    def value():
        import os
        return os.getpid()

    value()

with DAG("asks", schedule=None):
    ApprovalOperator(task_id="ask", subject="may I?")
"""

SLOW = """from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("slow", schedule=None):
    BashOperator(task_id="sleeps", bash_command="sleep 300")
"""

ALONE = """from airflow.sdk import DAG, task, task_group

with DAG("alone", schedule=None):
    @task_group
    def part(n):
        @task
        def alone(n):
            import os
            if "AIRFLOW_ARGO_RUN" in os.environ:
                raise ValueError("not there")

        alone(n)

    part.expand(n=[1])
"""


@pytest.fixture
def good(write):
    write("dags/beside.py", "WORD = 'beside'\n")
    write("dags/libs/in_libs.py", "WORD = 'in libs'\n")
    write("variables.json", '{"word": "given"}')
    return write("dags/good.py", GOOD)


def test_a_dag_that_ends_the_same(cli, good):
    given = ["logical_date=2024-05-06T00:00:00+00:00", "country=fr", "n=5", 'conf={"n": 6}', "note=more, of text"]
    parameters = [word for one in given for word in ("-p", one)]
    answer = cli("compare", "dags/good.py", "--short-delays", *parameters, "--variables", "variables.json", *PATIENCE)
    assert answer.code == ExitCode.OK, answer.out + answer.err
    rows = [line.split() for line in answer.out.splitlines()]
    assert rows[0] == ["TASK", "AIRFLOW", "ARGO"]
    assert ["each", "[1]", "skipped", "skipped"] in rows
    assert ["the", "run", "success", "success"] in rows
    assert answer.out.endswith("good: equal, with 5 XComs\n")


def test_dags_that_do_not(cli, write):
    write("bad.py", BAD)
    answer = cli("compare", "bad.py", "-o", "json", *PATIENCE)
    assert answer.code == ExitCode.RUN_FAILED
    found = {one["dag"]: one for one in answer.json["dags"]}
    assert {dag_id: one["result"] for dag_id, one in found.items()} == {
        "unlike": "differs",
        "random": "differs",
        "asks": "refused",
    }
    assert {"what": "task", "task": "here_only", "airflow": "failed", "argo": "success"} in found["unlike"]["differences"]
    assert found["unlike"]["run"] == {"airflow": "failed", "argo": "success"}
    assert [one["key"] for one in found["random"]["differences"]] == ["return_value"]
    assert found["asks"]["reasons"][0].startswith("AA232 ")
    assert answer.json["summary"] == {"dags": 3, "results": {"differs": 2, "refused": 1}}


def test_a_dag_that_takes_too_long(cli, write):
    write("slow.py", SLOW)
    answer = cli("compare", "slow.py", "-o", "json", "--load-timeout", "600", "--timeout", "5")
    assert answer.code == ExitCode.RUN_FAILED
    [slow] = answer.json["dags"]
    assert (slow["result"], slow["reasons"]) == ("not judged", ["Airflow: no answer within 5 s"])


def test_why_a_task_fails_here_alone(cli, write):
    write("alone.py", ALONE)
    answer = cli("compare", "alone.py", *PATIENCE)
    assert answer.code == ExitCode.RUN_FAILED
    assert "task part.alone [0]: success in Airflow, failed here" in answer.out
    assert "the last lines of part.alone here:\n  Traceback" in answer.out
    assert "ValueError: not there" in answer.out
    assert "ValueError" not in answer.err


def test_what_tasks_give_out_can_be_left_aside(cli, write):
    write("bad.py", BAD)
    answer = cli("compare", "bad.py", "--dag-id", "random", "--ignore-xcoms", *PATIENCE)
    assert answer.code == ExitCode.OK, answer.out + answer.err


def test_a_file_for_an_old_airflow(cli, tmp_path):
    (tmp_path / "dags").mkdir()
    shutil.copy(OLD, tmp_path / "dags" / "daily.py")
    answer = cli("compare", "--port", "dags/", *PATIENCE)
    assert answer.code == ExitCode.OK, answer.out + answer.err


def test_nothing_there(cli, tmp_path):
    answer = cli("compare", str(tmp_path), "-o", "json")
    assert answer.code == ExitCode.BAD_INPUT
    assert "there is no DAG there" in json.loads(answer.out)["error"]


def test_dags_that_start_when_they_are_read(cli, write):
    write(
        "now.py",
        "from datetime import datetime\nfrom airflow.sdk import DAG, task\n"
        "with DAG('now', schedule=None, start_date=datetime.now(), default_args={'start_date': datetime.now()}):\n"
        "    @task\n    def one(n):\n        return n\n    one(1)\n    one.expand(n=[1, 2])\n",
    )
    answer = cli("compare", "now.py", *PATIENCE)
    assert answer.code == ExitCode.OK, answer.out + answer.err
    assert answer.out.endswith("now: equal, with 3 XComs\n")
