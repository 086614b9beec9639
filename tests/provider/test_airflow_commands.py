"""`airflow argo …`: Airflow's own parser takes all of our options."""

import argparse
import json

import pytest

from airflow_argo.cli.airflow_commands import OFFERED, get_cli_commands
from tests.cluster.conftest import NO_OP


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


def call(name, *arguments):
    """The exit code of `airflow argo NAME …`."""
    command = next(one for one in get_cli_commands()[0].subcommands if one.name == name)
    parser = argparse.ArgumentParser(name)
    for argument in command.args:
        argument.add_to_parser(parser)
    with pytest.raises(SystemExit) as ended:
        command.func(parser.parse_args(arguments))
    return ended.value.code


@pytest.mark.cluster
def test_a_connection_of_airflows_says_where_the_cluster_is(connection, cluster, monkeypatch, capsys):
    monkeypatch.setenv("AIRFLOW_CONN_MINE", connection)
    made = cluster.submit(NO_OP)
    assert call("list", "--conn-id", "mine", "-o", "json") == 0
    assert made.name in [one["name"] for one in json.loads(capsys.readouterr().out)]
    for arguments, said in (
        (("--conn-id", "nope"), "Airflow has no connection 'nope'"),
        (("--conn-id", "mine", "--context", "x"), "leave out --kubeconfig and --context"),
    ):
        assert call("list", *arguments) == 3
        assert said in capsys.readouterr().err
