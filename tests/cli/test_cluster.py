"""Commands against a real API server: what it accepts, refuses, and doesn't let one do."""

from pathlib import Path

import pytest
import yaml

from airflow_argo.cluster.resources import Call, Resource
from airflow_argo.diagnostics import ExitCode
from tests.cli.conftest import TWO_TASKS
from tests.cluster.conftest import admin, cluster, controlled, kubeconfig, namespace  # noqa: F401 - fixtures

pytestmark = pytest.mark.cluster

SERVICE_ACCOUNTS = Resource("ServiceAccount", "serviceaccounts", group="", version="v1")


@pytest.fixture
def argo(cli, kubeconfig, namespace):  # noqa: F811
    """Calls a command for the module's namespace."""
    return lambda command, *more: cli(command, *more, "--kubeconfig", kubeconfig, "-n", namespace)


def test_a_dag_is_accepted_and_nothing_is_kept(argo, two_tasks):
    answer = argo("submit", two_tasks, "--dry-run=server", "-o", "json")
    assert answer.code == ExitCode.OK, answer.err
    assert answer.json["metadata"]["labels"]["airflow-argo.io/dag-id"] == "two_tasks"
    assert "managedFields" not in answer.json["metadata"]
    assert argo("list").err.startswith("there are no workflows in namespace '")


def test_a_workflow_is_submitted_once_under_its_name_listed_stopped_and_deleted(argo, two_tasks):
    first = argo("submit", two_tasks, "--name", "mine", "-p", "code=1")
    assert (first.code, first.out) == (ExitCode.OK, "mine submitted\n")
    assert [row["name"] for row in argo("list", "-o", "json").json] == ["mine"]
    assert argo("wait", "mine", "--timeout", "1").code == ExitCode.TIMEOUT
    assert argo("stop", "mine").code == ExitCode.OK
    assert argo("delete", "mine").code == ExitCode.OK
    for command in ("wait", "logs", "stop", "terminate", "retry", "resume", "delete"):
        answer = argo(command, "mine")
        assert answer.code == ExitCode.CLUSTER, command
        assert "there is no Workflow 'mine'" in answer.err


def test_a_cron_workflow_and_a_template_are_applied(argo, write):
    path = write("daily.py", TWO_TASKS.replace("schedule=None", "schedule='@daily'"))
    for kind in ("CronWorkflow", "WorkflowTemplate"):
        first = argo("submit", path, "--kind", kind)
        assert first.code == ExitCode.OK, first.err
        assert kind in first.out
        assert "two-tasks" in first.out


def test_what_the_api_server_refuses_is_said_with_its_reason(argo, write):
    path = write(
        "bad.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: x-}\n"
        "spec: {entrypoint: main, templates: [{name: main, container: {image: 3}}]}\n",
    )
    answer = argo("submit", path, "--dry-run=server")
    assert answer.code == ExitCode.CLUSTER
    assert "spec.templates[0].container.image" in answer.err


def test_a_namespace_that_is_not_there(cli, kubeconfig, two_tasks):  # noqa: F811
    for more in ([], ["--dry-run=server"]):
        answer = cli("submit", two_tasks, "--kubeconfig", kubeconfig, "-n", "nowhere", *more)
        assert answer.code == ExitCode.CLUSTER
        assert "there is no namespace 'nowhere'" in answer.err


@pytest.fixture
def nobody(admin, kubeconfig, namespace):  # noqa: F811
    """The token and the kubeconfig of an account without rights."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "nobody"}}
    admin.send(Call("create", SERVICE_ACCOUNTS, namespace), account)
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
    token = admin.send(Call("create", SERVICE_ACCOUNTS, namespace, "nobody", "token"), request)["status"]["token"]
    config = yaml.safe_load(Path(kubeconfig.split(":")[0]).read_text())
    config["users"] = [{"name": entry["name"], "user": {"token": token}} for entry in config["users"]]
    return token, yaml.safe_dump(config)


def test_no_rights_is_said_with_the_rule_that_would_give_them(cli, nobody, namespace, two_tasks, write):  # noqa: F811
    token, content = nobody
    config = write("config", content)
    for command in (["submit", two_tasks], ["list"], ["logs", "x"], ["stop", "x"]):
        answer = cli(*command, "--kubeconfig", config, "-n", namespace)
        assert answer.code == ExitCode.CLUSTER, command
        assert "may not" in answer.err
        assert "verbs" in answer.err
        assert token not in answer.err


def test_a_run_on_argo_is_waited_for_with_the_lines_of_what_failed(cli, kubeconfig, controlled, write):  # noqa: F811
    path = write(
        "wf.yaml",
        """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: cli-}
spec:
  entrypoint: main
  templates:
  - name: main
    script: {image: "lab/task:1", imagePullPolicy: IfNotPresent, command: [sh], source: "echo why it failed; exit 3"}
""",
    )
    where = ("--kubeconfig", kubeconfig, "-n", controlled.namespace)
    answer = cli("submit", path, "--wait", "-o", "json", *where)
    name = answer.json["name"]
    try:
        assert answer.code == ExitCode.RUN_FAILED
        assert "why it failed" in answer.err
        assert f"{name} submitted" in answer.err
        assert "why it failed" in cli("logs", name, *where).out
        assert cli("wait", name, *where).code == ExitCode.RUN_FAILED
    finally:
        cli("delete", name, *where)
