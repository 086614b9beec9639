"""Operators that create, delete and change Jobs. The judges are the operators themselves, and Kubernetes' API server."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_argo.argo.resource_conditions import failed_condition, read_conditions
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.diagnostics import Severity
from airflow_argo.lint import lint
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from airflow_argo.translator.operators.kubernetes_job import COMPLETE, CONDITION_TYPES, FAILED
from airflow_argo.translator.translation import Translation
from tests.accepted import accept

prepare_environment()

HEAD = """
from datetime import timedelta
from airflow.sdk import DAG, task
from airflow.providers.standard.operators.python import PythonOperator as Python
from airflow.providers.cncf.kubernetes.operators.job import KubernetesDeleteJobOperator as Delete
from airflow.providers.cncf.kubernetes.operators.job import KubernetesJobOperator as Job
from airflow.providers.cncf.kubernetes.operators.job import KubernetesPatchJobOperator as Patch
from airflow.providers.cncf.kubernetes.operators.kueue import KubernetesStartKueueJobOperator as Kueue
from kubernetes.client import models as k8s

ONE = dict(image="busybox", cmds=["true"])
with DAG("d", schedule=None, params={"word": "a b"}):
"""


@pytest.fixture
def translated(tmp_path: Path) -> Any:
    def made(body: str) -> Translation:
        file = tmp_path / "dag.py"
        file.write_text(HEAD + "\n".join("    " + line for line in body.strip().splitlines()) + "\n")
        return translate(load_dags(file)[0])

    return made


def resource(translation: Translation, name: str) -> dict[str, Any]:
    """The resource of a task's template, its manifest read; what is put into it when it runs is `{}`."""
    manifest = compile_workflow(translation.required()).manifest()
    assert lint(accept(manifest)) == []
    found: dict[str, Any] = next(one for one in manifest["spec"]["templates"] if one["name"] == name)["resource"]
    return {**found, "manifest": json.loads(found["manifest"])}


def reasons(translation: Translation) -> list[str]:
    return [one.message for one in translation.diagnostics if one.code == "AA231"]


# A Job is the one that the operator builds


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
MAPS = st.dictionaries(NAMES, NAMES, max_size=2)
JOBS = st.fixed_dictionaries(
    {"random_name_suffix": st.booleans()},
    optional={
        "name": st.sampled_from(["of_mine", "Loud", "x" * 70, "a-b"]),
        "namespace": NAMES,
        "labels": MAPS,
        "annotations": MAPS,
        "env_vars": MAPS,
        "node_selector": MAPS,
        "backoff_limit": st.integers(0, 3),
        "completion_mode": st.sampled_from(["Indexed", "NonIndexed"]),
        "completions": st.integers(1, 3),
        "parallelism": st.integers(0, 3),
        "suspend": st.booleans(),
        "ttl_seconds_after_finished": st.integers(0, 99),
        "active_deadline_seconds": st.integers(1, 99),
        "service_account_name": NAMES,
        "hostnetwork": st.just(True),
        "security_context": st.just({"runAsUser": 5}),
        "arguments": st.lists(st.sampled_from(["a", "{", "$(X) $$", "{x}", "ü"]), max_size=3),
    },
)


@settings(max_examples=25, deadline=None)
@given(JOBS)
def test_a_job_is_the_one_that_the_operator_builds(arguments: dict[str, Any]) -> None:
    from airflow.providers.cncf.kubernetes.operators.job import KubernetesJobOperator
    from airflow.sdk import DAG
    from kubernetes.client import ApiClient

    with DAG("d", schedule=None) as dag:
        task = KubernetesJobOperator(task_id="a_task", image="i", cmds=["x"], **arguments)
    dag.fileloc = __file__
    found = resource(translate(dag), "a-task")
    assert (found["action"], "successCondition" in found) == ("create", False)
    task.__dict__["hook"] = SimpleNamespace(is_in_cluster=True, get_namespace=lambda: "of-the-workflow")
    task.name = task._set_name(task.name)
    expected = ApiClient().sanitize_for_serialization(task.build_job_request_obj())
    metadata = found["manifest"]["metadata"]
    metadata.setdefault("namespace", "of-the-workflow")
    wanted = expected["metadata"]["name"]
    if task.random_name_suffix:
        assert metadata.pop("generateName") == wanted[:-8]
    else:
        assert metadata.pop("name") == wanted
    del expected["metadata"]["name"]
    for key in ("name", "namespace"):
        expected["spec"]["template"]["metadata"].pop(key, None)
    for label in ("airflow_version", "airflow_kpo_in_cluster", "kubernetes_pod_operator"):
        expected["spec"]["template"]["metadata"]["labels"].pop(label, None)
    assert without_empty(found["manifest"]) == without_empty(expected)


