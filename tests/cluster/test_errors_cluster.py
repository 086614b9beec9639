"""What a real API server says when it isn't happy with us, and what we make of it."""

from __future__ import annotations

import copy
import time

import pytest
import yaml

from airflow_argo.cluster import (
    ArgoNotInstalledError,
    Cluster,
    ForbiddenError,
    NotFoundError,
    Patience,
    RejectedError,
    TlsError,
    UnauthorizedError,
    UnreachableError,
)
from airflow_argo.cluster.rbac import NEEDS, Rule, role
from airflow_argo.cluster.resources import WORKFLOWS, Call, Resource, query

from .conftest import NO_OP
from .controller import set_status

pytestmark = pytest.mark.cluster

SERVICE_ACCOUNTS = Resource("ServiceAccount", "serviceaccounts", group="", version="v1")
ROLES = Resource("Role", "roles", group="rbac.authorization.k8s.io", version="v1")
ROLE_BINDINGS = Resource("RoleBinding", "rolebindings", group="rbac.authorization.k8s.io", version="v1")


@pytest.fixture(scope="module")
def admin_config(kubeconfig):
    with open(kubeconfig.split(":")[0]) as file:  # noqa: PTH123 - a test's one line
        return yaml.safe_load(file)


def connect(config, namespace, **user):
    content = copy.deepcopy(config)
    if user:
        content["users"] = [{"name": entry["name"], "user": user} for entry in content["users"]]
    return Cluster.connect(content, namespace=namespace, patience=Patience(faults=0))


@pytest.fixture(scope="module")
def bot(admin, admin_config, namespace):
    """A connection as a new service account, that may do what some operations need and nothing else."""
    connections = []

    def make(*operations, rules=None):
        name = f"bot-{len(connections)}"
        admin.send(Call("create", SERVICE_ACCOUNTS, namespace), object_of("ServiceAccount", name, api_version="v1"))
        request = object_of("TokenRequest", None, "authentication.k8s.io/v1", spec={"expirationSeconds": 600})
        answer = admin.send(Call("create", SERVICE_ACCOUNTS, namespace, name, "token"), request)
        connections.append(connect(admin_config, namespace, token=answer["status"]["token"]))
        if operations or rules:
            wanted = role(namespace, operations, name)
            allow(name, wanted | ({"rules": [rule.as_manifest() for rule in rules]} if rules else {}))
            until_allowed(connections[-1]._api, wanted["rules"] or [rule.as_manifest() for rule in rules])
        return connections[-1]

    def allow(name, manifest):
        admin.send(Call("create", ROLES, namespace), manifest)
        subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
        binding = object_of("RoleBinding", name, reference["apiGroup"] + "/v1", roleRef=reference, subjects=[subject])
        admin.send(Call("create", ROLE_BINDINGS, namespace), binding)

    yield make
    for connection in connections:
        connection.close()


def object_of(kind, name, api_version, **rest):
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name} if name else {}} | rest


def until_allowed(api, rules):
    """The API server learns of a new Role a moment after it was made."""
    (group,), (resource,), verbs = (rules[-1][key] for key in ("apiGroups", "resources", "verbs"))
    plural, _, subresource = resource.partition("/")
    what = {"namespace": api.namespace, "group": group, "resource": plural, "subresource": subresource, "verb": verbs[-1]}
    review = object_of("SelfSubjectAccessReview", None, "authorization.k8s.io/v1", spec={"resourceAttributes": what})
    reviews = Resource("SelfSubjectAccessReview", "selfsubjectaccessreviews", "authorization.k8s.io", "v1", namespaced=False)
    for _ in range(100):
        if api.send(Call("create", reviews, ""), review)["status"]["allowed"]:
            return
        time.sleep(0.05)
    raise AssertionError("the Role never came into force")


