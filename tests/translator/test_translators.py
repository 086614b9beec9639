"""Many DAG files, translated by processes beside one another."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.diagnostics import AirflowArgoError, InputError
from airflow_argo.settings import load_settings
from airflow_argo.translator.isolated import IsolatedTranslator, translated
from airflow_argo.translator.translators import Translators, processes_for

DAGS = Path(__file__).parent.parent / "parity" / "dags"
FILE = """
from airflow.sdk import DAG
{top}
dag = DAG("{name}", schedule=None)
"""


def files_in(folder: Path, **tops: str) -> list[Path]:
    """A DAG file for each name, with a line at its top."""
    for name, top in tops.items():
        (folder / f"{name}.py").write_text(FILE.format(name=name, top=top))
    return [folder / f"{name}.py" for name in tops]


def ids_of(result: Any) -> Any:
    """The ids of DAGs, or the code of an error."""
    return getattr(result, "code", "") if isinstance(result, AirflowArgoError) else [one.dag_id for one in result]


def test_results_come_in_the_files_order_and_are_those_of_one_process() -> None:
    files = [
        (file, load_settings(file)) for file in (DAGS / "values.py", DAGS / "ends.py", DAGS / "nowhere.py", DAGS / "shapes.py")
    ]
    with IsolatedTranslator(120) as translator:
        expected = [translated(translator, *file) for file in files]
    with Translators(120, 2) as translators:
        found = list(translators.translated(files))
    assert list(map(ids_of, found)) == list(map(ids_of, expected))
    assert found[0] == expected[0]


def test_file_that_ends_its_process_is_an_error_of_its_own(tmp_path: Path) -> None:
    files = files_in(tmp_path, a="", b="import os; os._exit(3)", c="", d="", e="raise ValueError")
    with Translators(120, 2) as translators:
        assert translators.files_in(tmp_path) == files
        found = list(map(ids_of, translators.translated([(file, load_settings(file)) for file in files])))
    assert found == [["a"], "AA107", ["c"], ["d"], "AA102"]


def test_leaving_early_ends_what_runs(tmp_path: Path) -> None:
    told = tmp_path / "told"
    waits = f"import os, pathlib, time; pathlib.Path({str(told)!r}).write_text(str(os.getpid())); time.sleep(100)"
    files = files_in(tmp_path, a="", b=waits, c="", d="")
    with Translators(120, 2) as translators:
        next(translators.translated([(file, load_settings(file)) for file in files]))
        while not told.exists() or not told.read_text():
            time.sleep(0.01)
        left = time.monotonic()
    assert time.monotonic() - left < 90
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text()), 0)


def test_what_a_broken_file_leaves_open_is_closed_for_the_next(tmp_path: Path) -> None:
    opens = "from airflow.sdk import TaskGroup; DAG('x').__enter__(); TaskGroup('g').__enter__(); raise ValueError"
    adds = "from airflow.providers.standard.operators.empty import EmptyOperator"
    files = files_in(tmp_path, a=opens, b=adds)
    with files[1].open("a") as file:
        file.write("EmptyOperator(task_id='t', dag=dag)\n")
    with Translators(120, 1) as translators:
        broken, found = translators.translated([(file, load_settings(file)) for file in files])
    assert ids_of(broken) == "AA102"
    assert isinstance(found, list)
    assert [step.id for step in found[0].required().graph.steps] == ["t"]


def test_folder_that_airflow_gets_lost_in_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to(tmp_path)
    with (
        Translators(120, 1) as translators,
        pytest.raises(InputError, match="Airflow can't list its files: Detected recursive loop"),
    ):
        translators.files_in(tmp_path)


def test_number_of_processes_is_that_of_processors_at_most_and_one_for_few_files(tmp_path: Path) -> None:
    assert processes_for([str(DAGS / "ends.py"), str(tmp_path)]) == 1
    for number in range(10_000 // 50):
        (tmp_path / f"{number}.py").touch()
    assert 1 <= processes_for([str(tmp_path)]) <= (os.cpu_count() or 1)


def test_who_asks_needs_no_airflow_for_members_of_the_authors_enums() -> None:
    program = (
        "import sys; from pathlib import Path; from airflow_argo.settings import load_settings\n"
        "from airflow_argo.translator.isolated import IsolatedTranslator\n"
        "with IsolatedTranslator(120) as translator:\n"
        "    made = translator.translate(Path(sys.argv[1]), load_settings())\n"
        "assert [one.dag_id for one in made] == ['enum_ids', 'enum_names']\n"
        "assert all(type(step.id) is str for one in made for step in one.workflow.graph.steps)\n"
        "assert 'airflow' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(DAGS / "enum_ids.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
