"""The runs of DAGs as Kubernetes' API knows them: Workflows. By Python's standard library alone.

A run is a Workflow with the label of its DAG's id. Its date and its id are those that its own tasks see: parameters where they
are given, else made of the time at which it was scheduled or created.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
from datetime import datetime, timezone
from typing import Any, Dict, Iterator, List, Optional, Tuple
from urllib.parse import urlencode

from ..run import parameter_text  # noqa: TID252 - in a pod the package has another name

DAG_ID_LABEL = "airflow-argo.io/dag-id"
"""A label with the DAG's id, as far as a label can say it, and an annotation with all of it."""

RUN_ID = "airflow-argo.io/run-id"
"""An annotation of workflows that a workflow creates: Airflow's id of the run."""

SCHEMAS = "airflow-argo.io/schemas"
"""An annotation that says what values of inputs obey: input → {is: text or json, schema: a JSON Schema}."""

DESCRIPTION = "workflows.argoproj.io/description"
"""An annotation that Argo's pages show."""

TASK_GROUPS = "airflow-argo.io/task-groups"
"""An annotation with the tasks of each task group: JSON of group → [ids of its own tasks, ids of the groups in it]."""

NAMESPACE_VARIABLE = "AIRFLOW_ARGO_NAMESPACE"
"""The environment variable with the pod's namespace, which a pod that looks at runs has."""

API_VARIABLE = "AIRFLOW_ARGO_API"
"""The environment variable with the address of an API server other than the cluster's own."""

ARGO = "apis/argoproj.io/v1alpha1"
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
SCHEDULED = "workflows.argoproj.io/scheduled-time"
STATES = {"Succeeded": "success", "Failed": "failed", "Error": "failed", "Running": "running"}
QUEUED = "queued"
MAX_NAME, DIGEST = 63, 10

Json = Any


class ApiError(Exception):
    """Kubernetes' API refuses something; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"Kubernetes' API says {status}: {message}")
        self.status = status


def label_of(text: str) -> str:
    """A text as the value of a label."""
    return "".join(char if char.isascii() and (char.isalnum() or char in "-._") else "-" for char in text)[:63].strip("-._")


class Api:
    """Kubernetes' API as a pod reaches it, with the rights of its service account."""

    def __init__(self) -> None:
        import ssl  # not for those who want only the names above

        self.namespace = os.environ.get(NAMESPACE_VARIABLE) or _text(f"{ACCOUNT}/namespace") or "default"
        host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
        self.url = os.environ.get(API_VARIABLE) or f"https://{host}:{port}"
        if not host and API_VARIABLE not in os.environ:
            raise ApiError(503, "there is no Kubernetes here")
        self.context = ssl.create_default_context(cafile=f"{ACCOUNT}/ca.crt") if self.url.startswith("https:") else None

    def send(
        self,
        method: str,
        kind: str,
        name: str = "",
        query: Optional[Dict[str, str]] = None,
        body: Json = None,
        group: str = ARGO,
    ) -> Json:
        """What the API answers to a request about objects of Argo's, such as `workflows`, or of another group.

        Raises:
            ApiError: it refuses.
        """
        import urllib.error
        import urllib.request

        path = f"/{group}/namespaces/{self.namespace}/{kind}" + (f"/{name}" if name else "")
        url = self.url + path + (f"?{urlencode(query)}" if query else "")
        kind_of_body = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Accept": "application/json", "Content-Type": kind_of_body}
        token = _text(f"{ACCOUNT}/token")  # it is renewed while the pod lives
        if token and self.context is not None:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60, context=self.context) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise ApiError(error.code, _message(error)) from None

    def listed(self, kind: str, dag_id: str) -> Iterator[Json]:
        """The objects of a DAG, page by page."""
        query = {"labelSelector": f"{DAG_ID_LABEL}={label_of(dag_id)}", "limit": "100"}
        while True:
            page = self.send("GET", kind, query=query)
            for item in page.get("items") or []:
                named = (item["metadata"].get("annotations") or {}).get(DAG_ID_LABEL)
                if named in (None, dag_id):
                    yield item
            more = (page.get("metadata") or {}).get("continue")
            if not more:
                return
            query["continue"] = more


