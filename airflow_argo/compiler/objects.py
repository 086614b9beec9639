"""A workflow of the model → the objects that a cluster gets: Workflow, WorkflowTemplate, CronWorkflow."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from airflow_argo.argo.limits import MAX_CRON_WORKFLOW_NAME, MAX_TEMPLATES
from airflow_argo.argo.names import limits_name, object_name, task_slug, workflow_name
from airflow_argo.compiler.bodies import body_call, jobs_of
from airflow_argo.compiler.code import quote, tag
from airflow_argo.compiler.drafts import Dict
from airflow_argo.compiler.expressions import exists, travelling
from airflow_argo.compiler.graphs import Compilation, GraphTemplate
from airflow_argo.compiler.kept import Kept, kept_by_readers
from airflow_argo.compiler.large_values import wants_artifacts, with_artifacts
from airflow_argo.compiler.pauses import INNER
from airflow_argo.compiler.read_by_argo import read_by_argo
from airflow_argo.compiler.rules import in_any_state
from airflow_argo.compiler.scope import parameter_name, travels_as_base64
from airflow_argo.compiler.sharing import shared
from airflow_argo.compiler.tasks import PlannedTask
from airflow_argo.compiler.templates import OWN_NAMES, Templates, arguments_of
from airflow_argo.diagnostics import DefinitionError
from airflow_argo.model.graph import Body, Graph, Step
from airflow_argo.model.values import Output, Type, sources_of
from airflow_argo.model.workflow import InputSpec, Schedule, Workflow
from airflow_argo.pod.airflow_task.workflows import SCHEMAS

API_VERSION = "argoproj.io/v1alpha1"
ANNOTATION = "airflow-argo.io/"
SHARED_ABOVE = MAX_TEMPLATES
"""With more templates than this those of one shape are shared: see `sharing`."""
MAIN = "main"
RESULTS = "results"


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a workflow became.

    Attributes:
        spec: Argo's workflow spec.
        name: the workflow's name as a Kubernetes name, for a run's generateName and for a template.
        ids: task name → step id, where they differ.
        notes: what is the compiler's own, for whoever shows a run: names of tasks that stand for no step (`helpers`), of the
            templates of parts, of their proxies, and of while-loops.
    """

    workflow: Workflow
    spec: Dict
    name: str
    ids: dict[str, str] = field(default_factory=dict)
    notes: dict[str, set[str]] = field(default_factory=dict)

    def manifest(self, name: str | None = None) -> Dict:
        """The Workflow. Without a name each submission makes a new one, `<name>-<random>`."""
        named = {"name": name} if name else {"generateName": f"{self.name}-"}
        return {"apiVersion": API_VERSION, "kind": "Workflow", "metadata": self._metadata(named), "spec": self.spec}

    def template(self) -> Dict:
        """The WorkflowTemplate."""
        metadata = self._metadata({"name": self.name})
        own = {"workflowMetadata": {key: metadata[key] for key in ("labels", "annotations") if key in metadata}}
        return {"apiVersion": API_VERSION, "kind": "WorkflowTemplate", "metadata": metadata, "spec": {**self.spec, **own}}

    def cron(self) -> Dict:
        """The CronWorkflow.

        Raises:
            DefinitionError: the workflow has no schedule.
        """
        schedule = self.workflow.schedule
        if schedule is None:
            raise DefinitionError(
                f"workflow '{self.workflow.name}' has no schedule", "make a Workflow or a WorkflowTemplate of it"
            )
        name = object_name(self.workflow.name, MAX_CRON_WORKFLOW_NAME)
        metadata = self._metadata({"name": name})
        own = {"workflowMetadata": {key: metadata[key] for key in ("labels", "annotations") if key in metadata}}
        spec = {**_schedule(schedule), **own, "workflowSpec": self.spec}
        return {"apiVersion": API_VERSION, "kind": "CronWorkflow", "metadata": metadata, "spec": spec}

    def config_maps(self) -> list[Dict]:
        """The ConfigMap with the sizes of the workflow's semaphores, if it has any."""
        if not self.workflow.limits:
            return []
        metadata: Dict = {"name": limits_name(self.workflow.name), "labels": {"app.kubernetes.io/managed-by": "airflow-argo"}}
        if self.workflow.namespace:
            metadata["namespace"] = self.workflow.namespace
        data = {key: str(size) for key, size in self.workflow.limits.items()}
        return [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}]

    def _metadata(self, named: Dict) -> Dict:
        annotations = dict(self.workflow.annotations)
        if self.workflow.description:
            annotations["workflows.argoproj.io/description"] = self.workflow.description
        if self.ids:
            annotations[f"{ANNOTATION}ids"] = json.dumps(self.ids, ensure_ascii=False, sort_keys=True)
        schemas = {
            spec.name: {"is": "text" if spec.type is Type.TEXT else "json", "schema": json.loads(spec.schema)}
            for spec in self.workflow.inputs
            if spec.schema is not None
        }
        if schemas:
            annotations[SCHEMAS] = json.dumps(schemas, ensure_ascii=False, sort_keys=True)
        for note, names in self.notes.items():
            if names:
                annotations[f"{ANNOTATION}{note}"] = ",".join(sorted(names))
        metadata: Dict = dict(named)
        if self.workflow.namespace:
            metadata["namespace"] = self.workflow.namespace
        metadata["labels"] = {"app.kubernetes.io/managed-by": "airflow-argo", **self.workflow.labels}
        if annotations:
            metadata["annotations"] = annotations
        return metadata


