"""Bad input: each with its message, which names the place, what was found and the cure; and with its exit code."""

import json
import sys

import pytest

from airflow_argo.diagnostics import ExitCode
from airflow_argo.settings import load_settings
from airflow_argo.translator import isolated

DAG = """from datetime import datetime
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
"""

DAG_FILES = {
    "syntax error": ("x = = 1\n", "dag.py:1:5: error AA102: Python can't read it: invalid syntax; correct it"),
    "import error": (
        "\nimport no_such_module\n",
        (
            "dag.py:2: error AA102: it can't be imported: ModuleNotFoundError: No module named 'no_such_module'; "
            "install it beside Airflow; or, if it is yours, put its folder on PYTHONPATH"
        ),
    ),
    "a provider that isn't installed": (
        "from airflow.sdk import DAG\nfrom airflow.providers.apache.pig.operators.pig import PigOperator\n",
        (
            "dag.py:2: error AA102: it can't be imported: ModuleNotFoundError: No module named 'airflow.providers.apache'; "
            "pip install apache-airflow-providers-apache-pig"
        ),
    ),
    "a provider that has no such module": (
        "import airflow.providers.standard.operators.nope\n",
        (
            "dag.py:1: error AA102: it can't be imported: ModuleNotFoundError: "
            "No module named 'airflow.providers.standard.operators.nope'; apache-airflow-providers-standard "
        ),
    ),
    "a module of an older Airflow": (
        "\nfrom airflow.operators.bash_operator import BashOperator\n",
        "dag.py:2: error AA102: it can't be imported: ModuleNotFoundError: No module named 'airflow.operators.bash_operator'; ",
    ),
    "an argument of an older Airflow": (
        "from airflow import DAG\ndag = DAG('d', schedule_interval='@daily')\n",
        (
            "dag.py:2: error AA102: it can't be imported: DAG takes no argument 'schedule_interval'; "
            "if the file was written for an Airflow older than "
        ),
    ),
    "arguments of an older operator, whose values may be secrets": (
        DAG + "with DAG('d'):\n    EmptyOperator(task_id='t', python_callable=print, token='hidden-word')\n",
        (
            "dag.py:5: error AA102: it can't be imported: EmptyOperator takes no argument 'python_callable' or 'token'; "
            "take them out, or use what took their place"
        ),
    ),
    "an argument of an older operator that others took the place of": (
        (
            "from airflow.sdk import DAG\nfrom airflow.providers.standard.operators.bash import BashOperator\n"
            "with DAG('d'):\n    BashOperator(task_id='t', bash_command='x', shell='sh')\n"
        ),
        (
            "dag.py:4: error AA102: it can't be imported: BashOperator takes no argument 'shell'; take it out, "
            "or use what took its place: it takes bash_command, env, append_env, output_encoding, skip_on_exit_code, "
        ),
    ),
    "a file that isn't there": (
        "open('settings/nope.json')\n",
        (
            "dag.py:1: error AA102: it can't be imported: FileNotFoundError: [Errno 2] No such file or directory: "
            "'settings/nope.json'; put it there, or start in the folder from which Airflow finds it"
        ),
    ),
    "an exception": ("\n1 / 0\n", "dag.py:2: error AA102: it can't be imported: ZeroDivisionError: division by zero"),
    "cycle": (
        DAG + "with DAG('c', start_date=datetime(2026, 1, 1)):\n"
        "    a, b = EmptyOperator(task_id='a'), EmptyOperator(task_id='b')\n    a >> b >> a\n",
        "dag.py:4: error AA105: tasks wait for one another",
    ),
    "a DAG that Airflow refuses": (
        DAG + "with DAG('c', schedule='61 * * * *'):\n    EmptyOperator(task_id='a')\n",
        "dag.py:4: error AA114: Airflow refuses DAG 'c': AirflowTimetableInvalid: [61 * * * *] is not acceptable, out of range",
    ),
    "no DAG": ("from airflow.sdk import DAG\n", "dag.py: error AA103: there is no DAG in it; make one with DAG(…)"),
    "two DAGs and none chosen": (
        DAG + "for id in 'xy':\n    with DAG(id, start_date=datetime(2026, 1, 1)):\n        EmptyOperator(task_id='a')\n",
        "dag.py: there are several DAGs in it: x, y; choose one with --dag-id",
    ),
    "ends the process": ("import os\nos._exit(3)\n", "dag.py: error AA107: reading it ended the process with exit code 3"),
    "exits": ("raise SystemExit(2)\n", "dag.py: error AA107: reading it ended the process with exit code 2"),
    "loops for ever": ("while True: pass\n", "dag.py: error AA106: reading it takes more than 5 seconds"),
    "a Variable that isn't there": (
        "from airflow.sdk import Variable\nVariable.get('nope')\n",
        "dag.py:2: error AA102: it can't be imported",
    ),
}


