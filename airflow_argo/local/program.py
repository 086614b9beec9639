"""A manifest that has been checked and can be run, once for each `Engine`."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from airflow_argo.argo.expr import UnsupportedExpression
from airflow_argo.argo.limits import MAX_WORKFLOW_NAME
from airflow_argo.argo.names import is_object_name
from airflow_argo.argo.templates import TemplateLibrary
from airflow_argo.argo.validation import Fault, InvalidSpec, check_workflow, crd_faults
from airflow_argo.diagnostics import Diagnostic, InputError
from airflow_argo.local.clock import Clock
from airflow_argo.local.controller import faults
from airflow_argo.local.controller.arguments import ConfigMapParameters, dumps
from airflow_argo.local.controller.locks import Locks
from airflow_argo.local.controller.state import Metadata, Run
from airflow_argo.local.controller.tree import NodeTree
from airflow_argo.local.controller.workflow_variables import computed_labels, filled_spec, workflow_variables
from airflow_argo.local.documents import (
    CLUSTER_TEMPLATE,
    RUNNABLE,
    TEMPLATE,
    Document,
    choose,
    executed_spec,
    name_of,
    read_documents,
    submitted,
    template_label,
    with_parameters,
)
from airflow_argo.local.errors import InvalidManifest, Unsupported
from airflow_argo.local.pods.plan import Objects
from airflow_argo.local.resource_support import kinds_made, templates_of
from airflow_argo.local.support import Support

REFUSED_CODE: Final = "AA417"
FUNCTION_CODE: Final = "AA504"
_RANDOM: Final = string.ascii_lowercase + string.digits
_WHOLE_METADATA: Final = re.compile(r"workflow\.(?:labels|annotations)(?:\.json)?(?![\w.\-\[])")
_WHOLE_WORKFLOW: Final = re.compile(r"workflow(?![\w.\-/'\"])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What `load` gives.

    Attributes:
        documents: all that matter, with their fields in Argo's order.
        workflow: the Workflow that is submitted.
        objects: ConfigMaps and Secrets for containers.
        limits: counts and sizes matter.
        complete: the controller would take the workflow with the arguments that it has.
    """

    documents: tuple[Document, ...]
    workflow: Document
    objects: Objects
    limits: bool = True
    complete: bool = False

    @classmethod
    def of(cls, documents: Iterable[Document], workflow: Document, *, limits: bool) -> Program:
        """A program that was checked before."""
        kept = tuple(documents)
        return cls(documents=kept, workflow=workflow, objects=Objects.of(list(kept)), limits=limits)

    @property
    def spec(self) -> Document:
        """What is executed: the workflow's spec, over that of the template that it refers to."""
        return executed_spec(self.workflow, self.documents)

    @property
    def base_name(self) -> str:
        """The workflow's name, or how it begins."""
        return name_of(self.workflow)

    def new_name(self) -> str:
        """A name for a run: the workflow's, or what its generateName makes."""
        metadata = self.workflow.get("metadata") or {}
        if metadata.get("name"):
            return str(metadata["name"])
        prefix = metadata.get("generateName") or "workflow-"
        return f"{prefix}{''.join(secrets.choice(_RANDOM) for _ in range(5))}"

    def submitted(self, name: str, parameters: Mapping[str, str]) -> Document:
        """The Workflow under a name, with arguments.

        Raises:
            InputError: no Workflow may have that name.
            InvalidManifest: the controller would refuse it.
        """
        if not is_object_name(name):
            raise InputError(f"'{name}' is no name for a run", "use lower-case letters, digits and hyphens")
        workflow = with_parameters(self.workflow, parameters)
        metadata = {key: value for key, value in (workflow.get("metadata") or {}).items() if key != "generateName"}
        workflow = {**workflow, "metadata": {**metadata, "name": name}}
        if parameters or not self.complete or len(name) > MAX_WORKFLOW_NAME:
            _check_spec(workflow, self.documents)
        return workflow


def load(
    documents: Iterable[Mapping[str, Any]],
    *,
    name: str | None = None,
    scheduled: datetime | None = None,
    images: bool = False,
    limits: bool = True,
) -> Program:
    """Check documents, and find what there is to run among them.

    Args:
        documents: a Workflow and what it refers to, as read from YAML; or a WorkflowTemplate or CronWorkflow to run.
        name: of the one to run, if there are several.
        scheduled: when the run of a CronWorkflow is due; None for now.
        images: containers will run in their images, so that those may say what they run.
        limits: check counts too, such as 200 tasks in a DAG, as the API server does.
    Raises:
        InputError: it isn't clear what to run.
        InvalidManifest: Argo would refuse it; all findings.
        Unsupported: it needs what the engine doesn't do; all findings.
    """
    read = read_documents(documents)
    _check_shape(read, limits=limits)
    workflow = submitted(choose(read, name), scheduled)
    complete = _is_complete(workflow, read)
    spec = executed_spec(workflow, read)
    objects = Objects.of(read)
    made = kinds_made([one for document in read for one in templates_of(document)])
    findings = Support(objects, images, read, made).findings(spec, TemplateLibrary.of(spec, read, ""))
    if findings:
        raise Unsupported(name_of(workflow) or "this workflow", findings)
    return Program(documents=tuple(read), workflow=workflow, objects=objects, limits=limits, complete=complete)


