"""What tasks ask of their pods, and of their pools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.lint import lint
from airflow_argo.settings import load_settings
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from airflow_argo.translator.pods import pool_key
from airflow_argo.translator.translation import Translation
from tests.accepted import accept

prepare_environment()


@pytest.fixture
def translated(tmp_path: Path) -> Any:
    def made(argument: str, dag: str = "", **flags: str) -> Translation:
        file = tmp_path / "dag.py"
        file.write_text(
            "from datetime import timedelta\nfrom airflow.sdk import DAG\n"
            "from airflow.providers.standard.operators.bash import BashOperator\n"
            "from kubernetes.client import models as k8s\n"
            f"with DAG('d', schedule=None, {dag}):\n"
            f"    BashOperator(task_id='a', bash_command='x', {argument})\n"
        )
        return translate(load_dags(file)[0], settings=load_settings(file, flags, {}))

    return made


def pod_of(translation: Translation) -> tuple[dict[str, Any], dict[str, Any]]:
    assert translation.workflow is not None, translation.diagnostics
    pod: Any = translation.workflow.graph.steps[0].body
    return json.loads(pod.pod.container), json.loads(pod.pod.template)


def overriding(spec: str, metadata: str = "None") -> str:
    return f"executor_config={{'pod_override': k8s.V1Pod(metadata={metadata}, spec=k8s.V1PodSpec({spec}))}}"


def test_override_of_the_base_container(translated: Any) -> None:
    base = "k8s.V1Container(name='base', image='mine', resources=k8s.V1ResourceRequirements(requests={'cpu': '2'}))"
    made = translated(overriding(f"containers=[{base}]"))
    assert pod_of(made)[0] == {"resources": {"requests": {"cpu": "2"}}}
    assert made.workflow.graph.steps[0].body.image == "mine"
    assert made.diagnostics == ()


def test_an_api_server_takes_what_an_override_says(translated: Any) -> None:
    hook = "k8s.V1Lifecycle(pre_stop=k8s.V1LifecycleHandler(_exec=k8s.V1ExecAction(['x'])))"
    base = f"k8s.V1Container(name='base', env=[k8s.V1EnvVar('A', 'b')], working_dir='/w', lifecycle={hook})"
    spec = ", ".join(
        [
            f"containers=[{base}, k8s.V1Container(name='log', image='l', command=['x'])]",
            "init_containers=[k8s.V1Container(name='first', image='i', command=['y'])]",
            "image_pull_secrets=[k8s.V1LocalObjectReference('key')], runtime_class_name='gvisor', host_users=False",
            "affinity=k8s.V1Affinity(pod_anti_affinity=k8s.V1PodAntiAffinity()), dns_policy='None', node_name='n'",
            "volumes=[k8s.V1Volume(name='v', empty_dir=k8s.V1EmptyDirVolumeSource())], service_account_name='s'",
        ]
    )
    made = translated(overriding(spec, "k8s.V1ObjectMeta(labels={'a': 'b'}, annotations={'c': 'd'})"))
    assert made.diagnostics == ()
    manifest = compile_workflow(made.required()).manifest()
    assert lint(accept(manifest)) == []
    (template,) = (one for one in manifest["spec"]["templates"] if "container" in one)
    assert {"name": "A", "value": "b"} in template["container"]["env"]
    patch = {"imagePullSecrets": [{"name": "key"}], "runtimeClassName": "gvisor", "hostUsers": False, "dnsPolicy": "None"}
    assert json.loads(template["podSpecPatch"]) == {**patch, "nodeName": "n"}


def test_override_of_the_pod(translated: Any) -> None:
    spec = "containers=[], node_selector={'disk': 'ssd'}, tolerations=[k8s.V1Toleration(key='a')]"
    made = translated(overriding(spec, "k8s.V1ObjectMeta(labels={'team': 'x'})"))
    assert pod_of(made)[1] == {
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "a"}],
        "metadata": {"labels": {"team": "x"}},
    }
    assert made.diagnostics == ()


def test_what_a_template_lacks_is_patched(translated: Any) -> None:
    containers = "containers=[k8s.V1Container(name='base'), k8s.V1Container(name='log')], termination_grace_period_seconds=5"
    made = translated(overriding(containers))
    assert made.diagnostics == ()
    assert pod_of(made)[1] == {"sidecars": [{"name": "log"}], "podSpecPatch": '{"terminationGracePeriodSeconds": 5}'}


def sample(kind: str) -> Any:
    """A value of a type of Kubernetes' client; which, doesn't matter for where it is carried."""
    return {"str": "x", "int": 7, "bool": True, "list[str]": ["x"]}.get(kind, [{"name": "x"}] if "list" in kind else {"x": "y"})


def fields_of(model: str) -> list[tuple[str, Any]]:
    from kubernetes.client import models

    found = getattr(models, model)
    return [(found.attribute_map[name], sample(kind)) for name, kind in found.openapi_types.items()]


@pytest.mark.parametrize(("field", "value"), fields_of("V1PodSpec"))
def test_every_field_of_a_pod_is_carried_or_said(field: str, value: Any, translated: Any) -> None:
    if field == "containers":
        return
    made = translated(f"executor_config={{'pod_override': {{'spec': {{{field!r}: {value!r}}}}}}}")
    template = pod_of(made)[1]
    carried = {**template, **json.loads(template.get("podSpecPatch", "{}"))}
    said = [one for one in made.diagnostics if one.code == "AA211" and field in one.message]
    assert carried.get(field) == value if not said else field not in carried
    assert (field in ("restartPolicy", "automountServiceAccountToken", "ephemeralContainers")) == bool(said)


@pytest.mark.parametrize(("field", "value"), fields_of("V1Container"))
def test_every_field_of_the_container_is_carried_or_said(field: str, value: Any, translated: Any) -> None:
    made = translated(f"executor_config={{'pod_override': {{'spec': {{'containers': [{{{field!r}: {value!r}}}]}}}}}}")
    assert (field in ("command", "args")) == bool([one for one in made.diagnostics if one.code == "AA211"])
    carried = pod_of(made)[0]
    assert made.workflow.graph.steps[0].body.image == "x" if field == "image" else True
    assert carried == ({} if field in ("command", "args", "name", "image") else {field: value})


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ({"metadata": {"namespace": "n"}}, "metadata.namespace"),
        ({"metadata": {"name": "n"}}, "metadata.name"),
        ({"spec": {"nodeSelector": {"a": "{{workflow.name}}"}}}, "the text '{{workflow.name'"),
    ],
)
def test_what_else_is_not_carried_is_said(override: dict[str, Any], said: str, translated: Any) -> None:
    (found,) = translated(f"executor_config={{'pod_override': {override!r}}}").diagnostics
    assert (found.code, said in found.message) == ("AA211", True)


def test_an_override_limits_the_time_with_the_task(translated: Any) -> None:
    for own, expected in ((1000, 360), (30, 30)):
        override = f"executor_config={{'pod_override': {{'spec': {{'activeDeadlineSeconds': {own}}}}}}}"
        made = translated(f"execution_timeout=timedelta(seconds=60), {override}")
        templates = compile_workflow(made.required()).manifest()["spec"]["templates"]
        assert next(one for one in templates if "container" in one)["activeDeadlineSeconds"] == expected


def test_pool_is_a_semaphore_where_its_size_is_known(translated: Any) -> None:
    made = translated("pool='my pool'", pools_config_map="pools")
    reference = {"configMapKeyRef": {"name": "pools", "key": "my_pool"}}
    assert pod_of(made)[1] == {"synchronization": {"semaphores": [reference]}}
    assert made.diagnostics == ()


def test_pool_of_unknown_size_is_lost_and_said(translated: Any) -> None:
    assert [one.code for one in translated("pool='p'").diagnostics] == ["AA208"]


def test_pool_keys_are_keys_of_config_maps() -> None:
    assert pool_key("a b/c-1_2.3é") == "a_b_c-1_2.3_"


@pytest.mark.parametrize(("dag", "parallelism"), [("", None), ("max_active_tasks=3", 3)])
def test_limit_of_tasks_at_once(dag: str, parallelism: int | None, translated: Any) -> None:
    assert translated("", dag).workflow.parallelism == parallelism