@pytest.mark.parametrize(("text", "message"), DAG_FILES.values(), ids=DAG_FILES)
def test_a_dag_file_that_cannot_be_read_is_one_clear_error(cli, write, text, message):
    write("dag.py", text)
    timeout = "5" if "while" in text else "60"
    answer = cli("run", "dag.py", "--load-timeout", timeout)
    assert answer.err.startswith(f"airflow-argo: {message}")
    assert answer.err.count("\n") == 1
    assert "Traceback" not in answer.err
    assert "hidden-word" not in answer.err
    assert answer.code == ExitCode.BAD_INPUT


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python takes them")
def test_f_strings_of_newer_versions_of_python_are_no_mistakes(cli, write):
    write("dag.py", """import airflow\ndag = {"id": "d"}\nname = f"{dag["id"]}"\n""")
    answer = cli("translate", "dag.py")
    assert answer.code == ExitCode.REFUSED
    assert "error AA102: Python can't read it: f-string: unmatched '['" in answer.err
    assert answer.err.endswith("; correct it; if it was written for Python 3.12 or later, use Airflow with that\n")


def test_a_dag_that_airflow_refuses_leaves_the_others_of_its_file(cli, write):
    circle = "a, b = EmptyOperator(task_id='a'), EmptyOperator(task_id='b')\n    a >> b >> a"
    dags = {"good": "EmptyOperator(task_id='a')", "circle": circle, "bad": "EmptyOperator(task_id='a')"}
    write(
        "dag.py",
        DAG
        + "".join(
            f"with DAG('{name}', schedule='{'x' if name == 'bad' else '@daily'}'):\n    {text}\n" for name, text in dags.items()
        ),
    )
    rows = json.loads(cli("assess", "dag.py", "-o", "json").out)["dags"]
    assert {row["dag"]: (row["result"], row["codes"]) for row in rows} == {
        "bad": ("refused", ["AA114"]),
        "circle": ("refused", ["AA105"]),
        "good": ("translated", []),
    }
    assert cli("translate", "dag.py", "--dag-id", "good").code == ExitCode.OK
    answer = cli("translate", "dag.py", "--dag-id", "circle")
    assert answer.code == ExitCode.REFUSED
    assert "dag.py:6 dag 'circle': error AA105: tasks wait for one another" in answer.err
    backfill = ["backfill", "dag.py", "--dag-id", "bad", "--from-date", "2024-01-01", "--to-date", "2024-01-02", "--dry-run"]
    assert "error AA114: Airflow refuses DAG 'bad'" in cli(*backfill).err


def test_a_place_that_cannot_be_written_is_said(cli, write):
    write("dag.py", DAG + "with DAG('d', schedule=None):\n    EmptyOperator(task_id='t')\n")
    write("taken", "")
    answer = cli("translate", "dag.py", "--output-dir", "taken")
    assert (answer.code, answer.err) == (
        ExitCode.BAD_INPUT,
        "airflow-argo: taken: it can't be written: File exists; choose another place, or see to its rights\n",
    )


def test_a_ported_file_that_cannot_be_read_is_the_same_error(cli, write):
    write("dag.py", DAG_FILES["syntax error"][0])
    assert DAG_FILES["syntax error"][1] in cli("translate", "--port", "dag.py").err