def _check_shape(documents: Iterable[Document], *, limits: bool) -> None:
    for document in documents:
        if document["kind"] in RUNNABLE:
            found = [fault for fault in crd_faults(document) if limits or not fault.count]
            if found:
                what = f"{document['kind']} {name_of(document)} is refused by Argo's API server".replace("  ", " ")
                raise InvalidManifest(what, [_diagnostic(fault) for fault in found], rejected=True)


def _diagnostic(fault: Fault) -> Diagnostic:
    return Diagnostic(code=REFUSED_CODE, message=fault.text, path=fault.path)


def _is_complete(workflow: Document, documents: Iterable[Document]) -> bool:
    """Whether the controller would take the workflow as it is, and not only with other arguments."""
    try:
        _check_spec(workflow, documents)
    except InvalidManifest:
        _check_spec(workflow, documents, complete=False)
        return False
    return True


def _check_spec(workflow: Document, documents: Iterable[Document], *, complete: bool = True) -> None:
    try:
        check_workflow(workflow, documents, values=complete, more_arguments=not complete)
    except InvalidSpec as error:
        message = f"invalid spec: {error}"
        raise InvalidManifest(
            f"{name_of(workflow) or 'this workflow'} is refused by Argo's controller",
            [Diagnostic(code=REFUSED_CODE, message=str(error))],
            rejected=False,
            message=message,
        ) from None
    except UnsupportedExpression as error:
        raise Unsupported(name_of(workflow), [Diagnostic(code=FUNCTION_CODE, message=str(error), path="expression")]) from None


def _refers(workflow: Document) -> bool:
    return bool((workflow.get("spec") or {}).get("workflowTemplateRef"))


def new_run(program: Program, workflow: Document, clock: Clock, *, uid: str, created_at: float) -> Run:
    """The state of a run that has not begun; one that can't begin is over.

    Args:
        workflow: from `Program.submitted`.
        uid: of the workflow.
        created_at: when it was submitted, seconds since 1970.
    """
    given = workflow["metadata"]
    metadata = Metadata(
        name=given["name"],
        namespace=given.get("namespace") or "default",
        uid=uid,
        created_at=created_at,
        labels=dict(given.get("labels") or {}) | template_label(workflow),
        annotations=dict(given.get("annotations") or {}),
    )
    spec = executed_spec(workflow, program.documents)
    config_maps = {name_of(document): document for document in program.documents if document["kind"] == "ConfigMap"}
    text = dumps([spec, *(document for document in program.documents if document["kind"] in (TEMPLATE, CLUSTER_TEMPLATE))])
    whole = _WHOLE_WORKFLOW.search(text) is not None
    run = Run(
        metadata=metadata,
        spec=dict(spec),
        library=TemplateLibrary.of(spec, program.documents, "" if _refers(workflow) else metadata.name),
        parameters=config_maps,
        clock=clock,
        tree=NodeTree(metadata.name, clock.now),
        locks=Locks(metadata.namespace, {name: dict(one.get("data") or {}) for name, one in config_maps.items()}),
        shutdown=spec.get("shutdown") or "",
        suspended=bool(spec.get("suspend")),
        shows_duration=whole or "duration" in text,
        shows_failures=whole or "failures" in text,
        shows_metadata=whole or _WHOLE_METADATA.search(text) is not None,
    )
    _fill(run, refers=_refers(workflow))
    return run


def _fill(run: Run, *, refers: bool) -> None:
    """Set the variables of the workflow and put them into its spec."""
    phase, prefix = "Failed", "failed to set global parameters: "
    try:
        for key, value in workflow_variables(run.metadata, run.spec, ConfigMapParameters(run.parameters)).items():
            run.globals.set(key, value)
        phase, prefix = "Error", ""
        run.spec = filled_spec(run.spec, run.globals)
        computed = run.computed_labels = computed_labels(run.spec, run.globals)
        if not refers:  # else the controller reads the stored spec again before anything runs, and forgets them
            for name, value in computed.items():
                run.globals.set(f"workflow.labels.{name}", value)
            run.spec = filled_spec(run.spec, run.globals)
    except faults.Fault as error:
        run.phase, run.message = phase, f"{prefix}{error}"
        run.started_at = run.finished_at = run.now()
