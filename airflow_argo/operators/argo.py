"""ArgoSubmitWorkflowOperator: a workflow as a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, NoReturn, get_args

from airflow_argo._compat import (
    AirflowTaskTimeout,
    BaseOperator,
    conf,
    holds_secret,
    redact,
)
from airflow_argo.argo.phases import SUCCEEDED
from airflow_argo.cluster import (
    ClusterError,
    NotFoundError,
    Patience,
    Snapshot,
    Submission,
    WaitTimeoutError,
    WorkflowGoneError,
    WrongPhaseError,
)
from airflow_argo.cluster.manifests import key_of
from airflow_argo.diagnostics import InputError
from airflow_argo.hooks.argo import ArgoHook, KillAction
from airflow_argo.hooks.options import check_option, seconds_of
from airflow_argo.links.argo import CONNECTION_KEY, LINKS, push_link
from airflow_argo.operators.asking import RUNNING, UNKNOWN, state_of
from airflow_argo.operators.attempts import (
    MAX_TRIES,
    READ,
    UNATTENDED,
    Adopt,
    RetryFailed,
    RetryStrategy,
    Submit,
    TaskTry,
    began_at,
    first_of_try,
    next_step,
    read_note,
)
from airflow_argo.operators.content import CONTENT, content_of, is_made_of
from airflow_argo.operators.errors import WorkflowFailed, failing_for_good
from airflow_argo.operators.plain import plain_dict
from airflow_argo.operators.pod_logs import FollowedLogs, log_failures
from airflow_argo.operators.results import OutputFormat, reason_of, returned, steps, typed_outputs
from airflow_argo.operators.sources import (
    Source,
    checked_parameters,
    dag_source,
    has_date,
    manifest_source,
    owned,
    workflow_source,
)
from airflow_argo.operators.templating import rendered, shortened
from airflow_argo.operators.waiting import waited
from airflow_argo.triggers.argo import ArgoWorkflowTrigger

FinishAction = Literal["keep", "delete", "delete_succeeded"]
Logs = Literal["failed", "all", "none"]

CHOICES: Final = {
    "retry_strategy": RetryStrategy,
    "on_kill_action": KillAction,
    "on_finish_action": FinishAction,
    "output_format": OutputFormat,
    "logs": Logs,
}
"""Arguments that have a few words to choose among."""

DEFAULT_TIMEOUT = timedelta(days=7)
PATIENCE = Patience(faults=300.0, refusals=60.0)
"""An outage of some minutes is no reason to fail a try."""

_ENDING = 120.0  # seconds that a workflow being stopped gets to end before it is retried


class ArgoSubmitWorkflowOperator(BaseOperator):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """Submits a workflow to Argo and waits until it has ended.

    Give one of `manifest`, `workflow_template`, `cluster_workflow_template`, `cron_workflow`, `workflow` and `airflow_dag`.

    A try makes one workflow, however often it is carried out: its name follows from the try. A retry whose earlier try lost
    its worker goes on with the workflow that is there. Marking the task failed, clearing or killing it stops the workflow; the
    shutdown of a worker does not. All of `manifest`, `workflow_template`, …, `parameters`, `namespace`, `labels` and
    `annotations` are templates; Argo's own `{{…}}` in them stay as they are (see `operators.templating`).

    Args:
        manifest: a dict, YAML or JSON text, the name of a file of it (.yaml, .yml, .json), which is looked for as Airflow
            looks for template files, or a list of these. One Workflow; templates and ConfigMaps beside it are applied before.
        workflow_template: the name of a WorkflowTemplate.
        cluster_workflow_template: the name of a ClusterWorkflowTemplate.
        cron_workflow: the name of a CronWorkflow, to run it now.
        workflow: a Workflow of the DSL or the model, or an Airflow DAG object.
        airflow_dag: a DAG in a file: `path.py`, `path.py:dag_id` or a DAG's id; relative to this DAG's folder.
        parameters: arguments of the workflow; a value that is no text is written as JSON. What an Airflow DAG asks of its run
            (dates, run id, conf, params) it gets from the present run.
        labels: more of them, for the workflow. It has those that `TaskTry.labels` has.
        annotations: likewise.
        owner_references: of the workflow, as Kubernetes has them: when the owner is deleted, so is the workflow. Not for
            templates.
        argo_conn_id: a connection of type `argo`.
        namespace: another than the connection's.
        wait_for_completion: False: succeed as soon as it is submitted; the XCom is then its name.
        deferrable: wait in the triggerer; by default as `[operators] default_deferrable` says.
        poll_interval: time between looks, where watching isn't allowed, in seconds or as a timedelta.
        timeout: how long the workflow may take, in seconds or as a timedelta; then it is stopped and the task fails.
        retry_strategy: what a retry does whose earlier try has failed: submit anew, or let Argo "retry" what failed.
        on_kill_action: what becomes of the workflow when the task is killed or takes too long.
        on_finish_action: what becomes of it when it has ended and its outputs are read.
        output_format: how outputs become XComs: "json": what is JSON is decoded, the rest is text; "text": all is text.
            Outputs of a workflow of ours have the types that it declares.
        logs: of which pods: those that "failed", "all" of them (followed while they run, unless deferred), or "none".
        log_tail: lines of each failed pod.

    Returns (XCom `return_value`): the workflow's global output parameters by name; of an Airflow DAG what its tasks pushed,
    by task id. Other XComs: `workflow_name`, `workflow_namespace`, `workflow_uid`, `workflow_conn_id`, `workflow_url`, and
    `task_states`.
    """

    template_fields: Sequence[str] = (
        "manifest",
        "workflow_template",
        "cluster_workflow_template",
        "cron_workflow",
        "airflow_dag",
        "parameters",
        "labels",
        "annotations",
        "namespace",
        "argo_conn_id",
    )
    template_ext: Sequence[str] = (".yaml", ".yml", ".json")
    template_fields_renderers: ClassVar[dict[str, str]] = {"manifest": "yaml", "parameters": "json", "labels": "json"}
    operator_extra_links = LINKS
    ui_color = "#fdebd2"

    def __init__(
        self,
        *,
        manifest: Any = None,
        workflow_template: str | None = None,
        cluster_workflow_template: str | None = None,
        cron_workflow: str | None = None,
        workflow: Any = None,
        airflow_dag: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        owner_references: Sequence[Mapping[str, Any]] = (),
        argo_conn_id: str = ArgoHook.default_conn_name,
        namespace: str | None = None,
        wait_for_completion: bool = True,
        deferrable: bool | None = None,
        poll_interval: float | timedelta = 10.0,
        timeout: float | timedelta = DEFAULT_TIMEOUT,
        retry_strategy: RetryStrategy = "resubmit",
        on_kill_action: KillAction = "stop",
        on_finish_action: FinishAction = "keep",
        output_format: OutputFormat = "json",
        logs: Logs = "failed",
        log_tail: int = 100,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.manifest, self.workflow, self.airflow_dag = manifest, workflow, airflow_dag
        self.workflow_template, self.cluster_workflow_template = workflow_template, cluster_workflow_template
        self.cron_workflow = cron_workflow
        self.parameters, self.labels, self.annotations = parameters, labels, annotations
        self.owner_references = owner_references
        self.argo_conn_id, self.namespace = argo_conn_id, namespace
        self.wait_for_completion = wait_for_completion
        self.poll_interval = seconds_of(self.task_id, "poll_interval", poll_interval)
        default = conf.getboolean("operators", "default_deferrable", fallback=False)
        self.deferrable = default if deferrable is None else deferrable
        self.timeout, self.retry_strategy = timeout, retry_strategy
        self.on_kill_action, self.on_finish_action = on_kill_action, on_finish_action
        self.output_format, self.logs, self.log_tail = output_format, logs, log_tail
        for name, choices in CHOICES.items():
            check_option(self.task_id, name, getattr(self, name), get_args(choices))
        seconds_of(self.task_id, "timeout", timeout)
        self._running: tuple[TaskTry, str] | None = None
        self._timed_out = False
        self._secret = ""

    @cached_property
    def hook(self) -> ArgoHook:
        """The connection."""
        return ArgoHook(self.argo_conn_id, self.namespace or None, patience=PATIENCE)

    def render_template(self, content: Any, context: Any, jinja_env: Any = None, seen_oids: Any = None) -> Any:
        """As Airflow does, but Argo's tags stay as they are, and files are read for the manifest only.

        To Airflow each text that ends in .json is a file's name; in manifests most are not: `path: /tmp/result.json`.
        """
        if not isinstance(content, str):
            return super().render_template(content, context, jinja_env, seen_oids)
        environment = jinja_env or self.get_template_env()
        if self._is_file(content):
            content = environment.loader.get_source(environment, content)[0]
        result = rendered(content, lambda text: self._render(environment.from_string(text), context))
        if isinstance(result, str) and result != content and holds_secret(result) and not holds_secret(content):
            self._secret = content
            return redact(result)  # Airflow stores rendered fields, and redacts no value as deep as those of manifests are
        return result

    def _is_file(self, content: str) -> bool:
        parts = self.manifest if isinstance(self.manifest, list | tuple) else (self.manifest,)
        return content.endswith(tuple(self.template_ext)) and any(content is part for part in parts)

    # Running

    def execute(self, context: Any) -> Any:
        """Submit or adopt, wait, and read the end."""
        attempt = TaskTry.of(context, conf.get("argo", "deployment", fallback=""))
        self._running = (attempt, attempt.name)
        try:
            workflow = self._begun(attempt, context)
        except Exception:
            push_link(context["ti"], "")  # so that Airflow doesn't look for it in vain, and say so
            raise
        self._running = (attempt, workflow.name)
        deadline = self._deadline(workflow, attempt)
        self._tell(context, workflow)
        if not self.wait_for_completion:
            self._note(workflow.name, {READ: UNATTENDED})
            return workflow.name
        if self.deferrable and not workflow.done:
            self._defer(workflow, deadline)
        return self._ended(self._waited(workflow, deadline), context)

    def execute_complete(self, context: Any, event: Mapping[str, Any]) -> Any:
        """What the trigger saw."""
        attempt = TaskTry.of(context, conf.get("argo", "deployment", fallback=""))
        self._running = (attempt, event["name"])
        if event["status"] == "timeout":
            self._fail_for_time(event["name"])
        if event["status"] != "done":
            raise WorkflowFailed(event["message"])
        return self._ended(self._as_it_is_now(event), context)

    def _as_it_is_now(self, event: Mapping[str, Any]) -> Snapshot:
        """The workflow, or what the trigger saw of its end if it has been deleted since: Argo's TTL may be short."""
        try:
            found = self.hook.cluster.get(event["name"])
        except NotFoundError:
            return Snapshot(event["workflow"], self.hook.api.place)
        return found if found.uid == event["uid"] else Snapshot(event["workflow"], self.hook.api.place)

    # Submitting

    def _begun(self, attempt: TaskTry, context: Any) -> Snapshot:
        match self._next_step(attempt):
            case Adopt(earlier):
                with suppress(NotFoundError):  # deleted in this moment
                    adopted = self._claimed(earlier, attempt)
                    self.log.info("Going on with workflow %s, which an earlier try submitted", earlier.name)
                    return adopted
            case RetryFailed(earlier, cleared):
                if not (cleared and self._is_changed(earlier, context)):
                    return self._retried(earlier, attempt, context)
                self.log.info("The task was changed after workflow %s was made of it, so a new one is submitted", earlier.name)
        return self._submitted(attempt, context)

    def _next_step(self, attempt: TaskTry) -> Submit | Adopt | RetryFailed:
        if attempt.try_number <= 1:
            return Submit()
        earlier = list(self.hook.cluster.list(label_selector=attempt.selector))
        step = next_step(earlier, self.retry_strategy, max_tries=attempt.max_tries, notes=self.hook.can_annotate)
        if isinstance(step, Submit) and hasattr(self.workflow, "source_in"):
            for one in earlier:  # the task was cleared, and tasks that show steps are to show those of the new one
                if not one.done:
                    self.hook.end(one.name, self.on_kill_action)
        return step

    def _is_changed(self, earlier: Snapshot, context: Any) -> bool:
        with failing_for_good():
            return not is_made_of(earlier, self._content(self._source(context)))

    def _content(self, source: Source) -> str:
        """What tells it from other content. Tasks that show steps know of no parameters that the author has given."""
        given = {} if hasattr(self.workflow, "source_in") else plain_dict(self.parameters, "parameters")
        return content_of(source, given)

    def _claimed(self, workflow: Snapshot, attempt: TaskTry) -> Snapshot:
        """The workflow of an earlier try, with a note that it is of this one now: a later retry goes on with it likewise."""
        if not self.hook.can_annotate:
            return workflow
        return self.hook.annotate(workflow.name, {MAX_TRIES: str(attempt.max_tries)})

    def _retried(self, earlier: Snapshot, attempt: TaskTry, context: Any) -> Snapshot:
        try:
            if not earlier.done:
                self.hook.cluster.wait(earlier.name, uid=earlier.uid, timeout=_ENDING)
            retried = self.hook.cluster.retry(earlier.name)
        except (NotFoundError, WorkflowGoneError, WaitTimeoutError, WrongPhaseError) as error:
            self.log.warning("Workflow %s can't be retried, so a new one is submitted: %s", earlier.name, error)
            return self._submitted(attempt, context)
        self.log.info("Workflow %s runs again what failed of it", retried.name)
        return self._claimed(retried, attempt)

    def _submitted(self, attempt: TaskTry, context: Any) -> Snapshot:
        """The workflow of this try."""
        with failing_for_good():
            submission = self._submission(attempt, context)
        self._log_submission(submission)
        return submission.workflow

    def _submission(self, attempt: TaskTry, context: Any) -> Submission:
        if self._secret:
            found = f"task '{self.task_id}' has a template that becomes a secret of Airflow's: {shortened(self._secret)}"
            cure = "a workflow is no place for secrets: keep it in a Kubernetes Secret that the workflow reads (secretKeyRef)"
            raise InputError(found, cure)
        source, parameters = self._source(context), plain_dict(self.parameters, "parameters")
        if source.template and self.owner_references:
            found = f"task '{self.task_id}' gives owners to a workflow of {source.template}"
            raise InputError(found, "give a manifest instead")
        notes = {**plain_dict(self.annotations, "annotations"), **attempt.annotations, CONTENT: self._content(source)}
        parameters = {**source.parameters, **parameters}
        how: dict[str, Any] = {
            "parameters": parameters,
            "labels": {**plain_dict(self.labels, "labels"), **attempt.labels},
            "annotations": notes,
        }
        if source.template:
            return first_of_try(attempt, partial(self.hook.cluster.submit_from, source.template, **how))
        how["parameters"] = checked_parameters(source.documents, self.hook.namespace, parameters)
        documents = owned(source.documents, self.owner_references)
        return first_of_try(attempt, partial(self.hook.cluster.submit, documents, **how))

    def _source(self, context: Any) -> Source:
        """What the arguments say is submitted.

        Raises:
            InputError: none of them, or several.
        """
        templates = {
            "workflowtemplate": self.workflow_template,
            "clusterworkflowtemplate": self.cluster_workflow_template,
            "cronworkflow": self.cron_workflow,
        }
        named = [f"{kind}/{name}" for kind, name in templates.items() if name]
        if len(named) + sum(1 for one in (self.manifest, self.workflow, self.airflow_dag) if one is not None) != 1:
            cure = "give one of manifest, workflow_template, cluster_workflow_template, cron_workflow, workflow, airflow_dag"
            raise InputError(f"task '{self.task_id}' doesn't say what to submit, or says it twice", cure)
        if named:
            return Source(template=named[0])
        if self.manifest is not None:
            return manifest_source(self.manifest)
        is_dated = has_date(context, self.parameters)
        if self.airflow_dag is not None:
            return dag_source(self.airflow_dag, Path(self.dag.fileloc).parent, context, is_dated=is_dated)
        if hasattr(self.workflow, "source_in"):  # a part of an Airflow DAG
            source: Source = self.workflow.source_in(context, self.log)
            return source
        return workflow_source(self.workflow, context, is_dated=is_dated)

    def _log_submission(self, submission: Submission) -> None:
        what = "is there already" if submission.adopted else "is submitted"
        self.log.info("Workflow %s %s in namespace %s", submission.name, what, self.hook.namespace)
        for applied in submission.applied:
            self.log.info("%s is created or replaced", applied)

    def _tell(self, context: Any, workflow: Snapshot) -> None:
        """Where the workflow is, for links and other tasks, as soon as it is there."""
        ti, url = context["ti"], self.hook.workflow_url(workflow.name, workflow.uid)
        facts = {
            "workflow_name": workflow.name,
            "workflow_namespace": self.hook.namespace,
            "workflow_uid": workflow.uid,
            CONNECTION_KEY: self.argo_conn_id,
        }
        for key, value in facts.items():
            ti.xcom_push(key=key, value=value)
        if url:
            self.log.info("It is shown at %s", url)
        push_link(ti, url)  # also that there is none, so that nobody looks in vain

    # Waiting

    def _defer(self, workflow: Snapshot, deadline: float) -> None:
        trigger = ArgoWorkflowTrigger(
            name=workflow.name,
            uid=workflow.uid,
            resource_version=workflow.resource_version,
            namespace=self.hook.namespace,
            argo_conn_id=self.argo_conn_id,
            deadline=deadline,
            poll_interval=self.poll_interval,
            on_kill_action=self.on_kill_action,
        )
        self.defer(trigger=trigger, method_name="execute_complete")

    def _deadline(self, workflow: Snapshot, attempt: TaskTry) -> float:
        """Until when the workflow may take, by the server's clock: from now on, or from when an adopted one began to run."""
        now = self.hook.api.clock.now()
        began = None if key_of(workflow.manifest) == attempt.key else began_at(workflow)
        return (now if began is None else min(began, now)) + self._seconds()

    def _seconds(self) -> float:
        """How long the workflow may take: Airflow doesn't count `execution_timeout` while a task is deferred."""
        own = seconds_of(self.task_id, "timeout", self.timeout)
        limit = self.execution_timeout
        return own if limit is None else min(own, limit.total_seconds())

    def _waited(self, workflow: Snapshot, deadline: float) -> Snapshot:
        following = FollowedLogs(self.hook.cluster, workflow.name, self.log) if self.logs == "all" else nullcontext()
        try:
            with following:
                return waited(self.hook, workflow, deadline, self._seconds(), poll_interval=self.poll_interval, log=self.log)
        except WaitTimeoutError:
            self._fail_for_time(workflow.name)
        except WorkflowGoneError as error:
            return self._last_state(workflow, error)
        except AirflowTaskTimeout:
            self._timed_out = True
            raise

    def _last_state(self, workflow: Snapshot, gone: WorkflowGoneError) -> Snapshot:
        """The end of a workflow that is gone, as far as anybody still knows it."""
        found = self.hook.cluster.last_state(workflow.name, uid=workflow.uid, since=workflow.resource_version)
        if found is None:
            raise WorkflowFailed(str(gone)) from None
        return found

    def _fail_for_time(self, name: str) -> NoReturn:
        self.hook.end(name, self.on_kill_action)
        cure = "give the task a longer timeout, or see what the workflow waits for"
        raise WorkflowFailed(f"workflow '{name}' took longer than {self._seconds():g} s; {cure}")

    # The end

    def _ended(self, workflow: Snapshot, context: Any) -> Any:
        """The outputs.

        Raises:
            WorkflowFailed: it isn't Succeeded.
        """
        self.log.info("Workflow %s is %s %s", workflow.name, workflow.phase, workflow.message)
        found = steps(workflow)
        context["ti"].xcom_push(key="task_states", value={step.id: step.state for step in found})
        if workflow.phase != SUCCEEDED:
            log_failures(self.log, self.hook.cluster, workflow, tail=None if self.logs == "none" else self.log_tail)
            self._note_and_clean(workflow)
            raise WorkflowFailed(f"workflow '{workflow.name}' is {workflow.phase}: {reason_of(workflow)}")
        outputs = self._outputs(workflow, found, context)
        self._note_and_clean(workflow)
        return outputs

    def _outputs(self, workflow: Snapshot, found: Any, context: Any) -> dict[str, Any]:
        if self.airflow_dag is not None or hasattr(self.workflow, "task_dict") or hasattr(self.workflow, "source_in"):
            return returned(found, self.log)
        types = self._source(context).types if self.workflow is not None else {}
        return typed_outputs(workflow.outputs, types, self.output_format)

    def _note_and_clean(self, workflow: Snapshot) -> None:
        """Note on the workflow that its end was read, so that a cleared task runs it anew; or delete it."""
        delete = self.on_finish_action == "delete" or (
            self.on_finish_action == "delete_succeeded" and workflow.phase == SUCCEEDED
        )
        if not delete:
            self._note(workflow.name, read_note(workflow))
            return
        try:
            self.hook.cluster.delete(workflow.name, uid=workflow.uid, missing_ok=True)
        except ClusterError as error:
            self.log.warning("Workflow %s can't be deleted: %s", workflow.name, error)

    def _note(self, name: str, note: Mapping[str, str]) -> None:
        """Put a note on a workflow, for later tries. The task has done its work without it."""
        if not self.hook.can_annotate:
            return
        try:
            self.hook.annotate(name, note)
        except NotFoundError:
            self.log.info("Workflow %s is gone already", name)  # its TTL was short
        except ClusterError as error:
            self.log.warning("Workflow %s can't be annotated: %s", name, error)

    def on_kill(self) -> None:
        """Airflow asks the process to end: stop the workflow if the task was killed, leave it if the worker shuts down."""
        if self._running is None:
            return
        attempt, name = self._running
        if not self._timed_out and state_of(attempt) in (RUNNING, UNKNOWN):
            self.log.warning("This worker is told to end while Airflow wants the task: workflow %s goes on", name)
            return
        self.hook.end(name, self.on_kill_action)