def without_empty(found: Any) -> Any:
    if isinstance(found, dict):
        inner = {key: without_empty(value) for key, value in found.items()}
        return {key: value for key, value in inner.items() if value not in ({}, [], None)}
    return [without_empty(one) for one in found] if isinstance(found, list) else found


# Whether it has ended, and how


def conditions(types: list[str]) -> dict[str, Any]:
    """A Job with these conditions, as its controller writes them: a Job that is complete has a completionTime."""
    status: dict[str, Any] = {"conditions": [{"type": one, "status": "True"} for one in types]}
    return {"status": status | ({"completionTime": "2024-05-06T03:00:00Z"} if "Complete" in types else {})}


@settings(max_examples=60, deadline=None)
@given(st.permutations(CONDITION_TYPES), st.integers(0, len(CONDITION_TYPES)))
def test_a_job_ends_when_and_as_the_operator_judges_it(types: list[str], count: int) -> None:
    from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook
    from kubernetes.client import models as k8s

    types = types[:count]
    if {"Complete", "Failed"} <= set(types):  # Kubernetes never says both
        types.remove("Complete")
    item = conditions(types)
    listed = [k8s.V1JobCondition(type=one, status="True", reason="r") for one in types]
    job = k8s.V1Job(metadata=k8s.V1ObjectMeta(name="j"), status=k8s.V1JobStatus(conditions=listed))
    failed = failed_condition(item, read_conditions(FAILED)) is not None
    complete = all(one.holds(item) for one in read_conditions(COMPLETE))
    assert failed == bool(KubernetesHook.is_job_failed(job))
    assert (failed or complete) == KubernetesHook.is_job_complete(SimpleNamespace(log=NoLog()), job)


class NoLog:
    def info(self, *_: Any) -> None:
        pass


def test_a_job_before_it_has_a_status_goes_on() -> None:
    for item in ({}, {"status": {}}, {"status": {"conditions": [{"type": "Suspended", "status": "False"}]}}):
        assert failed_condition(item, read_conditions(FAILED)) is None
        assert not all(one.holds(item) for one in read_conditions(COMPLETE))


def test_a_job_that_is_waited_for_is_ended_by_kubernetes_when_its_time_is_over(translated: Any) -> None:
    time = "execution_timeout=timedelta(seconds=90)"
    translation = translated(f'Job(task_id="a", wait_until_job_complete=True, active_deadline_seconds=100, {time}, **ONE)')
    found = resource(translation, "a")
    assert (found["successCondition"], found["failureCondition"]) == (COMPLETE, FAILED)
    assert found["manifest"]["spec"]["activeDeadlineSeconds"] == 90
    assert {one.code for one in translation.diagnostics} == {"AA241"}


# Names and templates


def test_templates_are_values_where_airflow_renders_them_and_nowhere_else(translated: Any) -> None:
    body = """
Job(
    task_id="a", image="busybox", cmds=["sh", "-c", "echo {{ ds }}"], env_vars={"W": "{{ params.word }}"},
    name="by_day-{{ ds_nodash }}", tolerations=[k8s.V1Toleration(key="{{ ds }}")], arguments=["{{ '{{.X}}' }}", "{"],
    container_resources=k8s.V1ResourceRequirements(limits={"cpu": "{{ 1 + 1 }}"}),
)
"""
    found = resource(translated(body), "a")["manifest"]
    tag = "{{= inputs.parameters['value"
    assert found["metadata"]["generateName"].startswith(f"job-by-day-{tag}")
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert container["command"][2].startswith(f"echo {tag}")
    assert container["env"][0]["value"].startswith(tag)
    assert container["resources"] == {"limits": {"cpu": "2"}}
    assert container["args"][1] == "{"
    assert found["spec"]["template"]["spec"]["tolerations"] == [{"key": "{{ ds }}"}]


@pytest.mark.parametrize("name", ["{{ run_id }}", "{{ ts_nodash }}", "x" * 60 + "{{ ds }}"])
def test_a_name_that_only_a_run_knows_is_left_to_the_operator(translated: Any, name: str) -> None:
    assert len(reasons(translated(f'Job(task_id="a", name="{name}", **ONE)'))) == 1


def test_what_it_pushes_reaches_others(translated: Any) -> None:
    body = """
job = Job(task_id="a", **ONE)
@task
def told(name, namespace):
    return [name, namespace]
told(job.output["job_name"], job.output["job_namespace"])
job >> Delete(task_id="b", name="{{ ti.xcom_pull(task_ids='a', key='job_name') }}", namespace="n")
"""
    translation = translated(body)
    assert reasons(translation) == []
    found = resource(translation, "b")
    assert found["action"] == "delete"
    assert found["flags"] == ["--cascade=orphan"]
    assert found["manifest"]["metadata"] == {"name": "{{= inputs.parameters['job_name'] }}", "namespace": "n"}


