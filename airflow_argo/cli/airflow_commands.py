"""`airflow argo …`: commands of our table, as Airflow's own command line takes them. Imported at each call of `airflow`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import Any, Final

from airflow_argo.cli import options as o
from airflow_argo.cli.table import COMMANDS, Command

OFFERED: Final = ("translate", "assess", "submit", "backfill", "wait", "logs", "list", "stop", "terminate", "retry", "graph")
"""Commands that make sense beside Airflow's own."""


def get_cli_commands() -> list[Any]:
    """The group `argo`, for the provider's entry `cli`."""
    from airflow.cli.cli_config import GroupCommand

    commands = [_action(command) for command in COMMANDS if command.name in OFFERED]
    return [GroupCommand(name="argo", help="Argo Workflows: translate, submit, list, logs", subcommands=commands)]


def _action(command: Command) -> Any:
    from airflow.cli.cli_config import ActionCommand

    more = (o.CONNECTION,) if o.KUBECONFIG in command.options else ()
    arguments = [_argument(one) for one in (*command.options, *more)]
    return ActionCommand(name=command.name, help=command.help, func=_runs(command), args=arguments)


def _argument(option: o.Option) -> Any:
    from airflow.cli.cli_config import Arg

    made = Arg(option.names, help=option.help)
    made.kwargs |= option.settings  # Arg itself takes fewer of argparse's settings than we use
    return made


def _runs(command: Command) -> Callable[[Namespace], None]:
    def run(arguments: Namespace) -> None:
        from airflow_argo.cli.program import run_command

        arguments.command, arguments.debug = command, getattr(arguments, "verbose", False)
        raise SystemExit(run_command(arguments))

    return run