OPERATIONS = {
    "submit": (lambda cluster: cluster.submit(NO_OP), "create"),
    "get": (lambda cluster: cluster.get("x"), "get"),
    "list": (lambda cluster: list(cluster.list()), "list"),
    "wait": (lambda cluster: cluster.wait("x", timeout=5), "list"),
    "delete": (lambda cluster: cluster.delete("x"), "delete"),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_missing_right_is_named_with_its_rule(stranger, name):
    operation, verb = OPERATIONS[name]
    with pytest.raises(ForbiddenError) as caught:
        operation(stranger)
    assert caught.value.user.endswith(":bot-0")
    assert f"'{caught.value.user}' may not {verb} workflows" in str(caught.value)
    assert f"rule {{apiGroups: [argoproj.io], resources: [workflows], verbs: [{verb}]}}" in str(caught.value)


@pytest.fixture(scope="module")
def stranger(bot):
    return bot()


def test_a_right_to_list_without_one_to_watch(bot, cluster):
    name = cluster.submit(NO_OP, generate_name="list-only-").name
    lister = bot(rules=[Rule("argoproj.io", "workflows", ("list",))])
    with pytest.raises(ForbiddenError, match=r"may not watch workflows .* verbs: \[watch\]"):
        lister.wait(name, timeout=5)


TEMPLATE = object_of("WorkflowTemplate", "t", "argoproj.io/v1alpha1", spec=NO_OP["spec"])
CRON = object_of("CronWorkflow", "c", "argoproj.io/v1alpha1", spec={"schedules": ["@yearly"], "workflowSpec": NO_OP["spec"]})
CONFIG = object_of("ConfigMap", "m", "v1", data={"a": "1"})
TWICE = NO_OP | {"metadata": {"name": "twice"}}
UNREADABLE = NO_OP | {"metadata": {"name": "referring"}, "spec": {"workflowTemplateRef": {"name": "unreadable"}}}
SUBMITTED = [(TWICE, {}), (TWICE, {}), (UNREADABLE, {"day": 1})]


def submit_with_templates(bot, name):
    bot.submit([TEMPLATE, CRON, CONFIG, NO_OP])
    return bot.apply([TEMPLATE | {"spec": {**NO_OP["spec"], "priority": 1}}, CRON, CONFIG | {"data": {"a": "2"}}])


ALLOWED = {
    "submit": lambda bot, name: [bot.submit(one, parameters=given) for one, given in SUBMITTED],
    "submit with templates": submit_with_templates,
    "submit from": lambda bot, name: [bot.submit_from("workflowtemplate/source"), bot.submit_from("cronworkflow/source")],
    "get": lambda bot, name: bot.get(name),
    "list": lambda bot, name: list(bot.list()),
    "wait": lambda bot, name: [bot.wait(name, timeout=5), bot.wait_all([name], timeout=5)],
    "delete": lambda bot, name: bot.delete(name),
    "stop": lambda bot, name: bot.stop(name),
    "terminate": lambda bot, name: bot.terminate(name),
    "suspend": lambda bot, name: bot.suspend(name),
    "resume": lambda bot, name: bot.resume(name),
    "retry": lambda bot, name: bot.retry(name),
    "resubmit": lambda bot, name: bot.resubmit(name),
    "logs": lambda bot, name: [list(bot.logs(name)), list(bot.logs(name, follow=True))],
}


@pytest.mark.parametrize("operation", NEEDS)
def test_the_table_of_rights_is_enough(bot, cluster, operation):
    name = cluster.submit(NO_OP, generate_name="allowed-").name
    if operation in ("wait", "logs", "retry"):
        set_status(cluster._api, name, "Failed")
    if operation == "submit from":
        cluster.apply([manifest | {"metadata": {"name": "source"}} for manifest in (TEMPLATE, CRON)])
    assert ALLOWED[operation](bot(operation), name) != []


def test_credentials_that_nobody_knows(admin_config, namespace):
    with connect(admin_config, namespace, token="s3cret-but-wrong") as stranger, pytest.raises(UnauthorizedError) as caught:
        stranger.get("x")
    assert "401 Unauthorized" in str(caught.value)
    assert "s3cret" not in repr(caught.value)


def test_no_credentials_at_all(admin_config, namespace):
    with (
        connect(admin_config, namespace, username="", password="") as anonymous,
        pytest.raises((UnauthorizedError, ForbiddenError)),
    ):
        anonymous.get("x")


def test_crds_that_are_not_installed(admin, namespace):
    """The API server answers for a group that it doesn't know as for Argo's where its CRDs are missing."""
    other = Resource("Workflow", "workflows", group="not-installed.example.com")
    for call in (Call("list", other, namespace), Call("get", other, namespace, "x"), Call("create", other, namespace)):
        with pytest.raises(ArgoNotInstalledError, match=r"knows no workflows in not-installed\.example\.com/v1alpha1"):
            admin.send(call, {} if call.verb == "create" else None)


def test_a_certificate_of_another_authority(admin_config, namespace, certificate_of_nobody):
    content = copy.deepcopy(admin_config)
    for entry in content["clusters"]:
        entry["cluster"].pop("certificate-authority-data", None)
        entry["cluster"]["certificate-authority"] = certificate_of_nobody
    with connect(content, namespace) as connection, pytest.raises(TlsError, match="certificate verify failed"):
        connection.get("x")


@pytest.fixture
def certificate_of_nobody():
    import certifi

    return certifi.where()


def test_several_connections_at_once(admin_config, namespace):
    from kubernetes.client import Configuration

    default = Configuration._default
    wrong = copy.deepcopy(admin_config)
    for entry in wrong["clusters"]:
        entry["cluster"]["server"] = "https://127.0.0.1:1"
    with connect(admin_config, namespace) as here, connect(wrong, namespace) as nowhere:
        with pytest.raises(UnreachableError):
            nowhere.get("x")
        with pytest.raises(NotFoundError):
            here.get("x")
        assert here.in_namespace("default").namespace == "default"
        assert here.namespace == namespace
    assert Configuration._default is default


def test_a_request_that_the_server_does_not_understand(admin, namespace):
    with pytest.raises(RejectedError, match="HTTP 400"):
        admin.send(Call("list", WORKFLOWS, namespace, query=query(labelSelector="!!")))
