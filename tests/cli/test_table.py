"""The table of commands: each is documented, loads, and says what it takes."""

from pathlib import Path

import pytest

from airflow_argo.cli.options import LOAD_TIMEOUT, READING
from airflow_argo.cli.table import COMMANDS
from airflow_argo.diagnostics import ExitCode

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_is_documented_loads_and_has_help(cli, command):
    assert f"`{command.name}" in PAGE
    assert callable(command.load())
    answer = cli(command.name, "--help")
    assert answer.code == ExitCode.OK
    assert command.help in " ".join(answer.out.split())


def test_every_option_says_what_it_is_for():
    for command in COMMANDS:
        assert all(option.help for option in command.options), command.name


def test_commands_that_read_dag_files_read_them_in_the_same_ways():
    reading = [command for command in COMMANDS if LOAD_TIMEOUT in command.options]
    assert {"translate", "run", "submit", "backfill"} < {command.name for command in reading}
    for command in reading:
        assert all(option in command.options for option in READING), command.name


def test_settings_are_shown_with_their_sources(cli, write):
    write("airflow-argo.toml", 'image = "of-the-file"\n')
    found = cli("config", "-o", "json", "--service-account", "me").json
    assert found["image"]["value"] == "of-the-file"
    assert found["image"]["source"].startswith("file ")
    assert found["service_account"] == {"value": "me", "source": "flag --service-account"}
    assert "of-the-file" in cli("config").out


def test_codes_are_listed_and_explained(cli):
    assert "AA203" in cli("codes").out
    assert cli("codes", "aa203", "-o", "json").json["code"] == "AA203"
    assert cli("codes", "AA999").code == ExitCode.BAD_INPUT


def test_the_version_names_all_that_matters(cli):
    assert set(cli("version", "-o", "json").json) == {"airflow-argo", "argo", "airflow", "python"}


def test_what_a_file_says_as_it_is_imported_is_no_part_of_the_answer(cli, write):
    own = "from airflow_argo import ContainerJob, Workflow\nworkflow = Workflow('w', [ContainerJob('a', 'i', 'x')])\n"
    found = cli("submit", write("own.py", f"print('said')\n{own}"), "--dry-run=client", "-o", "json")
    assert found.json
    assert "said" in found.err
