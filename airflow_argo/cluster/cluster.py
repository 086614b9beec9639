"""`Cluster`: one connection to a namespace with Argo Workflows, and what can be done there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from types import TracebackType
from typing import Any, Literal

from airflow_argo.cluster import suspend as states
from airflow_argo.cluster.changes import change
from airflow_argo.cluster.client import Api, Patience
from airflow_argo.cluster.client import connect as connect_api
from airflow_argo.cluster.config import Connection, find_connection
from airflow_argo.cluster.errors import ClusterError, NotFoundError
from airflow_argo.cluster.history import last_state
from airflow_argo.cluster.listing import list_workflows
from airflow_argo.cluster.log_following import follow_logs
from airflow_argo.cluster.log_lines import LogLine
from airflow_argo.cluster.logs import LogOptions, read_logs
from airflow_argo.cluster.manifests import bundle, prepared
from airflow_argo.cluster.namespaces import in_namespace, missing_namespace
from airflow_argo.cluster.node_selector import parse_node_selector
from airflow_argo.cluster.referred import check_arguments
from airflow_argo.cluster.resources import WORKFLOWS, Call, Manifest
from airflow_argo.cluster.resubmit import formulate_resubmit
from airflow_argo.cluster.retrying import retry_workflow
from airflow_argo.cluster.snapshot import Snapshot
from airflow_argo.cluster.sources import workflow_from
from airflow_argo.cluster.standing_still import UnnotedEnd
from airflow_argo.cluster.submit import Submission, apply_first, submit_workflow
from airflow_argo.cluster.waiting import wait_for_all, watch_one
from airflow_argo.diagnostics import InputError

Propagation = Literal["Background", "Foreground", "Orphan"]


class Cluster:
    """A namespace of a cluster. Methods may be called by several threads at once; all raise `ClusterError`s.

    What each operation must be allowed to do is in `airflow_argo.cluster.rbac.NEEDS`.
    """

    def __init__(self, api: Api) -> None:
        self._api = api

    @classmethod
    def connect(
        cls,
        kubeconfig: str | os.PathLike[str] | Mapping[str, Any] | None = None,
        context: str | None = None,
        namespace: str | None = None,
        *,
        in_cluster: bool | None = None,
        patience: Patience | None = None,
    ) -> Cluster:
        """A connection; nothing is sent yet.

        Args:
            kubeconfig: a path, several with the path separator between, or the content as a dict; None searches as kubectl
                does: KUBECONFIG, ~/.kube/config, the pod's service account.
            context: another than the current one.
            namespace: another than the context's, or the pod's, or "default".
            in_cluster: True: the pod's service account and nothing else; False: never that.
            patience: how long servers are waited for.

        Raises:
            ConfigurationError: there is no usable configuration.
        """

        def found() -> Connection:
            return find_connection(kubeconfig, context, in_cluster=in_cluster)

        return cls(connect_api(found(), namespace, patience, again=found))

    @property
    def server(self) -> str:
        """The API server's URL, without user information."""
        return self._api.place.server

    @property
    def namespace(self) -> str:
        """The namespace."""
        return self._api.namespace

    def in_namespace(self, namespace: str) -> Cluster:
        """The same connection, for another namespace."""
        return Cluster(self._api.in_namespace(namespace))

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Cluster({self._api.place})"

    def submit(
        self,
        manifest: Manifest | Iterable[Manifest],
        *,
        name: str | None = None,
        generate_name: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        key: str | None = None,
        dry_run: Literal["server"] | None = None,
    ) -> Submission:
        """Create a workflow; done twice with the same key, or the same name and content, it is created once.

        Args:
            manifest: a Workflow, or documents with one Workflow in them: WorkflowTemplates, ClusterWorkflowTemplates,
                CronWorkflows and ConfigMaps are created or replaced before it, in their order.
            name: instead of the manifest's.
            generate_name: instead of the manifest's name; five letters follow, or ten that `key` decides.
            parameters: arguments to set; a value that is no text is written as JSON.
            labels: to add to the manifest's.
            annotations: likewise.
            key: says that two submissions are the same; None: they are if name and content are.
            dry_run: "server": the API server checks everything and keeps nothing.

        Raises:
            AlreadyExistsError: another workflow has the name.
            InvalidError: the API server refuses a document, with its causes.
            TooLargeError: a document can't be stored.
            InputError: the manifest isn't one Workflow and what it needs, or templates that it refers to have no such input.
        """
        documents = bundle(manifest, self.namespace)
        if documents.workflow is None:
            raise InputError("there is no Workflow in the manifest", "templates alone can be applied, but not submitted")
        check_arguments(documents, parameters or (), self.namespace, self._found)
        workflow = prepared(
            documents.workflow,
            name=name,
            generate_name=generate_name,
            parameters=parameters,
            labels=labels,
            annotations=annotations,
        )
        applied = apply_first(self._api, documents.first, dry_run=dry_run is not None)
        result = submit_workflow(self._api, workflow, key=key, dry_run=dry_run is not None)
        return Submission(result.workflow, result.adopted, applied)

    def submit_from(
        self,
        source: str,
        *,
        name: str | None = None,
        generate_name: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        key: str | None = None,
        dry_run: Literal["server"] | None = None,
    ) -> Submission:
        """Run a WorkflowTemplate, ClusterWorkflowTemplate or CronWorkflow, as `argo submit --from KIND/NAME` does.

        Args:
            source: `workflowtemplate/x`, `clusterworkflowtemplate/x` or `cronworkflow/x`, or with the kinds' short names.
            name: of the workflow; else the source's, and letters behind it.
            generate_name: likewise.
            parameters: arguments to set.
            labels: to add.
            annotations: to add; `workflows.argoproj.io/scheduled-time` instead of the present time for a CronWorkflow.
            key: as in `submit`.
            dry_run: as in `submit`.

        Raises:
            NotFoundError: there is no such object.
            InputError: as in `submit`, or `source` names none of these.
        """
        return self.submit(
            workflow_from(source, self.namespace, parameters or (), self._found),
            name=name,
            generate_name=generate_name,
            parameters=parameters,
            labels=labels,
            annotations=annotations,
            key=key,
            dry_run=dry_run,
        )

    def apply(self, manifest: Manifest | Iterable[Manifest], *, dry_run: Literal["server"] | None = None) -> tuple[str, ...]:
        """Create or replace templates, CronWorkflows and ConfigMaps. Returns `Kind/name` of each that had to be written."""
        documents = bundle(manifest, self.namespace)
        if documents.workflow is not None:
            raise InputError("there is a Workflow in the manifest", "use submit(): a workflow runs once, and is never replaced")
        return apply_first(self._api, documents.first, dry_run=dry_run is not None)

    def get(self, name: str) -> Snapshot:
        """A workflow as it is now.

        Raises:
            NotFoundError: there is none; NamespaceNotFoundError, ArgoNotInstalledError if it is for that.
        """
        return Snapshot(self._found(Call("get", WORKFLOWS, self.namespace, name)), self._api.place)

    def list(
        self,
        *,
        label_selector: str = "",
        field_selector: str = "",
        phases: Iterable[str] | None = None,
        limit: int | None = None,
    ) -> Iterator[Snapshot]:
        """Workflows in the order of their names, read page by page as they are taken.

        Args:
            label_selector: as kubectl has it.
            field_selector: `metadata.name=…`; the API server knows no other field of a workflow.
            phases: only those in one of these; "" is what no controller has seen yet.
            limit: no more than these.

        Raises:
            NamespaceNotFoundError: there is none, since there is no such namespace.
        """
        wanted = None if phases is None else frozenset(phases)
        return in_namespace(self._api, list_workflows(self._api, label_selector, field_selector, wanted, limit))

    def delete(
        self, name: str, *, propagation: Propagation = "Background", uid: str | None = None, missing_ok: bool = False
    ) -> None:
        """Delete a workflow, and with it its pods, unless `propagation` is "Orphan".

        Args:
            name: of the workflow.
            propagation: "Foreground" keeps the workflow until its pods are gone.
            uid: delete it only if it is this one; another of its name is a ConflictError.
            missing_ok: that there is none is no error.
        """
        options: Manifest = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if uid:
            options["preconditions"] = {"uid": uid}
        try:
            self._api.send(Call("delete", WORKFLOWS, self.namespace, name), options)
        except NotFoundError as error:
            if not missing_ok:
                raise self._explained(error) from None

    def stop(self, name: str, *, node_selector: str | None = None, message: str = "") -> Snapshot:
        """End a workflow; its exit handlers run. One that is done stays as it is.

        Args:
            name: of the workflow.
            node_selector: end no more than these suspended nodes, as Failed.
            message: for those nodes.
        """
        if node_selector:
            selector, now = parse_node_selector(node_selector), datetime.now(timezone.utc)
            return self._change(name, lambda workflow: states.stopped_nodes(workflow, now, selector, message))
        return self._change(name, lambda workflow: states.shut_down(workflow, "Stop"))

    def terminate(self, name: str) -> Snapshot:
        """End a workflow at once, without exit handlers. One that is done stays as it is."""
        return self._change(name, lambda workflow: states.shut_down(workflow, "Terminate"))

    def suspend(self, name: str) -> Snapshot:
        """Let a workflow start nothing new; what runs goes on.

        Raises:
            WrongPhaseError: it is done.
        """
        return self._change(name, states.suspended)

    def resume(self, name: str, *, node_selector: str | None = None, message: str = "") -> Snapshot:
        """Let a workflow go on that is suspended, or waits at suspend nodes; these succeed, with the defaults of their outputs.

        Args:
            name: of the workflow.
            node_selector: only these suspended nodes, e.g. `displayName=approve`.
            message: for those nodes.

        Raises:
            WrongPhaseError: an output has no default and must be given with `set_node`, or no suspended node matches.
        """
        selector, now = parse_node_selector(node_selector) if node_selector else None, datetime.now(timezone.utc)
        return self._change(name, lambda workflow: states.resumed(workflow, now, selector, message))

    def set_node(
        self,
        name: str,
        node_selector: str,
        *,
        outputs: Mapping[str, str] | None = None,
        phase: Literal["", "Succeeded", "Failed", "Error"] = "",
        message: str = "",
    ) -> Snapshot:
        """Give suspended nodes outputs that they wait for, a phase, or a message.

        Raises:
            WrongPhaseError: no suspended node matches, or it expects no such output.
        """
        selector, now = parse_node_selector(node_selector), datetime.now(timezone.utc)
        return self._change(
            name, lambda workflow: states.settled(workflow, now, selector, phase=phase, message=message, outputs=outputs)
        )

    def retry(
        self,
        name: str,
        *,
        restart_successful: str | None = None,
        restart_downstream: bool = False,
        parameters: Mapping[str, Any] | None = None,
        manifest: Manifest | Iterable[Manifest] | None = None,
    ) -> Snapshot:
        """Run the failed part of a workflow again, under the same name; see `airflow_argo.cluster.retry`.

        Args:
            name: of a workflow that is Failed or Error.
            restart_successful: a node selector: these and what came after them too, even of a workflow that Succeeded.
            restart_downstream: also failed nodes after which something succeeded, with all that.
            parameters: arguments to change.
            manifest: the workflow as its author has it by now, with the values of its arguments, and what is applied before
                it: what runs again runs so.

        Raises:
            WrongPhaseError: it isn't done, or nothing can be restarted.
            InputError: the manifest isn't one Workflow and what it needs.
        """
        newer = None if manifest is None else self._newer(manifest)
        try:
            return retry_workflow(
                self._api,
                name,
                restart_successful=parse_node_selector(restart_successful) if restart_successful else None,
                restart_downstream=restart_downstream,
                parameters=parameters,
                newer=newer,
            )
        except NotFoundError as error:
            raise self._explained(error) from None

    def _newer(self, manifest: Manifest | Iterable[Manifest]) -> Manifest | None:
        documents = bundle(manifest, self.namespace)
        apply_first(self._api, documents.first, dry_run=False)
        return documents.workflow

    def resubmit(self, name: str, *, parameters: Mapping[str, Any] | None = None, key: str | None = None) -> Submission:
        """Submit a workflow like an earlier one, under a generated name."""
        return self.submit(formulate_resubmit(self.get(name).manifest, parameters), key=key)

    def last_state(self, name: str, *, uid: str, since: str) -> Snapshot | None:
        """The end of a workflow that is gone: what the server still knows of it, or None. `since`: a resourceVersion of it."""
        return last_state(self._api, name, uid, since) or self._archived(name, uid)

    def _archived(self, name: str, uid: str) -> Snapshot | None:
        """The same from an Argo server's archive, to which it looks by itself."""
        try:
            found = self.get(name)
        except ClusterError:
            return None
        return found if found.uid == uid and found.done else None

    def watch(
        self,
        name: str,
        *,
        uid: str | None = None,
        timeout: float | None = None,
        on_standstill: Callable[[Sequence[UnnotedEnd]], object] | None = None,
    ) -> Iterator[Snapshot]:
        """A workflow's states from the present one on, as they come; the last one is done.

        Args:
            uid: that of its submission, so that another of the same name is never taken for it.
            timeout: seconds; None: as long as it takes.
            on_standstill: is called with the pods that have ended, where Argo takes no note of that for minutes.

        Raises:
            NotFoundError: there is none of that name, now at the start.
            WorkflowGoneError: it was deleted or replaced before its end was seen.
            WaitTimeoutError: it isn't done in time.
        """
        return self._explaining(watch_one(self._api, name, uid or "", timeout, on_standstill))

    def wait(
        self,
        name: str,
        *,
        uid: str | None = None,
        timeout: float | None = None,
        on_change: Callable[[Snapshot], object] | None = None,
        on_standstill: Callable[[Sequence[UnnotedEnd]], object] | None = None,
    ) -> Snapshot:
        """The workflow when it is Succeeded, Failed or Error; see `watch`. `on_change` is called with each state."""
        last = None
        for snapshot in self.watch(name, uid=uid, timeout=timeout, on_standstill=on_standstill):
            last = snapshot
            if on_change:
                on_change(snapshot)
        assert last is not None  # a watch ends with a state that is done, or raises
        return last

    def wait_all(
        self,
        workflows: Mapping[str, str] | Iterable[str],
        *,
        label_selector: str = "",
        timeout: float | None = None,
        on_change: Callable[[Snapshot], object] | None = None,
    ) -> dict[str, Snapshot | ClusterError]:
        """Wait for many workflows with one watch of the namespace.

        Args:
            workflows: their names, or name → uid.
            label_selector: that all of them match, so that the others of the namespace needn't be read.
            timeout: seconds; None: as long as it takes.
            on_change: called with each state of each.

        Returns:
            For each name how its wait ended: the state that is done, or the error (it was deleted, …).

        Raises:
            WaitTimeoutError: some aren't done in time.
        """
        uids = dict(workflows) if isinstance(workflows, Mapping) else dict.fromkeys(workflows, "")
        return wait_for_all(self._api, uids, label_selector, timeout, on_change)

    def logs(
        self,
        name: str,
        *,
        follow: bool = False,
        containers: Iterable[str] = ("main",),
        since: float | None = None,
        tail: int | None = None,
        executor_lines: bool = False,
        max_streams: int = 64,
        nodes: Iterable[str] | None = None,
    ) -> Iterator[LogLine]:
        """The logs of a workflow's pods.

        Args:
            name: of the workflow.
            follow: go on until it is done, with the pods that are yet to come; else what is there now.
            containers: `main` is the user's own, `init` and `wait` are Argo's.
            since: seconds back from now.
            tail: lines from the end, of each container.
            executor_lines: also those that Argo's executor writes into the user's containers.
            max_streams: containers that are followed at once, each by a thread; further ones wait until one has ended.
            nodes: ids of the nodes whose pods are meant, of those that are there now; None for all.

        Raises:
            NotFoundError: there is no such workflow. A pod that is gone is no error but a line that says so.
        """
        options = LogOptions(
            tuple(containers), since, tail, executor_lines, follow, max_streams, None if nodes is None else frozenset(nodes)
        )
        return self._logs(self.get(name), options)

    def _logs(self, workflow: Snapshot, options: LogOptions) -> Iterator[LogLine]:
        follows = options.follow and not workflow.done
        return follow_logs(self._api, workflow, options) if follows else read_logs(self._api, workflow, options)

    def _change(self, name: str, decide: Callable[[Manifest], Manifest]) -> Snapshot:
        try:
            return change(self._api, name, decide)
        except NotFoundError as error:
            raise self._explained(error) from None

    def _found(self, call: Call) -> Manifest:
        try:
            return self._api.send(call)
        except NotFoundError as error:
            raise self._explained(error) from None

    def _explaining(self, snapshots: Iterator[Snapshot]) -> Iterator[Snapshot]:
        try:
            yield from snapshots
        except NotFoundError as error:
            raise self._explained(error) from None

    def _explained(self, error: NotFoundError) -> ClusterError:
        """The error, or that the whole namespace is missing."""
        return missing_namespace(self._api) or error
