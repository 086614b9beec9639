"""`airflow-argo port`: files that are changed for good."""

from airflow_argo.diagnostics import ExitCode

OLD_DAG = "from airflow.operators.bash_operator import BashOperator\n"
NEW_DAG = "from airflow.providers.standard.operators.bash import BashOperator\n"


def test_all_of_the_authors_files_in_a_folder_are_ported(cli, write):
    dag = write("project/dag.py", f"# a DAG\n{OLD_DAG}")
    hooks = write("project/plugins/hooks.py", "from airflow.sensors.base_sensor_operator import BaseSensorOperator\n")
    helper = write("project/day.py", "def f(**kwargs): return kwargs['execution_date']\n")
    installed = [write(f"project/{folder}/old.py", OLD_DAG) for folder in (".venv/lib", "env/lib/site-packages/airflow")]
    answer = cli("port", "--write", "project")
    assert answer.code == ExitCode.OK, answer.err
    assert dag.read_text() == f"# a DAG\n{NEW_DAG}"
    assert hooks.read_text() == "from airflow.sdk.bases.sensor import BaseSensorOperator\n"
    assert helper.read_text() == 'def f(**kwargs): return kwargs["logical_date"]\n'
    assert [file.read_text() for file in installed] == [OLD_DAG, OLD_DAG]


def test_what_cannot_be_read_is_left_and_said(cli, write):
    write("dags/a.py", "# airflow\nprint 'Python 2'\n")
    write("dags/b.py", b"# airflow\nname = '\xff'\n")
    good = write("dags/c.py", OLD_DAG)
    answer = cli("port", "--write", "dags", "-o", "json")
    assert answer.code == ExitCode.BAD_INPUT
    assert "dags/a.py:2:1: error AA102: Python can't read it" in answer.err
    assert "dags/b.py: error AA102: Python can't read it" in answer.err
    assert [row["file"] for row in answer.json] == ["dags/c.py"]
    assert good.read_text() == NEW_DAG
