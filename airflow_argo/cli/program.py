"""`airflow-argo`: parses arguments, calls the command, and shows its answer or its error. All output is written here."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from contextlib import redirect_stdout
from typing import Any

from airflow_argo import __version__
from airflow_argo.cli.options import add_options
from airflow_argo.cli.report import Report, show_findings, show_ported
from airflow_argo.cli.table import COMMANDS, Command
from airflow_argo.diagnostics import AirflowArgoError, ExitCode


def run(arguments: list[str]) -> int:
    """Runs a command line; returns the exit code."""
    return run_command(parser().parse_args(arguments))


def run_command(options: argparse.Namespace) -> int:
    """Runs the command that a parser has found, ours or Airflow's; returns the exit code."""
    try:
        options.stdout = sys.stdout  # for commands whose answer comes line by line
        with redirect_stdout(sys.stderr):  # what libraries say as they are used is no part of the answer
            report = options.command.load()(options)
        _show(report, options)
        return int(options.report_exit_code)
    except AirflowArgoError as error:
        return _show_error(error, options)
    except KeyboardInterrupt:
        return _say("interrupted", ExitCode.INTERRUPTED)
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.OK)
    except Exception as error:  # noqa: BLE001 - the border to the user
        if options.debug:
            traceback.print_exc()
        hint = "" if options.debug else "; add --debug to see where"
        return _say(f"this is a fault of airflow-argo: {type(error).__name__}: {error}{hint}", ExitCode.RUN_FAILED)


def parser() -> argparse.ArgumentParser:
    """The parser of the whole program."""
    made = argparse.ArgumentParser(prog="airflow-argo", description="Airflow DAGs as Argo Workflows.")
    made.add_argument("--version", action="version", version=f"airflow-argo {__version__}")
    made.add_argument("--debug", action="store_true", help="show where an error comes from")
    commands = made.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        add_command(commands, command)
    return made


def add_command(commands: Any, command: Command) -> None:
    """Adds a command of the table to a parser's subcommands."""
    sub = commands.add_parser(command.name, help=command.help, description=command.help)
    add_options(sub, command.options)
    sub.set_defaults(command=command)


def _show(report: Report, options: argparse.Namespace) -> None:
    options.report_exit_code = report.exit_code
    show_ported(report.ported)
    show_findings(report.findings)
    if getattr(options, "output", "text") == "json":
        print(report.to_json())
        return
    if report.text:
        print(report.text.rstrip("\n"))
    if report.hint:
        print(report.hint, file=sys.stderr)


def _show_error(error: AirflowArgoError, options: argparse.Namespace) -> int:
    if options.debug:
        traceback.print_exc()
    if getattr(options, "output", "text") == "json":
        print(json.dumps({**error.to_json(), "exit_code": int(error.exit_code)}, ensure_ascii=False, indent=2))
        return int(error.exit_code)
    return _say(str(error), error.exit_code)


def _say(text: str, code: int) -> int:
    print(f"airflow-argo: {text}", file=sys.stderr)
    return int(code)
