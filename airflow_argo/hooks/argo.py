"""ArgoHook: a connection of type `argo`, as a `Cluster`: through the Kubernetes API, or an Argo server's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any, Final, Literal, TypeAlias, TypeVar

from airflow_argo._compat import AirflowNotFoundException, BaseHook, async_connection, conf
from airflow_argo.cluster import Cluster, ClusterError, NamespaceNotFoundError, NotFoundError, Patience, Snapshot
from airflow_argo.cluster.argo_server import ArgoServerApi, connect_argo_server
from airflow_argo.cluster.argo_server_cluster import ArgoServerCluster
from airflow_argo.cluster.client import MERGE_PATCH, Api
from airflow_argo.cluster.errors import HeldUpError
from airflow_argo.cluster.resources import WORKFLOWS, Call
from airflow_argo.diagnostics import AirflowArgoError
from airflow_argo.hooks.connection import ArgoConnection, check_is_not_given, url_of_ui
from airflow_argo.hooks.kubernetes import kubernetes_api, light_kubernetes_api
from airflow_argo.hooks.once import once
from airflow_argo.provider import CONNECTION_FIELDS, FIELD_BEHAVIOUR

_NO_OP: Final = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Workflow",
    "metadata": {"generateName": "connection-test-"},
    "spec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {"duration": "0"}}]},
}
"""What a test of a connection asks the server to check, and not to make."""

_PATIENCE_AT_END = 10.0  # seconds

LONGEST_CALL: Final = 120.0
"""Seconds that one call of a triggerer's may take, all that is tried again included; busy triggerers are slow."""

Outcome = TypeVar("Outcome")

KillAction: TypeAlias = Literal["stop", "terminate", "delete", "keep"]
"""What becomes of a workflow whose task was killed: "stop" lets its exit handlers run, "terminate" doesn't."""


