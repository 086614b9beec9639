"""`airflow argo …`: Airflow's own parser takes all of our options."""

import argparse

import pytest

from airflow_argo.cli.airflow_commands import OFFERED, get_cli_commands


def test_each_command_can_be_parsed():
    [group] = get_cli_commands()
    assert {command.name for command in group.subcommands} == set(OFFERED)
    for command in group.subcommands:
        parser = argparse.ArgumentParser(command.name)
        for argument in command.args:
            argument.add_to_parser(parser)
        with pytest.raises(SystemExit) as ended:
            parser.parse_args(["--help"])
        assert ended.value.code == 0
