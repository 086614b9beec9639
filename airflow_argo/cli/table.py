"""The table of commands. What a command does is imported when it is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from airflow_argo.cli import options as o
from airflow_argo.cli.report import Report


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its name, one line of help, its options, and the function that does it, as `module:function`."""

    name: str
    help: str
    function: str
    options: tuple[o.Option, ...] = ()

    def load(self) -> Callable[[Any], Report]:
        """The function."""
        module, _, name = self.function.partition(":")
        return cast("Callable[[Any], Report]", getattr(import_module(f"airflow_argo.cli.commands.{module}"), name))


COMMANDS: tuple[Command, ...] = (
    Command(
        "translate",
        "translate Airflow DAGs, or workflows of ours, into Argo manifests",
        "translate:translate",
        (o.FILES, o.DAG_ID, o.KIND, o.STRICT, o.MANIFEST_OUTPUT, o.OUTPUT_DIR, o.NAMESPACE, *o.SETTINGS, *o.READING),
    ),
    Command(
        "assess",
        "tell which DAGs can be translated, and why others can't",
        "assess:assess",
        (
            o.FILES,
            o.option(
                "-o", "--output", help="text, json, or a table for docs", choices=("text", "json", "markdown"), default="text"
            ),
            *o.READING,
        ),
    ),
    Command(
        "port",
        "show what DAG files for Airflow 1.10 or 2 need for Airflow 3",
        "port:port",
        (o.FILES, o.option("--write", help="change the files", action="store_true"), o.OUTPUT),
    ),
    Command(
        "run",
        "run a workflow on this machine, without a cluster",
        "run:run",
        (
            o.FILE,
            o.DAG_ID,
            o.PARAMETER,
            o.PARAMETER_FILE,
            o.RUN_NAME,
            o.ISOLATION,
            o.PASS_ENV,
            o.RESUME,
            o.OUTPUT,
            *o.SETTINGS,
            *o.READING,
        ),
    ),
    Command(
        "compare",
        "run DAGs in Airflow and as workflows, on this machine, and tell what differs",
        "compare:compare",
        (
            o.FILES,
            o.DAG_ID,
            o.PARAMETER,
            o.PARAMETER_FILE,
            o.IGNORE_XCOMS,
            o.SHORT_DELAYS,
            o.EACH_TIMEOUT,
            o.PASS_ENV,
            o.OUTPUT,
            *o.SETTINGS,
            *o.READING,
        ),
    ),
    Command(
        "submit",
        "submit a workflow to Argo",
        "submit:submit",
        (
            o.FILE,
            o.DAG_ID,
            o.SUBMITTED_KIND,
            o.PARAMETER,
            o.PARAMETER_FILE,
            o.RUN_NAME,
            o.WAIT,
            o.TIMEOUT,
            o.DRY_RUN,
            o.OUTPUT,
            *o.CLUSTER,
            *o.SETTINGS,
            *o.READING,
        ),
    ),
    Command(
        "backfill",
        "run a DAG for each of its dates in a time that is over",
        "backfill:backfill",
        (
            o.DAG_FILE,
            o.DAG_ID,
            o.FROM_DATE,
            o.TO_DATE,
            o.MAX_ACTIVE_RUNS,
            o.RUN_BACKWARDS,
            o.REPROCESS_BEHAVIOR,
            o.RERUN_FAILED,
            o.CONF,
            o.PARAMETER,
            o.PARAMETER_FILE,
            o.PLAN_ONLY,
            o.TIMEOUT,
            o.LOCAL,
            o.OUTPUT,
            *o.CLUSTER,
            *o.SETTINGS,
            *o.READING,
        ),
    ),
    Command(
        "wait",
        "wait until a workflow has ended, and exit as it did",
        "wait:wait",
        (o.NAME, o.TIMEOUT, o.LOCAL, o.OUTPUT, *o.CLUSTER),
    ),
    Command("logs", "print what the steps of a workflow write", "logs:logs", (o.NAME, o.FOLLOW, o.LOCAL, o.OUTPUT, *o.CLUSTER)),
    Command("list", "list workflows", "lists:lists", (o.SELECTOR, o.LOCAL, o.OUTPUT, *o.CLUSTER)),
    Command("stop", "end a workflow; its exit handler runs", "stop:stop", (o.NAME, o.LOCAL, o.OUTPUT, *o.CLUSTER)),
    Command("terminate", "end a workflow at once", "stop:terminate", (o.NAME, o.LOCAL, o.OUTPUT, *o.CLUSTER)),
    Command(
        "retry",
        "run again what failed of a workflow",
        "retry:retry",
        (o.NAME, o.RESTART_SUCCESSFUL, o.NODE_FIELD_SELECTOR, o.WAIT, o.LOCAL, o.OUTPUT, *o.CLUSTER),
    ),
    Command("resume", "go on with a suspended workflow", "stop:resume", (o.NAME, o.LOCAL, o.OUTPUT, *o.CLUSTER)),
    Command("delete", "delete a workflow", "stop:delete", (o.NAME, o.LOCAL, o.OUTPUT, *o.CLUSTER)),
    Command(
        "graph",
        "draw a workflow",
        "graph:graph",
        (
            o.FILE,
            o.DAG_ID,
            o.option("-o", "--output", help="what to write", choices=("mermaid", "dot", "svg", "json"), default="mermaid"),
            o.RUN,
            o.LOCAL,
            o.ALL,
            *o.CLUSTER,
            *o.READING,
        ),
    ),
    Command(
        "lint",
        "find the faults of manifests, without a cluster",
        "lint:lint",
        (
            o.option("paths", help="manifests, or folders of them; - is stdin", nargs="*", metavar="FILE"),
            o.LINT_OUTPUT,
            o.option("--strict", help="warnings count as errors", action="store_true"),
            o.ARGO_VERSION,
            o.option("--cluster", help="check fields by the CRDs of the cluster at hand", action="store_true"),
            o.option("--explain", help="explain a code, and lint nothing", metavar="CODE"),
            o.KUBECONFIG,
            o.CONTEXT,
        ),
    ),
    Command(
        "config",
        "show each setting and where it comes from",
        "config:config",
        (o.option("path", help="the DAG file or folder", nargs="?", metavar="PATH"), o.OUTPUT, o.NAMESPACE, *o.SETTINGS),
    ),
    Command(
        "codes",
        "list the codes of findings, or explain one",
        "codes:codes",
        (o.option("code", help="the code to explain", nargs="?", metavar="CODE"), o.OUTPUT),
    ),
    Command("version", "print the version", "version:version", (o.OUTPUT,)),
)