class ArgoHook(BaseHook):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """Argo Workflows in one namespace.

    Args:
        argo_conn_id: of a connection of type `argo`, or `kubernetes`. That there is no `argo_default` is no fault: then the
            pod's service account is used, else the kubeconfig that kubectl would take.
        namespace: another than the connection's.
        connection: instead of looking `argo_conn_id` up.
        patience: how long servers are waited for.
    """

    conn_name_attr = "argo_conn_id"
    default_conn_name = "argo_default"
    conn_type = "argo"
    hook_name = "Argo Workflows"

    def __init__(
        self,
        argo_conn_id: str = default_conn_name,
        namespace: str | None = None,
        *,
        connection: ArgoConnection | None = None,
        patience: Patience | None = None,
    ) -> None:
        super().__init__()
        self.argo_conn_id, self._wanted_namespace, self.patience = argo_conn_id, namespace or "", patience
        self._given, self._light = connection, False

    @classmethod
    async def make(cls, argo_conn_id: str, namespace: str | None = None, *, patience: Patience | None = None) -> ArgoHook:
        """A hook for a triggerer: looking the connection up doesn't block its event loop, and it takes little memory."""
        what = f"looking up connection '{argo_conn_id}'"
        try:
            found = await in_time(async_connection(argo_conn_id), what)
        except AirflowNotFoundException:
            check_is_not_given(argo_conn_id)
            if argo_conn_id != cls.default_conn_name:
                raise
            connection = ArgoConnection(argo_conn_id)
        else:
            reading = asyncio.to_thread(ArgoConnection.of, argo_conn_id, found)  # asks Airflow to mask what it finds
            connection = await in_time(reading, what)
        hook = cls(argo_conn_id, namespace, connection=connection, patience=patience)
        hook._light = True
        return hook

    @once
    def connection(self) -> ArgoConnection:
        """What the connection says.

        Raises:
            ConfigurationError: it can't be used, or its variable not be read.
            AirflowNotFoundException: there is none of that id.
        """
        return self._given or self._looked_up()

    def _looked_up(self) -> ArgoConnection:
        try:
            found = self.get_connection(self.argo_conn_id)
        except AirflowNotFoundException:
            check_is_not_given(self.argo_conn_id)
            if self.argo_conn_id != self.default_conn_name:
                raise
            self.log.info("There is no connection '%s': the pod's service account or kubeconfig is used", self.argo_conn_id)
            return ArgoConnection(self.argo_conn_id)
        connection = ArgoConnection.of(self.argo_conn_id, found)
        for remark in connection.remarks:
            self.log.warning("Connection '%s': %s", self.argo_conn_id, remark)
        return connection

    @once
    def api(self) -> Api:
        """The requests that `cluster` is made of."""
        found = self.connection
        if not found.server and self._light:
            return light_kubernetes_api(found, self._wanted_namespace, self.patience)
        if not found.server:
            return kubernetes_api(found, self._wanted_namespace, self.patience, again=self._again)
        return connect_argo_server(
            found.server,
            self._wanted_namespace or found.namespace,
            token=found.token,
            token_file=found.token_file,
            ca_file=found.ca_file,
            verify=found.verify,
            patience=self.patience,
            new_token=lambda: self._again().token,
        )

    def _again(self) -> ArgoConnection:
        """The connection once more: somebody may have given it another token. One that was given stays."""
        return self._given or self._looked_up()

    @once
    def cluster(self) -> Cluster:
        """What can be done there; its methods may be called by several threads."""
        return _cluster_over(self.api)

    def get_conn(self) -> Cluster:
        """The same, by the name that all hooks have for it."""
        return self.cluster

    @property
    def namespace(self) -> str:
        """The namespace: the hook's own, the connection's, the kubeconfig's or the pod's."""
        return self.cluster.namespace

    @property
    def can_annotate(self) -> bool:
        """Whether annotations can be put on a workflow that is there: an Argo server has no request for that."""
        return not self.connection.server

    def annotate(self, name: str, annotations: Mapping[str, str]) -> Snapshot:
        """Put annotations on a workflow, whatever others write to it meanwhile."""
        patch = {"metadata": {"annotations": dict(annotations)}}
        call = Call("patch", WORKFLOWS, self.namespace, name)
        return Snapshot(self.api.send(call, patch, content_type=MERGE_PATCH), self.api.place)

    def end(self, name: str, action: KillAction) -> None:
        """What becomes of a workflow whose task was killed, within the little time that Airflow grants.

        The process is about to end, so that there is none, or that it can't be done, is only logged.
        """
        try:
            cluster = _cluster_over(self.api.with_patience(faults=min(self.api.patience.faults, _PATIENCE_AT_END)))
            if action == "stop":
                cluster.stop(name)
            elif action == "terminate":
                cluster.terminate(name)
            elif action == "delete":
                cluster.delete(name)
        except NotFoundError:
            self.log.info("There is no workflow %s to end", name)
        except ClusterError as error:
            self.log.warning("Workflow %s can't be ended: %s", name, error)
        else:
            self.log.info("Workflow %s: %s", name, action)

    def workflow_url(self, name: str, uid: str = "") -> str:
        """Where the Argo UI shows a workflow; "" if nobody has said where the UI is."""
        configured = url_of_ui(conf.get("argo", "ui_url", fallback=""))
        base = self.connection.ui_url or configured or self.connection.server
        return f"{base}/workflows/{self.namespace}/{name}{f'?uid={uid}' if uid else ''}" if base else ""

    async def aget(self, name: str) -> Snapshot:
        """A workflow as it is now, without blocking the event loop. Raises as `Cluster.get` does."""
        return await in_time(asyncio.to_thread(lambda: self.cluster.get(name)), f"reading workflow '{name}'")

    def test_connection(self) -> tuple[bool, str]:
        """Whether workflows can be listed, and a sentence about it; for `airflow connections test` and the form's button.

        That none can be made is said, and no failure: there are Airflows that only wait for workflows.
        """
        try:
            next(iter(self.cluster.list(limit=1)), None)
        except (AirflowArgoError, AirflowNotFoundException) as error:
            return False, str(error)
        where = f"in namespace '{self.namespace}' of {self.cluster.server}"
        try:
            self.cluster.submit(_NO_OP, dry_run="server")
        except NamespaceNotFoundError as error:  # there are lists of namespaces that aren't there
            return False, str(error)
        except AirflowArgoError as error:
            return True, "; ".join((f"Workflows can be listed {where}, but not be made: {error}", *self.connection.remarks))
        return True, "; ".join((f"Workflows can be listed and made {where}", *self.connection.remarks))

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """The form's own fields, for Airflow's before 3.2 that make them of WTForms."""
        from flask_appbuilder.fieldwidgets import (  # type: ignore[import-not-found] # not in Airflow 3's core
            BS3PasswordFieldWidget,
            BS3TextFieldWidget,
        )
        from wtforms import BooleanField, PasswordField, StringField  # type: ignore[import-untyped]

        def widget(field: dict[str, Any]) -> Any:
            if "boolean" in field["schema"]["type"]:
                return BooleanField(field["label"])
            if field["schema"].get("format") == "password":
                return PasswordField(field["label"], widget=BS3PasswordFieldWidget())
            return StringField(field["label"], widget=BS3TextFieldWidget())

        return {name: widget(field) for name, field in CONNECTION_FIELDS.items()}

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """What the form hides, and calls by another name."""
        return {key.replace("-", "_"): value for key, value in FIELD_BEHAVIOUR.items()}


async def in_time(call: Awaitable[Outcome], what: str) -> Outcome:
    """What a call gives that has no limit of its own: no wait of a triggerer may depend on one that never returns.

    Raises:
        HeldUpError: it takes longer than LONGEST_CALL, and is left alone.
    """
    try:
        return await asyncio.wait_for(call, LONGEST_CALL)
    except (asyncio.TimeoutError, TimeoutError):
        raise HeldUpError(None, what, LONGEST_CALL) from None


def _cluster_over(api: Api) -> Cluster:
    return ArgoServerCluster(api) if isinstance(api, ArgoServerApi) else Cluster(api)