def compile_workflow(workflow: Workflow) -> Compiled:
    """The workflow as Argo objects. The same workflow gives the same bytes.

    Raises:
        DefinitionError: the workflow can't be said in Argo's terms; the message names the step.
    """
    with _collections_paused():
        return _within_limit(with_artifacts(workflow) if wants_artifacts(workflow) else workflow)


@contextmanager
def _collections_paused() -> Iterator[None]:
    """All that compiling makes is kept, so looking for garbage among it only costs: half of the time for 10,000 tasks."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _within_limit(workflow: Workflow) -> Compiled:
    """The workflow with no more templates than Argo takes.

    Raises:
        DefinitionError: there are more, although they share what they can.
    """
    read, kept = read_by_argo(workflow), kept_by_readers(workflow)
    compiled = _written(workflow, read, kept)
    if len(compiled.spec["templates"]) > SHARED_ABOVE:
        compiled = _written(workflow, read, kept, shares=True)
        named = {MAIN, str(compiled.spec.get("onExit")), *OWN_NAMES}.union(*compiled.notes.values())
        compiled.spec["templates"] = shared(compiled.spec["templates"], named)
    if len(compiled.spec["templates"]) > MAX_TEMPLATES:
        found = f"it makes {len(compiled.spec['templates'])} templates, and Argo takes {MAX_TEMPLATES}"
        cure = "divide it into several workflows, or let its pods and loops differ in nothing but images, commands and texts"
        raise DefinitionError(found, cure)
    return compiled


def _written(
    workflow: Workflow, read: Mapping[int, tuple[str, ...]], kept: Mapping[int, Kept], *, shares: bool = False
) -> Compiled:
    made = Compilation(body_call, Templates(workflow.intervals), shares=shares, read=read, kept=kept)
    made.templates.reserve(MAIN)
    main = GraphTemplate.of(made, workflow.graph)
    for step, job, in_loop in jobs_of(workflow.graph):
        made.templates.plan(job, task_slug(step.id) or "job", in_loop=in_loop)
    main.add_steps()
    main.add_verdict()
    if workflow.outputs:
        main.tasks.append(_results(workflow, main))
    made.templates.put(MAIN, main.body(MAIN))
    spec = _spec(workflow, made)
    notes = {
        "helpers": made.helpers,
        "parts": made.parts,
        "proxies": made.proxies | (INNER & made.templates.in_order.keys()),
        "whiles": made.whiles,
    }
    return Compiled(workflow, spec, workflow_name(workflow.name), made.renamed, notes)


def _spec(workflow: Workflow, made: Compilation) -> Dict:
    spec: Dict = {"entrypoint": MAIN}
    if workflow.inputs:
        spec["arguments"] = {"parameters": [_parameter(given) for given in workflow.inputs]}
    for key, value in (
        ("serviceAccountName", workflow.service_account),
        ("parallelism", workflow.parallelism),
        ("activeDeadlineSeconds", workflow.timeout_seconds),
    ):
        if value is not None:
            spec[key] = value
    if workflow.on_exit is not None:
        spec["onExit"] = _exit_template(workflow.on_exit, made)
    spec |= workflow.settings
    spec["templates"] = made.templates.finished()
    return spec


def _parameter(given: InputSpec) -> Dict:
    parameter: Dict = {"name": given.name}
    if given.default is not None:
        is_text = given.type is Type.TEXT and isinstance(given.default.value, str)
        parameter["value"] = given.default.value if is_text else given.default.json
    if given.description:
        parameter["description"] = given.description
    if choices := _choices(given):
        parameter["enum"] = choices
    return parameter


def _choices(given: InputSpec) -> list[str]:
    """The texts that an input may be, if its schema names them: Argo refuses others, and its UI lets one choose."""
    choices = json.loads(given.schema).get("enum") if given.schema and given.type is Type.TEXT else None
    known = choices if isinstance(choices, list) and all(isinstance(one, str) and "{{" not in one for one in choices) else []
    return known if given.default is None or given.default.value in known else []


def _exit_template(on_exit: Body, made: Compilation) -> str:
    """The template that runs at the end. Facts about the run, such as its status, are read where its jobs use them."""
    template = made.templates.reserve("on-exit")
    graph = on_exit if isinstance(on_exit, Graph) else Graph((Step("on-exit", on_exit),))
    writing = GraphTemplate.of(made, graph)
    for step, job, in_loop in jobs_of(graph):
        made.templates.plan(job, task_slug(step.id) or "job", in_loop=in_loop)
    writing.add_steps()
    if writing.scope.captures:
        names = ", ".join(sorted(writing.scope.captures.values()))
        raise DefinitionError(
            f"the on-exit step reads {names}, which steps of the workflow make", "read workflow inputs or the status"
        )
    made.templates.put(template, writing.body(template))
    return template


def _results(workflow: Workflow, main: GraphTemplate) -> PlannedTask:
    """The task that gives the workflow's outputs, as far as they exist, to whoever waits for the run.

    Their names are global, which is what shows them in the status of the workflow.
    """
    scope = main.scope
    arguments, outputs = [], []
    for name, value in workflow.outputs:
        parameter = parameter_name(name)
        condition = exists(value, scope)
        code = travelling(value, scope)
        arguments.append((parameter, tag(code if condition == "true" else f"{condition} ? {code} : ''")))
        read = f"inputs.parameters[{quote(parameter)}]"
        expression = f"sprig.b64dec({read})" if travels_as_base64(value.type) else read
        outputs.append({"name": parameter, "globalName": parameter, "valueFrom": {"expression": expression}})
    template = main.made.templates.reserve(RESULTS)
    body: Dict = {
        "inputs": {"parameters": [{"name": name} for name, _ in arguments]},
        "steps": [[{"name": "nothing", "template": template, "when": "false", **_same(arguments)}]],
        "outputs": {"parameters": outputs},
    }
    main.made.templates.put(template, body)
    main.made.helpers.add(RESULTS)
    sources = [source for _, value in workflow.outputs for source in sources_of(value) if isinstance(source, Output)]
    waits = tuple(sorted({scope.names[source.step] for source in sources}))
    task = {
        "name": RESULTS,
        "template": template,
        **arguments_of(arguments),
        "depends": " && ".join(in_any_state(name) for name in waits),
    }
    return PlannedTask(task, waits, stays=True)


def _same(arguments: list[tuple[str, str]]) -> Dict:
    return arguments_of([(name, f"{{{{inputs.parameters.{name}}}}}") for name, _ in arguments])


def _schedule(schedule: Schedule) -> Dict:
    spec: Dict = {"schedules": list(schedule.crons), "timezone": schedule.timezone, "concurrencyPolicy": schedule.concurrency}
    if schedule.suspended:
        spec["suspend"] = True
    if schedule.starting_deadline_seconds is not None:
        spec["startingDeadlineSeconds"] = schedule.starting_deadline_seconds
    if schedule.when:
        spec["when"] = schedule.when
    if schedule.stop:
        spec["stopStrategy"] = {"expression": schedule.stop}
    return spec