class Run:
    """A run of a DAG."""

    def __init__(self, item: Json) -> None:
        self.item = item
        metadata = item["metadata"]
        self.annotations = metadata.get("annotations") or {}
        listed = ((item.get("spec") or {}).get("arguments") or {}).get("parameters") or []
        given = {one["name"]: one.get("value") or "" for one in listed}
        scheduled = self.annotations.get(SCHEDULED) or ""
        date = moment(given.get("logical_date") or scheduled or metadata["creationTimestamp"])
        kind = "scheduled" if scheduled else "manual"
        self.id = given.get("run_id") or self.annotations.get(RUN_ID) or f"{kind}__{date.isoformat()}"
        self.date = None if given.get("is_dated") == "false" else date

    @property
    def state(self) -> str:
        """Airflow's word for how it stands."""
        return STATES.get(str((self.item.get("status") or {}).get("phase") or ""), QUEUED)

    def members(self, group: str) -> List[str]:
        """The tasks of a task group, and of the groups in it.

        Raises:
            ApiError: the workflow doesn't say, or there is no such group.
        """
        if TASK_GROUPS not in self.annotations:
            raise ApiError(
                404, f"workflow {self.item['metadata']['name']} doesn't say what its task groups are: translate it again"
            )
        groups = json.loads(self.annotations[TASK_GROUPS])
        if group not in groups:
            raise ApiError(404, f"workflow {self.item['metadata']['name']} has no task group '{group}'")
        found, waiting = [], [group]
        while waiting:
            tasks, inner = groups[waiting.pop()]
            found += tasks
            waiting += inner
        return found

    def instances(self) -> Iterator[Tuple[str, int, str]]:
        """Its task instances that have begun, or never will: (task id, map index, state)."""
        from .steps import steps_of

        yield from _instances(steps_of(self.item, {"nodes": nodes_of(self.item)}), -1)


def _instances(tree: Any, index: int) -> Iterator[Tuple[str, int, str]]:
    for step in tree:
        items = [child for child in step.children if child.id.startswith("[")]
        if not items:
            yield step.id, index, step.state
        for item in items:
            inner = [child for child in item.children if not child.id.startswith("try ")]
            number = int(item.id[1:-1])
            yield from _instances(inner, number) if inner else [(step.id, number, item.state)]


def nodes_of(item: Json) -> Dict[str, Json]:
    """The nodes of a Workflow, also where Argo has compressed them.

    Raises:
        ApiError: they are where this program can't see them.
    """
    status = item.get("status") or {}
    if status.get("compressedNodes"):
        data = base64.b64decode(status["compressedNodes"])
        if data[:2] != b"\x1f\x8b":
            raise ApiError(200, "the nodes of a workflow are compressed otherwise than by gzip")
        found: Dict[str, Json] = json.loads(gzip.decompress(data))
        return found
    if status.get("offloadNodeStatusVersion"):
        raise ApiError(200, "the nodes of a workflow are kept in a database of Argo's")
    return status.get("nodes") or {}


def moment(text: str) -> datetime:
    """A time with its zone; one without is UTC's."""
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)