def test_a_folder_named_as_a_file_is_none(cli, write):
    write("dags/sensors.py/dag.py", DAG + "with DAG('d', schedule=None):\n    EmptyOperator(task_id='t')\n")
    answer = cli("assess", "dags")
    assert answer.code == ExitCode.OK
    assert "1 DAG: 1 translated" in answer.out


def test_in_a_projects_folder_the_dags_are_in_the_folder_of_that_name(cli, write):
    write("project/plugins/timing.py", "WHEN = None\n")
    write("project/dags/common.py", "NAME = 'd'\n")
    write(
        "project/dags/team/dag.py",
        DAG
        + "from common import NAME\nfrom timing import WHEN\nwith DAG(NAME, schedule=WHEN):\n    EmptyOperator(task_id='t')\n",
    )
    for folder in ("project", "project/dags/team", "."):
        answer = cli("assess", folder)
        assert "translated" in answer.out, answer.out
        assert "unreadable" not in answer.out.split("\n\n")[0], answer.out


def test_a_callback_of_a_dag_without_tasks(cli, write):
    write("dag.py", DAG + "dag = DAG('d', schedule=None, on_failure_callback=print)\n")
    assert cli("translate", "dag.py").code == ExitCode.OK
    write("dag.py", DAG + "dag = DAG('d', schedule=None, on_success_callback=print)\n")
    assert "AA229: on_success_callback of a DAG without tasks is not carried over" in cli("translate", "dag.py").err


def test_an_older_airflows_module_is_a_reason_to_port(cli, write):
    write("dag.py", DAG_FILES["a module of an older Airflow"][0])
    assert "if the file was written for an older one, read it with --port" in cli("translate", "dag.py").err


def test_what_a_placeholder_may_have_caused_says_so(cli, write):
    write("dag.py", "from airflow.sdk import DAG, Variable\nnumber = int(Variable.get('many'))\n")
    answer = cli("translate", "dag.py", "--placeholders")
    assert "dag.py:2: error AA102: it can't be imported: ValueError" in answer.err
    assert "placeholders stand for what it reads, and may be why; Variable 'many': give it by --variables FILE" in answer.err


def test_a_placeholder_travels_as_the_text_it_stands_for_would(cli, write):
    write(
        "dag.py",
        "from airflow.sdk import DAG, Variable, task\nwith DAG('d', schedule=None):\n"
        "    task(lambda x: x, task_id='t')(Variable.get('where'))\n",
    )
    answer = cli("translate", "dag.py", "--placeholders")
    assert answer.code == ExitCode.OK
    assert "AA110" in answer.err
    assert "AA231" not in answer.err


def test_an_airflow_that_takes_long_to_start_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(isolated, "DEFAULT_TIMEOUT", 0.01)
    with isolated.IsolatedTranslator(0.01) as translator, pytest.raises(isolated.DagFileError) as caught:
        translator.translate(tmp_path / "dag.py", load_settings(None, {}))
    assert str(caught.value).endswith("Airflow takes more than 0.01 seconds to start; give it more time: --load-timeout")


def test_an_own_module_elsewhere_in_the_project_is_found_for_the_cure(cli, write):
    write("pyproject.toml", "")
    write("company/jobs/dag.py", "import company.names\n")
    write("company/names.py", "")
    answer = cli("translate", "company/jobs/dag.py")
    assert "No module named 'company'; there is one in " in answer.err
    assert "put that folder on PYTHONPATH, where Airflow has it as well" in answer.err


def test_an_error_in_an_own_module_names_its_line(cli, write):
    write("dag.py", "import beside\n")
    write("beside.py", "\n\nimport no_such_module\n")
    answer = cli("translate", "dag.py")
    assert "dag.py:1: error AA102" in answer.err
    assert "beside.py:3); install it beside Airflow" in answer.err


