"""`airflow-argo run`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from airflow_argo.cli.files import one_source, parameters_of
from airflow_argo.cli.report import Report, show_findings, show_ported
from airflow_argo.diagnostics import ExitCode


def run(options: Namespace) -> Report:
    """Runs a workflow on this machine, showing it live."""
    from airflow_argo.runners.display import shown_on_terminal
    from airflow_argo.runners.local import LocalRunner

    runner = LocalRunner(isolation=options.isolation, pass_env=options.pass_env)
    if options.resume:
        from airflow_argo.local import default_folder

        folder = Path(options.file)
        with shown_on_terminal(folder.name) as show:
            return outcome(runner.resume(folder if folder.is_dir() else default_folder(options.file), on_progress=show))
    source = one_source(options)
    show_ported(source.ported)
    show_findings(source.diagnostics)
    with shown_on_terminal(source.name) as show:
        made = runner.run(source.runnable(), parameters=parameters_of(options), name=options.run_name, on_progress=show)
    return outcome(made)


def outcome(made: Any) -> Report:
    """How a run ended: its outputs as text, all of it as JSON."""
    data = {
        "name": made.name,
        "phase": made.status,
        "message": made.message,
        "outputs": made.outputs,
        "steps": [step.to_json() for step in made.tree],
    }
    if hasattr(made, "folder"):
        data["folder"] = str(made.folder)
    if made.succeeded:
        return Report("\n".join(f"{name} = {value}" for name, value in made.outputs.items()), data)
    where = " --local" if hasattr(made, "folder") else f" -n {made.cluster.namespace}"
    hint = f"see airflow-argo logs {made.name}{where}; airflow-argo retry {made.name}{where} runs again what failed"
    return Report(data=data, exit_code=ExitCode.RUN_FAILED, hint=hint)