class Runs:
    """What tasks ask about the runs of other DAGs."""

    def __init__(self, api: Optional[Api] = None) -> None:
        self.api = api or Api()

    def of(self, dag_id: str, dates: Optional[List[datetime]], run_ids: Optional[List[str]]) -> List[Run]:
        """The runs of a DAG for some dates, or of some ids; all of them if neither is given."""
        wanted = None if dates is None else {one.astimezone(timezone.utc) for one in dates}
        runs = [Run(item) for item in self.api.listed("workflows", dag_id)]
        return [run for run in runs if (wanted is None or run.date in wanted) and (run_ids is None or run.id in run_ids)]

    def instances(self, msg: Any) -> List[Tuple[Run, str, int, Optional[str]]]:
        """The task instances that a message asks for: by tasks, by task group, by runs.

        Of a group all have a state, which is None for those that haven't begun: Airflow has rows of them.
        """
        task_ids = getattr(msg, "task_ids", None)
        group = getattr(msg, "task_group_id", None)
        index = getattr(msg, "map_index", None)
        found: List[Tuple[Run, str, int, Optional[str]]] = []
        for run in self.of(msg.dag_id, msg.logical_dates, msg.run_ids):
            members = run.members(group) if group else None
            there: List[Tuple[str, int, Optional[str]]] = list(run.instances())
            begun = {task_id for task_id, *_ in there}
            there += [(task_id, -1, None) for task_id in members or () if task_id not in begun]
            for task_id, number, state in there:
                in_group = members is None or task_id in members
                if (not task_ids or task_id in task_ids) and in_group and index in (None, number):
                    found.append((run, task_id, number, state))
        return found

    def create(
        self, dag_id: str, run_id: str, date: Optional[datetime], conf: Optional[Json], reset: bool, note: str = ""
    ) -> bool:
        """Makes a run; whether there was none of that id before.

        Args:
            note: what is said of it.
        Raises:
            ApiError: there is no WorkflowTemplate of the DAG, or the service account may not make a Workflow of it.
        """
        template = next(self.api.listed("workflowtemplates", dag_id), None)
        if template is None:
            raise ApiError(
                404, f"no WorkflowTemplate has the label {DAG_ID_LABEL}={label_of(dag_id)}; translate that DAG to one"
            )
        there = self.of(dag_id, None, [run_id])
        if there and not reset:
            return False
        for run in there:
            self.api.send("DELETE", "workflows", run.item["metadata"]["name"])
        body = _workflow(template, dag_id, run_id, date, conf)
        if note:
            body["metadata"]["annotations"][DESCRIPTION] = note
        self.api.send("POST", "workflows", body=body)
        return True


def _workflow(template: Json, dag_id: str, run_id: str, date: Optional[datetime], conf: Optional[Json]) -> Json:
    name = template["metadata"]["name"]
    head = name[: MAX_NAME - DIGEST - 1].rstrip("-")
    declared = ((template.get("spec") or {}).get("arguments") or {}).get("parameters") or []
    defaults = {one["name"]: one.get("value") for one in declared}
    schemas = json.loads(template["metadata"].get("annotations", {}).get(SCHEMAS) or "{}")
    given = {"run_id": run_id, "logical_date": date.isoformat() if date else ""}
    if conf is not None:
        given["conf"] = json.dumps(conf)
        kinds = {key: (schemas.get(key) or {}).get("is") or _kind(defaults[key]) for key in conf if key in defaults}
        given.update({key: parameter_text(conf[key], kind) for key, kind in kinds.items()})
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {
            "name": f"{head}-{hashlib.sha256(run_id.encode()).hexdigest()[:DIGEST]}",
            "labels": {DAG_ID_LABEL: label_of(dag_id), "app.kubernetes.io/managed-by": "airflow-argo"},
            "annotations": {DAG_ID_LABEL: dag_id, RUN_ID: run_id},
        },
        "spec": {
            "workflowTemplateRef": {"name": name},
            "arguments": {"parameters": [{"name": key, "value": value} for key, value in given.items()]},
        },
    }


def _kind(default: Optional[str]) -> str:
    """What a parameter without a schema holds: text, or JSON where its default is that of something else, or it has none."""
    try:
        json.loads("null" if default is None else default)
    except ValueError:
        return "text"
    return "json"


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def _message(error: Any) -> str:
    try:
        return str(json.load(error).get("message") or error.reason)
    except ValueError:
        return str(error.reason)