def test_a_chosen_dag_runs_and_an_unknown_one_is_named(cli, write):
    write("dag.py", DAG_FILES["two DAGs and none chosen"][0])
    assert cli("run", "dag.py", "--dag-id", "y").code == ExitCode.OK
    answer = cli("run", "dag.py", "--dag-id", "z")
    assert answer.code == ExitCode.BAD_INPUT
    assert "'z'" in answer.err
    assert "x, y" in answer.err


def test_a_dag_that_is_refused_says_code_file_line_and_cure_and_writes_nothing(cli, write):
    write(
        "dag.py",
        DAG + "from airflow.sdk import task\n@task.kubernetes(image='x', namespace='y')\ndef k(): pass\n"
        "with DAG('d', start_date=datetime(2026, 1, 1)):\n    EmptyOperator(task_id='a', trigger_rule='all_done') >> k()\n"
        "    EmptyOperator(task_id='t', pool='p', wait_for_downstream=True, depends_on_past=True)\n",
    )
    answer = cli("translate", "dag.py", "--output-dir", "out", "--strict")
    assert answer.code == ExitCode.REFUSED
    assert "dag.py:" in answer.err
    assert "AA2" in answer.err
    assert not (write("x", "").parent / "out").exists()


WORKFLOW = "{apiVersion: argoproj.io/v1alpha1, kind: Workflow, metadata: {name: a}}\n"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MANIFESTS = {
    "not YAML": ("a: [1, 2\nb: }", "YAML", 2),
    "a list": ("- a\n- b\n", "", None),
    "a text": ("hello", "", None),
    "empty": ("", "", None),
    "two workflows": (f"{WORKFLOW}---\n{WORKFLOW}", "2 Workflows", None),
    "no workflow": ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n", "no Workflow", None),
    "binary": (b"\x00\x01\xff\xfe", "", None),
    "a bomb": (BOMB, "", None),
    "deep": ("[" * 5000 + "]" * 5000, "", None),
    "of no known kind": ("kind: Pod\n", "", None),
    "an unknown field": (
        ("apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: x}\n"
        "spec: {entrypoint: main, templates: [{name: main, contaner: {image: a}}]}\n"),
        "contaner", None,
    ),
    "without a template": (
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: x}\nspec: {entrypoint: main}\n", "", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "word", "line"), MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_that_is_none_is_one_clear_error(cli, write, text, word, line):
    write("m.yaml", text)
    answer = cli("run", "m.yaml")
    assert answer.code in (ExitCode.BAD_INPUT, ExitCode.UNSUPPORTED)
    assert answer.err.startswith("airflow-argo: ")
    assert "fault of airflow-argo" not in answer.err
    assert word in answer.err
    assert line is None or f"m.yaml:{line}" in answer.err
    assert answer.err.count("\n") <= 2


def test_a_manifest_of_fifty_megabytes_is_refused_at_once(cli, write):
    write("m.yaml", "a: " + "x" * 50_000_000)
    answer = cli("submit", "m.yaml", "--dry-run=client")
    assert answer.code == ExitCode.BAD_INPUT
    assert "MiB" in answer.err


def test_a_file_that_is_not_there(cli):
    for arguments in (("run", "no.yaml"), ("translate", "no.py"), ("run", "no.py"), ("lint", "no.yaml"), ("graph", "no.yaml")):
        answer = cli(*arguments)
        assert answer.code == ExitCode.BAD_INPUT, arguments
        assert arguments[1] in answer.err


def test_a_folder_without_a_dag(cli, write):
    write("sub/nothing.py", "x = 1\n")
    answer = cli("translate", "sub")
    assert answer.code == ExitCode.BAD_INPUT
    assert "no file with a DAG" in answer.err


@pytest.mark.parametrize(
    ("parameter", "message"),
    [("novalue", "no name=value"), ("=x", "no name=value"), ("nope=1", "nope")],
)
def test_a_parameter_that_is_none(cli, manifest, parameter, message):
    answer = cli("run", manifest, "-p", parameter)
    assert answer.code == ExitCode.BAD_INPUT
    assert message in answer.err


@pytest.mark.parametrize("text", ["- a\n", "a: [", "hello"])
def test_a_parameter_file_that_is_none(cli, manifest, write, text):
    answer = cli("run", manifest, "-f", write("p.yaml", text))
    assert answer.code == ExitCode.BAD_INPUT
    assert "p.yaml" in answer.err


OURS = {
    "syntax error": ("from airflow_argo import step\nx = = 1\n", "ours.py:2:5: error AA102: Python can't read it"),
    "an exception": ("from airflow_argo import step\n1 / 0\n", "ours.py:2: it ends in ZeroDivisionError"),
    "no workflow": ("from airflow_argo import step\n", "ours.py: there is no workflow in it; make one with Workflow(…)"),
    "a mistake": (
        (
            "from airflow_argo import *\n@step\ndef a():\n    return ContainerJob(name='a', command='x')\n"
            "w = Workflow(name='w', steps=[a])\n"
        ),
        "ours.py:4",
    ),
}


@pytest.mark.parametrize(("text", "message"), OURS.values(), ids=OURS)
def test_a_file_of_ours_with_a_mistake(cli, write, text, message):
    write("ours.py", text)
    answer = cli("run", "ours.py")
    assert answer.code == ExitCode.BAD_INPUT
    assert message in answer.err
    assert "Traceback" not in answer.err


KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: u, user: {token: very-secret}}]
"""


@pytest.mark.parametrize("command", ["submit", "list", "wait", "logs", "stop"])
def test_a_cluster_that_is_not_reached(cli, manifest, write, command):
    config = write("config", KUBECONFIG)
    what = {"submit": [manifest], "list": []}.get(command, ["name"])
    answer = cli(command, *what, "-n", "x", "--kubeconfig", config)
    assert answer.code == ExitCode.CLUSTER
    assert "127.0.0.1:1" in answer.err
    assert "very-secret" not in answer.err
    assert answer.err.count("\n") == 1


def test_no_cluster_at_all(cli, manifest, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    answer = cli("submit", manifest)
    assert answer.code == ExitCode.CLUSTER
    assert "kubeconfig" in answer.err.lower()


def test_a_kubeconfig_that_is_none(cli, manifest, write):
    for text in ("", "a: [", "kind: Config\n", "just text"):
        answer = cli("submit", manifest, "--kubeconfig", write("config", text))
        assert answer.code == ExitCode.CLUSTER, text
        assert "config" in answer.err


def test_errors_are_json_too(cli, write):
    write("m.yaml", "a: [")
    answer = cli("run", "m.yaml", "-o", "json")
    assert answer.json["exit_code"] == answer.code == ExitCode.BAD_INPUT
    assert answer.json["error"]


def test_debug_shows_where_an_error_comes_from(cli):
    assert "Traceback" in cli("--debug", "run", "no.yaml").err


def test_an_unknown_command_or_option_is_a_usage_error(cli):
    assert cli("nope").code == ExitCode.USAGE
    assert cli("run").code == ExitCode.USAGE
    assert cli("run", "x", "--nope").code == ExitCode.USAGE


def test_what_tasks_have_in_common_is_said_once(cli, write):
    tasks = "\n    ".join(f"BashOperator(task_id='{name}', bash_command='true')" for name in "abc")
    write(
        "dag.py",
        "from airflow.sdk import DAG\nfrom airflow.providers.standard.operators.bash import BashOperator\n"
        f"with DAG('d', schedule=None, default_args={{'pool': 'p', 'depends_on_past': True}}):\n    {tasks}\n"
        "    BashOperator(task_id='x', bash_command='true', pool='other')\n",
    )
    lines = [line.partition("; ")[0] for line in cli("translate", "dag.py").err.splitlines()]
    assert lines == [
        "dag.py:4 dag 'd' task 'a' and 3 others (lines 5, 6, 7): warning AA212: depends_on_past is not carried over",
        "dag.py:4 dag 'd' task 'a' and 2 others (lines 5, 6): warning AA208: pool 'p' is not carried over",
        "dag.py:7 dag 'd' task 'x': warning AA208: pool 'other' is not carried over",
    ]
    assert cli("translate", "dag.py", "--strict").err.count("depends_on_past") == 4
