"""`@task.bash` without Airflow; what the pods do, tests/parity/dags/bash_functions.py has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.lint import lint
from airflow_argo.runners.local import LocalRunner
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from airflow_argo.translator.translation import Translation
from tests.accepted import accept

prepare_environment()


@pytest.fixture
def translated(tmp_path: Path) -> Any:
    def made(function: str, decorator: str = "@task.bash", dag: str = "") -> Translation:
        file = tmp_path / "dag.py"
        head = f"from airflow.sdk import DAG, task\nwith DAG('d', schedule=None, {dag}):\n    {decorator}\n"
        body = "".join(f"    {line}\n" for line in function.strip().splitlines())
        file.write_text(f"{head}{body}    made(*(['{{{{ params.x }}}}'] if 'x' in {dag!r} else []))\n")
        return translate(load_dags(file)[0])

    return made


def test_a_function_runs_in_the_image_of_bash_tasks(translated: Any) -> None:
    translation = translated('def made():\n    """Not {{ rendered }}, nor run.sh"""\n    return "echo 1"')
    manifest = compile_workflow(translation.required()).manifest()
    assert translation.diagnostics == ()
    assert lint(accept(manifest)) == []
    (template,) = (one for one in manifest["spec"]["templates"] if "container" in one)
    assert template["container"]["image"] == "python:3.12-slim"


@pytest.mark.parametrize(
    ("function", "decorator", "dag"),
    [
        ('def made():\n    return "echo {{ ds }}"', "@task.bash", ""),
        ('def made():\n    return f"{{{{ ds }}}} {1}"', "@task.bash", ""),
        ('def made():\n    return "echo ${#a[@]}"', "@task.bash", ""),
        ('def made():\n    return "/x/" + "run.bash"', "@task.bash", ""),
        ('def made():\n    from airflow.sdk import Variable\n    return "echo"', "@task.bash", ""),
        ('def made():\n    return "echo 1"', "@task.bash(output_processor=len)", ""),
        ('def made():\n    return "echo 1"', "@task.bash(output_encoding='latin1')", ""),
        ('def made() -> dict:\n    return "echo 1"', "@task.bash", ""),
        ('def made():\n    return "echo 1"', "@task.bash", "render_template_as_native_obj=True"),
        ('def made():\n    return "echo [[ ds ]]"', "@task.bash", "jinja_environment_kwargs={'variable_start_string': '[['}"),
    ],
)
def test_what_may_be_a_template_is_left_to_airflow(translated: Any, function: str, decorator: str, dag: str) -> None:
    assert [one.code for one in translated(function, decorator, dag).diagnostics] == ["AA231"]


@pytest.mark.parametrize(("text", "said"), [("{{ ds }}", "'{{'"), ("run.sh", "'.sh'"), ("{% if %}", "'{%'")])
def test_what_turns_out_to_be_a_template_fails_and_says_so(translated: Any, text: str, said: str, tmp_path: Path) -> None:
    translation = translated("def made(x):\n    return 'echo ' + x", dag=f"params={{'x': {text!r}}}")
    manifest = compile_workflow(translation.required()).manifest()
    made = LocalRunner(folder=tmp_path / "runs").run(manifest, on_progress=lambda _: None)
    assert [step.state for step in made.tree] == ["failed"]
    assert any(said in str(line) for line in made.logs())
