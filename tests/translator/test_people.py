"""DAG files in the styles that people have: they load as Airflow loads them, are translated, and end as they say.

A file says in a comment how its tasks end (`# ends:`), which DAGs it makes (`# dags:`), or why it is refused (`# refused:`).
Those in `old` were written for Airflow 1.10 or 2, and are read with --port.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.comparison.on_argo import ended_of
from airflow_argo.diagnostics import AirflowArgoError
from airflow_argo.runners.local import LocalRunner
from airflow_argo.settings import load_settings
from airflow_argo.translator.isolated import IsolatedTranslator, translated
from airflow_argo.translator.translation import Translation
from airflow_argo.translator.value_files import connections_in, variables_in

PEOPLE = Path(__file__).parent / "people"
VALUES = PEOPLE / "values"
OLD = sorted((PEOPLE / "old").glob("*.py"))
NEW = sorted((PEOPLE / "new").glob("*.py"))
PROJECT = PEOPLE / "project" / "dags"
FOUND = sorted(file for file in PROJECT.rglob("*.py") if "# ends:" in file.read_text() or "# dags:" in file.read_text())


@pytest.fixture(scope="module")
def translator() -> Iterator[IsolatedTranslator]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**variables_in(VALUES / "variables.json"), **connections_in(VALUES / "connections.yaml")}.items():
            patch.setenv(name, value)
        with IsolatedTranslator(120) as running:
            yield running


def translation_of(file: Path, translator: IsolatedTranslator) -> list[Translation] | AirflowArgoError:
    return translated(translator, file, load_settings(file, {"port": "yes" if file in OLD else "no"}))


def said(file: Path, what: str) -> list[str]:
    found = re.search(rf"^# {what}: (.*)$", file.read_text(), re.MULTILINE)
    return found[1].split() if found else []


@cache
def named(file: Path) -> str:
    return f"{file.parent.name}-{file.stem}"


@pytest.mark.parametrize("file", [*OLD, *NEW, *FOUND], ids=named)
def test_file_is_translated_and_ends_as_it_says(file: Path, translator: IsolatedTranslator) -> None:
    result = translation_of(file, translator)
    refused = said(file, "refused")
    if refused:
        assert isinstance(result, AirflowArgoError)
        assert all(word in str(result) for word in refused), str(result)
        return
    assert not isinstance(result, AirflowArgoError), str(result)
    assert sorted(one.dag_id for one in result) == (said(file, "dags") or [file.stem])
    for one in result:
        one.required()
    if said(file, "ends"):
        assert states_of(result[0]) == (dict(end.split("=") for end in said(file, "ends")), said(file, "state") or ["success"])


def states_of(translation: Translation) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        run = LocalRunner(folder=folder).run(translation.required(), parameters={"logical_date": "2024-05-06T00:00:00+00:00"})
        ended = ended_of({"Succeeded": "success"}.get(run.status, "failed"), run.tree)
    names = {f"{task}[{index}]" if index >= 0 else task: state for (task, index), state in ended.tasks.items()}
    return names, [ended.state]


def test_folder_is_searched_as_airflow_does(translator: IsolatedTranslator) -> None:
    found = {file.name for file in translator.files_in(PROJECT)}
    assert {"uses_common.py", "from_yaml.py", "uses_operator.py"} <= found
    assert not found & {"ignored_dag.py", "draft.py"}


def test_what_is_ignored_is_said_as_airflow_2_reads_it_where_files_are_ported(
    translator: IsolatedTranslator, tmp_path: Path
) -> None:
    for name in ("a_draft_1", "draft", "good"):
        (tmp_path / f"{name}.py").write_text("from airflow import DAG\n")
    (tmp_path / ".airflowignore").write_text("_draft_\\d\n")
    assert [file.stem for file in translator.files_in(tmp_path)] == ["a_draft_1", "draft", "good"]
    assert [file.stem for file in translator.files_in(tmp_path, port=True)] == ["draft", "good"]


def test_packages_without_a_file_are_those_beside_each_dag_file(translator: IsolatedTranslator, tmp_path: Path) -> None:
    for folder, first in (("a", "own/__init__.py"), ("b", "own/__init__.py"), ("c", "own/parts/__init__.py")):
        for module, text in ((first, ""), ("own/parts/ids.py", f"ID = {folder!r}\n")):
            (tmp_path / folder / module).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / module).write_text(text)
        file = tmp_path / folder / "dag.py"
        file.write_text("from airflow.sdk import DAG\nfrom own.parts.ids import ID\ndag = DAG(ID)\n")
        assert [made.dag_id for made in translator.translate(file, load_settings(file))] == [folder]


def test_archive_is_read_as_airflow_does(translator: IsolatedTranslator, tmp_path: Path) -> None:
    folder = tmp_path / "packed"
    shutil.copytree(PROJECT / "common", folder / "common")
    shutil.copy(PROJECT / "dynamic_import.py", folder)
    archive = Path(shutil.make_archive(str(tmp_path / "dags"), "zip", folder))
    assert archive in translator.files_in(tmp_path)
    (made,) = translator.translate(archive, load_settings(archive))
    assert made.dag_id == "dynamic_import"
    assert states_of(made)[0] == {"run": "success"}


def test_findings_tell_lines_of_the_file_as_it_is(translator: IsolatedTranslator) -> None:
    file = PEOPLE / "old" / "callbacks.py"
    (made,) = translator.translate(file, load_settings(file, {"port": "yes"}))
    lines = file.read_text().splitlines()
    (sla, missed) = [one for one in made.diagnostics if one.code == "AA109"]
    assert sla.origin is not None
    assert sla.origin.file == str(file)
    assert "sla" in lines[(sla.origin.line or 0) - 1]
    assert missed.severity.value == "warning"


def test_old_names_in_templates_that_a_file_makes_are_todays_where_airflow_renders_them(
    translator: IsolatedTranslator, tmp_path: Path
) -> None:
    file = tmp_path / "old.py"
    file.write_text(
        "from datetime import datetime\n"
        "from airflow import DAG\n"
        "from airflow.operators.bash_operator import BashOperator\n"
        "date = 'execution_date'\n"
        "with DAG('old', schedule_interval=None, start_date=datetime(2024, 1, 1)):\n"
        "    BashOperator(task_id='a', bash_command='echo {{ execution_date.year }}', output_processor=len)\n"
        "    BashOperator(task_id='b', bash_command='echo {{ ' + date + '.year }}', output_processor=len)\n"
        "    BashOperator(task_id='c', bash_command='echo {{ ' + date + '.year }}')\n"
        "    each = BashOperator.partial(task_id='d', env={'E': '{{ ' + date + '.year }}'}, output_processor=str)\n"
        "    each.expand(bash_command=['echo $E'])\n"
    )
    (made,) = translator.translate(file, load_settings(file, {"port": "yes"}))
    assert [one for one in made.diagnostics if one.code == "AA109"] == []
    runner, date = LocalRunner(folder=tmp_path / "run"), {"logical_date": "2020-05-06"}
    run = runner.run(made.required(), parameters=date, on_progress=lambda _: None)
    found = {task: value for (task, _, _), value in ended_of("success", run.tree).xcoms.items()}
    assert found == {"a": 4, "b": 4, "c": "2020", "d": "2020"}


def test_findings_and_diffs_of_ported_files_have_the_path_that_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dags").mkdir()
    shutil.copy(PEOPLE / "old" / "callbacks.py", tmp_path / "dags")
    monkeypatch.chdir(tmp_path)
    file = Path("dags/callbacks.py")
    with IsolatedTranslator(60) as translator:
        (made,) = translator.translate(file, load_settings(file, {"port": "yes"}))
    assert {one.origin.file for one in made.diagnostics if one.origin is not None} == {"dags/callbacks.py"}
    assert made.ported[0] == "--- dags/callbacks.py"


def test_what_is_ported_is_shown(translator: IsolatedTranslator) -> None:
    file = PEOPLE / "old" / "no_schedule.py"
    (made,) = translator.translate(file, load_settings(file, {"port": "yes"}))
    assert any(line.startswith("+") and "catchup=True, schedule=timedelta(days=1)" in line for line in made.ported)
    assert made.workflow is not None
    assert made.workflow.schedule is not None
