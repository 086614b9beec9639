"""Submitting to a real API server: once is once, whatever gets lost; and what the server refuses, it says."""

from __future__ import annotations

import copy
import json

import pytest

from airflow_argo.cluster import (
    AlreadyExistsError,
    ConflictError,
    InvalidError,
    NamespaceNotFoundError,
    NotFoundError,
    RejectedError,
    TooLargeError,
    listing,
)
from airflow_argo.cluster.changes import change
from airflow_argo.cluster.resources import CONFIG_MAPS, CRON_WORKFLOWS, WORKFLOW_TEMPLATES, WORKFLOWS, Call
from airflow_argo.diagnostics import InputError

from .conftest import NO_OP
from .controller import set_status
from .proxy import Plan

pytestmark = pytest.mark.cluster

GROUP = "argoproj.io/v1alpha1"
SPEC = NO_OP["spec"]


def named(name, **spec):
    return {**NO_OP, "metadata": {"name": name}, "spec": {**SPEC, **spec}}


def template(name, **spec):
    return {"apiVersion": GROUP, "kind": "WorkflowTemplate", "metadata": {"name": name}, "spec": {**SPEC, **spec}}


def config_map(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def cron(name, **spec):
    content = {"schedules": ["0 0 1 1 *"], "suspend": True, "workflowSpec": SPEC, **spec}
    return {"apiVersion": GROUP, "kind": "CronWorkflow", "metadata": {"name": name}, "spec": content}


def names(cluster, prefix):
    return [workflow.name for workflow in cluster.list() if workflow.name.startswith(prefix)]


@pytest.mark.parametrize("submit", [True, False])
def test_a_field_that_argo_does_not_have_is_refused(cluster, submit):
    if submit:
        with pytest.raises(RejectedError, match=r'unknown field "spec.entryPoint"'):
            cluster.submit(named("typo", entryPoint="main"))
        assert names(cluster, "typo") == []
    else:
        cluster.apply(template("typo"))
        with pytest.raises(RejectedError, match=r'unknown field "spec.entryPoint"'):
            cluster.apply(template("typo", entryPoint="main"))


@pytest.mark.parametrize("source", ["workflowtemplate/inputs", "cronworkflow/inputs"])
def test_an_input_that_the_source_does_not_have_is_refused(cluster, source):
    spec = {**SPEC, "arguments": {"parameters": [{"name": "day", "value": "1"}]}}
    cluster.apply([template("inputs", **spec), cron("inputs", workflowSpec=spec)])
    with pytest.raises(InputError, match="no input 'days'; did you mean 'day'"):
        cluster.submit_from(source, parameters={"days": 2})
    assert cluster.submit_from(source, parameters={"day": 2}).name.startswith("inputs-")


def test_an_input_that_the_template_of_a_workflow_does_not_have_is_refused(cluster):
    spec = {"arguments": {"parameters": [{"name": "day"}]}}
    reference = {"workflowTemplateRef": {"name": "referred"}}
    cluster.apply([template("referred", **spec), cron("referring", workflowSpec=reference)])
    workflow = {**NO_OP, "metadata": {"generateName": "referring-"}, "spec": reference}
    with pytest.raises(InputError, match=r"no input 'days'; did you mean 'day'\? it has: day"):
        cluster.submit(workflow, parameters={"days": 2})
    with pytest.raises(InputError, match="no input 'city'; it has: day"):
        cluster.submit_from("cronworkflow/referring", parameters={"city": 2})
    with pytest.raises(InputError, match="no value is given for input 'day'"):
        cluster.submit(workflow)
    with pytest.raises(InputError, match="no input 'day'; it has: city"):  # the template beside it comes first
        cluster.submit([template("referred", arguments={"parameters": [{"name": "city"}]}), workflow], parameters={"day": 2})
    with pytest.raises(NotFoundError, match="no WorkflowTemplate 'nowhere'"):
        cluster.submit({**workflow, "spec": {"workflowTemplateRef": {"name": "nowhere"}}}, parameters={"day": 2})
    assert cluster.submit(workflow, parameters={"day": 2}).name.startswith("referring-")


def test_a_generated_name_is_new_each_time(cluster):
    one, two = (cluster.submit(NO_OP, generate_name="gen-") for _ in range(2))
    assert one.name != two.name
    assert (one.adopted, two.adopted) == (False, False)
    assert cluster.get(one.name).uid == one.uid


def test_the_same_name_and_content_is_adopted(cluster):
    first = cluster.submit(named("same"))
    again = cluster.submit(named("same"))
    assert (again.uid, again.adopted) == (first.uid, True)


def test_the_same_name_with_other_content_is_refused(cluster):
    cluster.submit(named("taken"))
    with pytest.raises(AlreadyExistsError) as caught:
        cluster.submit(named("taken", priority=1))
    assert "Workflow 'taken' exists already: made at 20" in str(caught.value)
    assert "not started, by another submission" in str(caught.value)


def test_what_another_program_made_is_refused(cluster, api):
    api.send(Call("create", WORKFLOWS, api.namespace), named("foreign"))
    with pytest.raises(AlreadyExistsError, match="not by this program"):
        cluster.submit(named("foreign"))


def test_a_key_says_what_is_the_same(cluster):
    first = cluster.submit(named("keyed"), key="task 1 try 1")
    assert cluster.submit(named("keyed", priority=3), key="task 1 try 1").uid == first.uid
    with pytest.raises(AlreadyExistsError):
        cluster.submit(named("keyed"), key="task 1 try 2")


def test_a_key_with_a_generated_name(cluster):
    first = cluster.submit(NO_OP, generate_name="keygen-", key="run 1")
    assert cluster.submit(NO_OP, generate_name="keygen-", key="run 1").uid == first.uid
    assert cluster.submit(NO_OP, generate_name="keygen-", key="run 2").uid != first.uid


@pytest.mark.parametrize("how", ["named", "generated"])
def test_a_creation_whose_answer_got_lost_is_not_done_twice(proxied, proxy, cluster, how):
    plans = [Plan(lose=True)]
    proxy.plan = lambda request: plans.pop() if request.method == "POST" and plans else None
    prefix = f"lost-{how}-"
    manifest = named(f"{prefix}x") if how == "named" else {**NO_OP, "metadata": {"generateName": prefix}}
    submission = proxied.submit(manifest)
    assert proxy.count(lambda request: request.method == "POST") == 2
    assert names(cluster, prefix) == [submission.name]


def test_a_server_that_is_down_for_a_moment(proxied, proxy):
    plans = [Plan(answer=(503, {}, b"")), Plan(drop=True)]
    proxy.plan = lambda request: plans.pop() if plans else None
    assert not proxied.submit(NO_OP, generate_name="down-").adopted


def test_one_that_is_being_deleted_is_not_adopted(cluster, api):
    manifest = copy.deepcopy(named("leaving"))
    manifest["metadata"]["finalizers"] = ["example.com/hold"]
    cluster.submit(manifest)
    cluster.delete("leaving")
    with pytest.raises(AlreadyExistsError, match="it is being deleted"):
        cluster.submit(manifest)
    change(api, "leaving", lambda workflow: {**workflow, "metadata": {**workflow["metadata"], "finalizers": None}})


def test_the_server_checks_and_keeps_nothing(cluster):
    submission = cluster.submit([template("dry"), named("dry")], dry_run="server")
    assert submission.workflow.manifest["metadata"]["creationTimestamp"]
    assert submission.applied == ("WorkflowTemplate/dry",)
    with pytest.raises(NotFoundError):
        cluster.get("dry")
    assert list(cluster.list(field_selector="metadata.name=dry")) == []
    assert cluster.apply(template("dry"), dry_run="server") == ("WorkflowTemplate/dry",)


def test_the_server_checks_and_refuses(cluster):
    bad = named("bad", templates=[{"name": "_", "dag": {"tasks": [{"name": "a", "depends": "b", "dependencies": ["b"]}]}}])
    with pytest.raises(InvalidError) as caught:
        cluster.submit(bad, dry_run="server")
    fields = {field for field, _ in caught.value.causes}
    assert "spec.templates[0].name" in fields
    assert "Workflow 'bad' is not valid" in str(caught.value)


def test_too_many_templates_and_too_large(cluster):
    many = [{"name": f"t{number}", "suspend": {}} for number in range(201)]
    with pytest.raises(InvalidError, match="must have at most 200 items"):
        cluster.submit(named("many", templates=many))
    with pytest.raises(TooLargeError, match=r"Workflow 'large' has 1,\d{3},\d{3} bytes as JSON, the limit is 1,048,576"):
        cluster.submit(named("large", arguments={"parameters": [{"name": "p", "value": "x" * 1_048_000}]}, onExit="y" * 999))


def test_what_it_needs_is_created_and_replaced_before_it(cluster, api):
    documents = [config_map("needs", a="1"), template("needs"), cron("needs"), named("needs-1")]
    assert cluster.submit(documents).applied == ("ConfigMap/needs", "WorkflowTemplate/needs", "CronWorkflow/needs")
    documents[1], documents[3] = template("needs", priority=7), named("needs-2")
    assert cluster.submit(documents).applied == ("WorkflowTemplate/needs",)
    assert api.send(Call("get", WORKFLOW_TEMPLATES, api.namespace, "needs"))["spec"]["priority"] == 7


def test_a_replacement_loses_nothing_of_the_cluster(cluster, api):
    cluster.apply(cron("kept"))
    stored = api.send(Call("get", CRON_WORKFLOWS, api.namespace, "kept"))
    status = {"active": [], "conditions": [], "lastScheduledTime": "2026-01-01T00:00:00Z"}
    api.send(Call("update", CRON_WORKFLOWS, api.namespace, "kept"), stored | {"status": status})
    cluster.apply(cron("kept", suspend=False))
    after = api.send(Call("get", CRON_WORKFLOWS, api.namespace, "kept"))
    assert after["spec"]["suspend"] is False
    assert after["status"]["lastScheduledTime"] == "2026-01-01T00:00:00Z"


def test_two_that_replace_at_the_same_time(proxied, proxy, cluster, api):
    cluster.apply(config_map("race", a="1"))
    plans = [Plan(before=lambda: cluster.apply(config_map("race", a="2")))]
    proxy.plan = lambda request: plans.pop() if request.method == "PUT" and plans else None
    assert proxied.apply(config_map("race", a="3")) == ("ConfigMap/race",)
    assert api.send(Call("get", CONFIG_MAPS, api.namespace, "race"))["data"] == {"a": "3"}
    assert proxy.count(lambda request: request.method == "PUT") == 2


def test_from_a_workflow_template(cluster):
    cluster.apply(template("source", arguments={"parameters": [{"name": "p", "value": "1"}]}))
    workflow = cluster.submit_from("workflowtemplate/source", parameters={"p": 2}, labels={"l": "x"}).workflow.manifest
    assert workflow["spec"]["workflowTemplateRef"] == {"name": "source"}
    assert workflow["spec"]["arguments"]["parameters"] == [{"name": "p", "value": "2"}]
    assert workflow["metadata"]["labels"] == {"workflows.argoproj.io/workflow-template": "source", "l": "x"}
    assert workflow["metadata"]["name"].startswith("source-")


def test_from_a_cron_workflow(cluster):
    cluster.apply(cron("ticks"))
    first = cluster.submit_from("cronwf/ticks", name="ticks-by-hand")
    assert cluster.submit_from("CronWorkflow/ticks", name="ticks-by-hand").uid == first.uid
    meta = first.workflow.manifest["metadata"]
    assert meta["ownerReferences"][0]["name"] == "ticks"
    assert "workflows.argoproj.io/scheduled-time" in meta["annotations"]


@pytest.mark.parametrize("source", ["source", "pod/x", "workflowtemplate/"])
def test_from_nothing_known(cluster, source):
    with pytest.raises(InputError, match="write one of: workflowtemplate/NAME"):
        cluster.submit_from(source)


def test_from_what_is_not_there(cluster):
    with pytest.raises(NotFoundError, match="no WorkflowTemplate 'none'"):
        cluster.submit_from("wftmpl/none")
    with pytest.raises(NotFoundError, match="no ClusterWorkflowTemplate 'none'"):
        cluster.submit_from("cwft/none")


def test_into_a_namespace_that_is_not_there(cluster):
    with pytest.raises(NamespaceNotFoundError, match="no namespace 'nowhere'"):
        cluster.in_namespace("nowhere").submit(NO_OP)
    with pytest.raises(NamespaceNotFoundError, match="no namespace 'nowhere'"):
        list(cluster.in_namespace("nowhere").list())


def test_what_belongs_to_the_other_method(cluster):
    with pytest.raises(InputError, match="templates alone can be applied"):
        cluster.submit(template("x"))
    with pytest.raises(InputError, match=r"use submit\(\)"):
        cluster.apply(NO_OP)


def test_listing(cluster, api):
    made = [cluster.submit(NO_OP, generate_name=f"list-{letter}-", labels={"list": "yes"}).name for letter in "abcde"]
    set_status(api, made[0], "Failed")
    set_status(api, made[1], "Running")

    def listed(**options):
        return [workflow.name for workflow in cluster.list(label_selector="list=yes", **options)]

    assert listed() == made
    assert listed(limit=2) == made[:2]
    assert listed(limit=0) == []
    assert listed(phases=["Failed", "Error"]) == made[:1]
    assert listed(phases=["Running", ""]) == made[1:]
    assert listed(phases=[]) == []
    assert listed(field_selector=f"metadata.name={made[3]}") == [made[3]]


def test_listing_page_by_page(proxied, proxy, monkeypatch):
    made = [proxied.submit(NO_OP, generate_name=f"page-{letter}-", labels={"page": "yes"}).name for letter in "abcde"]
    monkeypatch.setattr(listing, "_PAGE_SIZE", 2)

    def expire_once(request):
        if token := request.query.get("continue"):
            proxy.plan = lambda request: None
            gone = {"kind": "Status", "code": 410, "reason": "Expired", "metadata": {"continue": token + "\n"}}
            return Plan(answer=(410, {"Content-Type": "application/json"}, json.dumps(gone).encode()))
        return None

    proxy.plan = expire_once
    assert [workflow.name for workflow in proxied.list(label_selector="page=yes")] == made
    assert proxy.count(lambda request: request.is_list) == 4
    before = proxy.count()
    assert [workflow.name for workflow in proxied.list(label_selector="page=yes", limit=1)] == made[:1]
    assert proxy.count() == before + 1


def test_deleting(cluster):
    submission = cluster.submit(NO_OP, generate_name="delete-")
    with pytest.raises(ConflictError):
        cluster.delete(submission.name, uid="another")
    cluster.delete(submission.name, propagation="Foreground", uid=submission.uid)
    with pytest.raises(NotFoundError):
        cluster.delete("never-was")
    cluster.delete("never-was", missing_ok=True)
