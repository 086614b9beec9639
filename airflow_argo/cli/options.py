"""The options of commands, each defined once. Named as kubectl and argo name them."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Option:
    """An argument of argparse."""

    names: tuple[str, ...]
    help: str
    settings: dict[str, Any] = field(default_factory=dict)


def option(*names: str, help: str, **settings: Any) -> Option:
    """An option, or a positional argument."""
    return Option(names, help, settings)


def positive(text: str) -> int:
    """A whole number over zero."""
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError(f"'{text}' is no number over 0")
    return int(text)


FILE = option("file", help="a DAG file, a file with a workflow of ours, or a manifest; - is stdin", metavar="FILE")
FILES = option("paths", help="DAG files, or folders of them", nargs="+", metavar="PATH")
NAME = option("name", help="the workflow's name", metavar="NAME")
OPTIONAL_NAME = option("name", help="the workflow's name; without one, all of them", nargs="?", metavar="NAME")

DAG_ID = option("--dag-id", help="the DAG, of a file with several")
OUTPUT = option("-o", "--output", help="text for people, or json", choices=("text", "json"), default="text")
MANIFEST_OUTPUT = option("-o", "--output", help="how manifests are written", choices=("yaml", "json"), default="yaml")
OUTPUT_DIR = option("--output-dir", help="write each manifest into a file of this folder instead", metavar="DIR")
_KINDS = ("Workflow", "WorkflowTemplate", "CronWorkflow")
KIND = option(
    "--kind",
    help="what is made of a workflow: by default a CronWorkflow if it has a schedule, else a Workflow",
    choices=_KINDS,
)
SUBMITTED_KIND = option(
    "--kind",
    help="what is submitted: a Workflow, which runs at once (default), or one of the others, which are applied",
    choices=_KINDS,
)
STRICT = option("--strict", help="refuse what would lose anything", action="store_true")
LOAD_TIMEOUT = option(
    "--load-timeout", help="seconds that reading a file may take", type=float, default=60.0, metavar="SECONDS"
)
PARAMETER = option(
    "-p",
    "--parameter",
    help="a value for an input, as name=value; may be repeated",
    action="append",
    default=[],
    metavar="NAME=VALUE",
)
PARAMETER_FILE = option("-f", "--parameter-file", help="values for inputs, as YAML or JSON", metavar="FILE")
EACH_TIMEOUT = option("--timeout", help="seconds that a run may take (600)", type=float, default=600.0, metavar="SECONDS")
IGNORE_XCOMS = option("--ignore-xcoms", help="compare how tasks end, not what they give out", action="store_true")
SHORT_DELAYS = option("--short-delays", help="wait no longer than a second between two tries", action="store_true")
RUN_NAME = option("--name", help="the name of the run", dest="run_name")
TIMEOUT = option("--timeout", help="seconds to wait at most", type=float, metavar="SECONDS")

NAMESPACE = option("-n", "--namespace", help="the namespace; by default that of the context")
KUBECONFIG = option("--kubeconfig", help="the kubeconfig; by default as kubectl finds it", metavar="FILE")
CONTEXT = option("--context", help="the context of the kubeconfig")
CLUSTER: tuple[Option, ...] = (NAMESPACE, KUBECONFIG, CONTEXT)
CONNECTION = option("--conn-id", help="a connection of Airflow's, of type argo, instead of a kubeconfig")
"""Where Airflow is: `airflow argo …`."""

IMAGE = option("--image", help="the image of bash and Python tasks")
AIRFLOW_IMAGE = option("--airflow-image", help="the image of tasks that need Airflow")
SERVICE_ACCOUNT = option("--service-account", "--serviceaccount", help="the service account of the pods")
PULL_POLICY = option("--image-pull-policy", help="when nodes pull images", choices=("Always", "IfNotPresent", "Never"))
DAGS_IN_IMAGE = option("--dags-in-image", help="the folder of the DAG files in the Airflow image", metavar="PATH")
SETTINGS: tuple[Option, ...] = (IMAGE, AIRFLOW_IMAGE, SERVICE_ACCOUNT, PULL_POLICY, DAGS_IN_IMAGE)

DAGS_FOLDER = option("--dags-folder", help="the folder of all DAGs, whose modules they import", metavar="PATH")
PORT = option(
    "--port",
    help="read DAG files as written for Airflow 1.10 or 2, and show the changes",
    action="store_const",
    const="yes",
)
VARIABLES = option("--variables", help="Airflow's Variables, as airflow variables export writes them", metavar="FILE")
CONNECTIONS = option("--connections", help="Airflow's Connections, as airflow connections export writes them", metavar="FILE")
PLACEHOLDERS = option(
    "--placeholders",
    help="go on where DAG files read Variables and Connections that aren't known, with texts that stand for them",
    action="store_const",
    const="yes",
)
READING: tuple[Option, ...] = (PORT, DAGS_FOLDER, VARIABLES, CONNECTIONS, PLACEHOLDERS, LOAD_TIMEOUT)
"""How DAG files are read."""

WAIT = option("-w", "--wait", help="wait until it has ended, and exit as it did", action="store_true")
FOLLOW = option("-f", "--follow", help="go on until the workflow has ended", action="store_true")
LOCAL = option("--local", help="runs on this machine, not on a cluster", action="store_true")
DRY_RUN = option(
    "--dry-run",
    help="client: print what would be submitted; server: let the API server check it, and keep nothing",
    choices=("client", "server"),
)
ISOLATION = option(
    "--isolation",
    help="how tasks are kept apart: by mount namespaces, by rewriting paths, or in their images",
    choices=("auto", "namespace", "rewrite", "docker", "podman"),
    default="auto",
)
PASS_ENV = option(
    "--pass-env", help="a variable that tasks see too; may be repeated", action="append", default=[], metavar="NAME"
)
RESUME = option("--resume", help="go on with a run that broke off, given by its name or folder", action="store_true")
SELECTOR = option("-l", "--selector", help="labels, as kubectl takes them")
ALL = option("--all", help="also the tasks that the compiler adds", action="store_true")
LINT_OUTPUT = option(
    "-o", "--output", help="text, json, or workflow commands for GitHub", choices=("text", "json", "github"), default="text"
)
ARGO_VERSION = option("--argo-version", help="the version of Argo to lint for", choices=("3.7", "4.0", "4.1"), default="4.1")
RUN = option("--run", help="colour it by the states of this run", metavar="NAME", dest="run_name")


RESTART_SUCCESSFUL = option("--restart-successful", help="also the nodes that the selector names", action="store_true")
NODE_FIELD_SELECTOR = option("--node-field-selector", help="nodes, such as displayName=load", metavar="SELECTOR")

DAG_FILE = option("file", help="a DAG file", metavar="FILE")
FROM_DATE = option("--from-date", "--from", help="the first logical date, itself included", required=True, metavar="DATE")
TO_DATE = option("--to-date", "--to", help="the last logical date, itself included", required=True, metavar="DATE")
MAX_ACTIVE_RUNS = option(
    "--max-active-runs", "--max-active", help="how many runs go on at once (10)", type=positive, default=10, metavar="N"
)
RUN_BACKWARDS = option("--run-backwards", "--reverse", help="the newest first", action="store_true")
REPROCESS_BEHAVIOR = option(
    "--reprocess-behavior",
    help="which of the runs that are there already run anew",
    choices=("none", "failed", "completed"),
    default="none",
)
RERUN_FAILED = option("--rerun-failed", help="the same as --reprocess-behavior failed", action="store_true")
CONF = option("--dag-run-conf", help="the configuration of the runs, as JSON", dest="conf", metavar="JSON")
PLAN_ONLY = option("--dry-run", help="show the plan, and submit nothing", action="store_true")


def add_options(parser: Any, options: Sequence[Option]) -> None:
    """Adds options to a parser of argparse."""
    for one in options:
        parser.add_argument(*one.names, help=one.help, **one.settings)