def test_changes_of_a_job_are_strategic_patches(translated: Any) -> None:
    translation = translated('Patch(task_id="a", name="j", namespace="n", body={"spec": {"suspend": True}, "x": ["{{ ds }}"]})')
    found = resource(translation, "a")
    assert (found["action"], found["mergeStrategy"]) == ("patch", "strategic")
    assert found["flags"] == ["job", "j", "--namespace", "n"]
    assert found["manifest"] == {"spec": {"suspend": True}, "x": ["{{= inputs.parameters['value'] }}"]}


def test_a_job_for_kueue_is_suspended_in_its_queue(translated: Any) -> None:
    found = resource(translated('Kueue(task_id="a", queue_name="q", **ONE)'), "a")["manifest"]
    assert found["spec"]["suspend"] is True
    assert found["metadata"]["labels"] == {"kueue.x-k8s.io/queue-name": "q"}


# What only the operator can do


@pytest.mark.parametrize(
    "body",
    [
        'Job(task_id="a", do_xcom_push=True, wait_until_job_complete=True, **ONE)',
        'Job(task_id="a", suspend=True, wait_until_job_complete=True, **ONE)',
        'Job(task_id="a", parallelism=0, wait_until_job_complete=True, **ONE)',
        'Job(task_id="a", job_template_file="nowhere.yaml", **ONE)',
        'Job(task_id="a", **ONE) >> Job(task_id="b", image="{{ ti.xcom_pull(\'a\', key=\'job\') }}", cmds=["x"])',
        'Job.partial(task_id="a", image="i").expand(cmds=[["x"], ["y", "z"]])',
        'Delete(task_id="a", name="j", namespace="n", delete_on_status="Failed")',
        'Delete(task_id="a", name="j", namespace="n", wait_for_completion=True)',
        'Patch(task_id="a", name="j", namespace="n", body={"kind": "Job"})',
        'Patch(task_id="a", name="j", namespace="n", body={}) >> Job(task_id="b", image="{{ ti.xcom_pull(\'a\') }}")',
    ],
)
def test_what_no_resource_template_says_runs_as_itself(translated: Any, body: str) -> None:
    translation = translated(body)
    assert translation.workflow is not None
    assert [one.message for one in translation.diagnostics if one.code == "AA231" and "'a'" in str(one.path)] != []


def test_instances_are_jobs_of_their_own(translated: Any) -> None:
    translation = translated('Job.partial(task_id="a", image="i").expand(cmds=[["x", "1"], ["y", "2"]])')
    assert reasons(translation) == []
    manifest = compile_workflow(translation.required()).manifest()
    assert lint(accept(manifest)) == []
    assert [one.severity for one in translation.diagnostics] == [Severity.NOTE]


# On a real API server


@pytest.mark.cluster
def test_a_job_is_taken_and_deleted_as_by_the_operators(translated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    from airflow.providers.cncf.kubernetes.operators.job import KubernetesDeleteJobOperator
    from kubernetes import client, config

    body = 'Job(task_id="a", completions=2, parallelism=2, backoff_limit=1, env_vars={"A": "b"}, labels={"of": "us"}, **ONE)'
    item = resource(translated(body), "a")["manifest"]
    config.load_kube_config(os.environ["KUBECONFIG"])
    jobs, namespace = client.BatchV1Api(), f"test-jobs-{uuid4().hex[:6]}"
    client.CoreV1Api().create_namespace({"metadata": {"name": namespace}})
    try:
        names = [jobs.create_namespaced_job(namespace, item).metadata.name for _ in range(2)]
        assert len(set(names)) == 2
        assert all(name.startswith("job-a-") for name in names)
        task = KubernetesDeleteJobOperator(task_id="b", name=names[0], namespace=namespace)
        task.__dict__["hook"] = SimpleNamespace(batch_v1_client=jobs, get_job_status=lambda job_name, namespace: None)
        task.execute({})
        jobs.delete_namespaced_job(names[1], namespace, propagation_policy="Orphan")  # what --cascade=orphan asks for
        for name in names:
            assert jobs.read_namespaced_job(name, namespace).metadata.finalizers == ["orphan"]
            jobs.patch_namespaced_job(name, namespace, {"metadata": {"finalizers": None}})
    finally:
        client.CoreV1Api().delete_namespace(namespace)
