"""What an operator submits: a manifest, a template, a workflow of ours, or an Airflow DAG, as documents for the cluster.

Each DAG file with an operator of ours imports this, so that the model and the compiler are imported when a task runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_argo._compat import AIRFLOW_3
from airflow_argo.diagnostics import InputError
from airflow_argo.operators.plain import plain_dict

if TYPE_CHECKING:
    from airflow_argo.model.values import Type
    from airflow_argo.model.workflow import InputSpec

Dict = dict[str, Any]

_TIMES = ("data_interval_start", "data_interval_end", "run_after")


@dataclass(frozen=True, slots=True)
class Source:
    """What is submitted.

    Attributes:
        documents: a Workflow and what goes before it; empty if `template` says what is run.
        template: `workflowtemplate/NAME` or the like.
        parameters: values that the workflow gets unless the author says others.
        types: of the workflow's outputs, where they are known.
    """

    documents: tuple[Dict, ...] = ()
    template: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    types: Mapping[str, Type] = field(default_factory=dict)


class Nothing(Exception):
    """There is nothing to submit: no task of it would run.

    Attributes:
        failed: since what is before them has failed.
    """

    def __init__(self, reason: str, *, failed: bool = False) -> None:
        super().__init__(reason)
        self.failed = failed


def manifest_source(manifest: Any) -> Source:
    """A manifest: a dict, YAML or JSON text, or a list of these.

    Raises:
        InputError: it is something else.
        ManifestError: the text is no manifest.
    """
    from airflow_argo.argo.manifest import read_manifests

    if not isinstance(manifest, list | tuple):
        manifest = [manifest]
    documents: list[Dict] = []
    for part in manifest:
        if isinstance(part, str):
            documents += read_manifests(part, "manifest")
        elif isinstance(part, Mapping):
            documents.append(plain_dict(part, "manifest"))
        else:
            found = f"the manifest is of type {type(part).__name__}"
            raise InputError(found, "give a dict, YAML text, the name of a file of it, or a list of these")
    return Source(tuple(documents))


def checked_parameters(documents: Sequence[Dict], namespace: str, parameters: Mapping[str, Any]) -> Dict:
    """What the author gives as arguments, checked before anything is sent.

    Raises:
        InputError: the documents can't be submitted, or their workflow has no such input, or it can't have that value.
    """
    from airflow_argo.cluster.manifests import bundle
    from airflow_argo.runners.sources import Runnable

    found = bundle(documents, namespace)
    if found.workflow is None:
        return dict(parameters)
    return Runnable(found.workflow, tuple(one for _, one in found.first)).inputs(parameters)


def owned(documents: Sequence[Dict], owners: Sequence[Mapping[str, Any]]) -> list[Dict]:
    """The documents; the workflow among them with its owners, as `metadata.ownerReferences`."""
    if not owners:
        return list(documents)
    references = [dict(one) for one in owners]
    return [
        {**one, "metadata": {**(one.get("metadata") or {}), "ownerReferences": references}}
        if one.get("kind") == "Workflow"
        else one
        for one in documents
    ]


def workflow_source(workflow: Any, context: Any, *, is_dag: bool = False, is_dated: bool = True) -> Source:
    """A workflow of the DSL or the model, or an Airflow DAG with the dates, run id, conf and params of the present run.

    Args:
        is_dag: it was translated from one.
        is_dated: a DAG's run has a logical date; the present one's, or the author's.
    Raises:
        AirflowArgoError: it can't be compiled or translated.
    """
    from airflow_argo.compiler.scope import parameter_name
    from airflow_argo.runners.sources import runnable

    if hasattr(workflow, "task_dict"):
        from airflow_argo.translator.dags import translate

        workflow, is_dag = translate(workflow, is_dated=is_dated).required(), True
    source = runnable(workflow)
    assert source.compiled is not None
    model = source.compiled.workflow
    inputs = {spec.name for spec in model.inputs}
    run = run_facts(context, model.inputs) if is_dag else {}
    types = {parameter_name(name): value.type for name, value in model.outputs}
    return Source(
        (*source.documents, source.manifest), parameters={name: run[name] for name in run if name in inputs}, types=types
    )


def dag_source(dag: str, folder: Path, context: Any, *, is_dated: bool = True) -> Source:
    """A DAG out of a file: `path.py`, `path.py:dag_id`, or the id of a DAG in a file of the folder.

    Raises:
        InputError: there is no such file or DAG, or there are several.
        AirflowArgoError: it can't be read or translated.
    """
    return workflow_source(find_dag(dag, folder), context, is_dated=is_dated)


def find_dag(dag: str, folder: Path) -> Any:
    """The DAG that a text names; see `dag_source`."""
    from airflow_argo.translator.loading import load_dags

    path, _, dag_id = dag.partition(".py:") if ".py:" in dag else (dag, "", "")
    if dag_id or dag.endswith(".py"):
        file = folder / (f"{path}.py" if dag_id else dag)
        return _the_one(load_dags(file), dag_id, str(file))
    files = [file for file in sorted(folder.rglob("*.py")) if dag.encode() in file.read_bytes()]
    found = [(file, one) for file in files for one in load_dags(file) if one.dag_id == dag]
    if len(found) != 1:
        where = ", ".join(str(file) for file, _ in found) or f"no file under {folder}"
        raise InputError(f"DAG '{dag}' is in {where}", "name its file: path.py or path.py:dag_id")
    return found[0][1]


def _the_one(dags: list[Any], dag_id: str, path: str) -> Any:
    matching = [dag for dag in dags if not dag_id or dag.dag_id == dag_id]
    if len(matching) != 1:
        ids = ", ".join(dag.dag_id for dag in dags) or "none"
        raise InputError(f"{path} has these DAGs: {ids}", "name one that it has, as path.py:dag_id")
    return matching[0]


def has_date(context: Any, given: Mapping[str, Any] | None = None) -> bool:
    """Whether the present run has a logical date: one that assets or `airflow dags trigger` have made in Airflow 3 has none.

    Args:
        given: parameters of the author's, that may be one.
    """
    return bool((given or {}).get("logical_date") or getattr(context["dag_run"], "logical_date", None) or not AIRFLOW_3)


def run_facts(context: Any, inputs: Iterable[InputSpec]) -> Dict:
    """What a translated DAG is told of its run: `logical_date`, its data interval, `run_after`, `run_id`, `conf`, its params.

    Of a run without a logical date `logical_date` is the time after which it may start.

    Args:
        inputs: those that the workflow declares; what is none of them is told too.
    """
    from airflow_argo.compiler.scope import parameter_name
    from airflow_argo.pod.run import parameter_text
    from airflow_argo.pod.values import to_json

    run = context["dag_run"]
    date = getattr(run, "logical_date", None) or getattr(run, "run_after", None)
    kinds = {spec.name: spec.type.value for spec in inputs}
    given = {parameter_name(name): to_json(value) for name, value in dict(context.get("params") or {}).items()}
    params = {name: parameter_text(value, kinds.get(name, "json")) for name, value in given.items()}
    return {
        **params,
        "logical_date": "" if date is None else date.isoformat(),
        **{name: getattr(run, name).isoformat() for name in _TIMES if getattr(run, name, None) is not None},
        "run_id": str(run.run_id),
        "conf": json.dumps(to_json(dict(run.conf or {}))),
    }
