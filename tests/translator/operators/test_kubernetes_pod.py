"""Operators that are a pod in all but name, and functions in an image."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_argo.diagnostics import Severity
from airflow_argo.translator.dags import translate
from tests.translator.operators.containers import findings, run, template


def test_an_exit_code_of_a_pod_means_skipped(translated: Any, tmp_path: Path) -> None:
    body = """
write = "mkdir -p /airflow/xcom; echo '{\\"a\\": [1, \\"$(HOME)\\"]}' > /airflow/xcom/return.json"
says = Pod(task_id="says", image="i", cmds=["sh", "-c", write], skip_on_exit_code=7, do_xcom_push=True)
skips = Pod(task_id="skips", image="i", cmds=["sh", "-c", "exit 7"], skip_on_exit_code=[6, 7], do_xcom_push=True)
fails = Pod(task_id="fails", image="i", cmds=["sh", "-c", "exit 3"], skip_on_exit_code=7)
@task
def after(x):
    return x
@task(trigger_rule="all_done")
def last(x, y):
    return [x, y]
skips >> after(says.output)
last(says.output, skips.output)
"""
    states = run(translated(body), tmp_path)
    assert states == {
        "says": {"a": [1, "$(HOME)"]},
        "skips": "skipped",
        "fails": "failed",
        "after": "skipped",
        "last": [{"a": [1, "$(HOME)"]}, None],
    }


def test_kubernetes_puts_variables_into_the_words_and_variables_of_a_pod(translated: Any, tmp_path: Path) -> None:
    body = """
say = "mkdir -p /airflow/xcom; printf '%s|' \\"$@\\" \\"$B\\" | sed 's/.*/[\\"&\\"]/' > /airflow/xcom/return.json"
a = Pod(task_id="a", image="i", cmds=["sh", "-c", say, "sh"], do_xcom_push=True, env_vars={"A": "x", "B": "<$(A)>{{ ds }}"},
    arguments=["$(A)", "$$(A) $$$(A) $(absent) $(date -u) ${{ ds }}", "$$"])
@task
def last(x):
    return x
last(a.output)
"""
    (found,) = run(translated(body), tmp_path)["last"]
    assert re.sub(r"\d{4}-\d\d-\d\d", "day", found) == "x|$(A) $x $(absent) $(date -u) $day|$|<x>day|"


def test_a_function_in_a_pod_whose_variables_name_one_another_is_left_to_the_operator(translated: Any) -> None:
    body = """
@task.kubernetes(image="python:3.12", env_vars={"A": "1", "B": "$(A)"})
def there(): ...
there()
"""
    assert any("its env_vars refer to one another" in one for one in findings(translated(body), Severity.NOTE))


@pytest.mark.parametrize(
    ("reader", "argument", "is_itself"),
    [
        ("say(a.output)", "", False),
        ("say(a.output['pod_name'])", "", True),
        ("a >> Pod(task_id='b', image='i', cmds=['x', '{{ ti.xcom_pull(\"a\", key=\"pod_namespace\") }}'])", "", True),
        ('a >> say.expand(value=[\'{{ ti.xcom_pull("a", key="pod_name") }}\'])', "", True),
        ('a >> say(\'{{ ti.xcom_pull("o", key="pod_name") }}\')', "", False),
        ("say(a.output['n'])", ", multiple_outputs=True", True),
    ],
)
def test_keys_that_the_operator_alone_can_push_are_pushed_by_it(
    reader: str, argument: str, is_itself: bool, translated: Any
) -> None:
    body = f"""
@task
def say(value): print(value)
a = Pod(task_id="a", image="i", cmds=["x"], do_xcom_push=True{argument})
Pod(task_id="o", image="i", cmds=["y"]) >> a
{reader}
"""
    translation = translated(body)
    assert (template(translation, "a")["container"]["image"] != "i") == is_itself


def test_what_the_operator_itself_could_do_is_no_reason_beside_what_it_could_not(translated: Any) -> None:
    body = """
Pod(task_id="a", image="i", cmds=["x", "{{ params }}", "{{ ti.xcom_pull('b') }}"])
Pod(task_id="b", image="i", cmds=["x"])
"""
    assert findings(translated(body), Severity.ERROR) == ["AA204 it pulls from task 'b', which isn't before it"]


def test_what_no_template_field_can_say_is_patched(translated: Any) -> None:
    body = """
more = dict(image_pull_secrets=[k8s.V1LocalObjectReference("key")], active_deadline_seconds=9)
Pod(task_id="a", image="i", cmds=["x"], runtime_class_name="gvisor", hostname="h", **more)
"""
    found = template(translated(body), "a")
    patch = {"imagePullSecrets": [{"name": "key"}], "runtimeClassName": "gvisor", "hostname": "h"}
    assert json.loads(found["podSpecPatch"]) == patch
    assert found["activeDeadlineSeconds"] == 9


def test_what_of_a_pod_is_known_only_when_it_runs_is_not_left_as_it_stands(translated: Any) -> None:
    translation = translated('Pod(task_id="a", image="i", cmds=["x"], labels={"of": "{{ dag.dag_id }}"})')
    assert template(translation, "a")["metadata"]["labels"] == {"of": "d"}
    translation = translated('Pod(task_id="a", image="i", cmds=["x"], labels={"day": "{{ ds }}"})')
    assert any("it runs in an Airflow image: '{{ ds }}'" in one for one in findings(translation, Severity.NOTE))


def test_templates_are_those_that_airflow_renders_and_no_others(translated: Any, tmp_path: Path) -> None:
    """What it writes is what Airflow's own walk over the operator's fields makes of them."""
    body = """
spec = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", args=["{{ dag.dag_id }}"])]))
other = k8s.V1Container(name="other", image="i", command=["x"], args=["{{.State}}"])
Pod(task_id="full", image="i", cmds=["sh", "-c", 'echo "$0" $A'], full_pod_spec=spec, do_xcom_push=False,
    env_vars=[k8s.V1EnvVar(name="{{ dag.dag_id }}A", value="{{ dag.dag_id }}\\n")], init_containers=[other],
    volumes=[k8s.V1Volume(name="{{ dag.dag_id }}", config_map=k8s.V1ConfigMapVolumeSource(name="c-{{ dag.dag_id }}"))])
"""
    found = template(translated(body), "full")
    assert found["container"]["args"] == ["{$(_LB) dag.dag_id }}"]
    assert {"name": "dA", "value": "d"} in found["container"]["env"]
    assert found["volumes"] == [{"name": "d", "configMap": {"name": "c-d"}}]
    assert found["initContainers"][0]["args"] == ["{{.State}}"]


def test_what_argo_would_take_for_its_tag_is_left_to_the_operator(translated: Any) -> None:
    body = """
other = k8s.V1Container(name="other", image="i", command=["x"], args=["{{workflow.name}}"])
Pod(task_id="a", image="i", cmds=["x"], init_containers=[other])
"""
    assert any("Argo would replace '{{workflow.name" in one for one in findings(translated(body), Severity.NOTE))


def test_pods_are_mapped_over_lists_of_one_length_and_dicts_of_the_same_keys(translated: Any, tmp_path: Path) -> None:
    write = 'mkdir -p /airflow/xcom; printf \'["%s", "%s"]\' "$0" "$A" > /airflow/xcom/return.json'
    body = f"""
write = {write!r}
shell = dict(image="i", do_xcom_push=True, cmds=["sh", "-c", write])
lists = Pod.partial(task_id="lists", env_vars={{"A": "1"}}, **shell).expand(arguments=[["a"], ["{{{{ params.words }}}}"]])
dicts = Pod.partial(task_id="dicts", arguments=["y"], **shell).expand(env_vars=[{{"A": "b"}}, {{"A": "$(HOME) $$"}}])
both = Pod.partial(task_id="both", image="i", cmds=["sh", "-c", write], do_xcom_push=True).expand_kwargs(
    [{{"arguments": ["p"], "env_vars": {{"A": "q"}}, "name": "n"}}])
@task
def told(*found):
    return [list(one) for one in found]
told(lists.output, dicts.output, both.output)
"""
    translation = translated(body)
    assert findings(translation, Severity.NOTE) == []
    expected = [[["a", "1"], ["a b", "1"]], [["y", "b"], ["y", "$(HOME) $$"]], [["p", "q"]]]
    assert run(translation, tmp_path)["told"] == expected


@pytest.mark.parametrize(
    "mapped",
    ["arguments=[['a'], ['b', 'c']]", "env_vars=[{'A': 'b'}, {'B': 'c'}]", "labels=[{'a': 'b'}]", "arguments=words()"],
)
def test_pods_of_different_shapes_are_left_to_the_operator(translated: Any, mapped: str) -> None:
    body = f"""
@task
def words():
    return [["a"], ["b"]]
Pod.partial(task_id="a", image="i", cmds=["x"]).expand({mapped})
"""
    translation = translated(body)
    assert translation.workflow is not None
    assert any("task 'a'" in str(one.path) and one.code == "AA231" for one in translation.diagnostics)


def test_an_override_is_about_the_pod_that_starts_the_operators_own(translated: Any) -> None:
    body = """
config = {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", env=[k8s.V1EnvVar("A", "b")])],
    node_selector={"a": "b"}))}
Pod(task_id="a", image="i", cmds=["x"], executor_config=config, run_as_user="5")
"""
    translation = translated(body)
    found = template(translation, "a")
    assert {"nodeSelector", "securityContext"} & found.keys() == set()
    assert "env" not in found["container"]
    assert any("pod_override is about the pod that starts" in one for one in findings(translation, Severity.NOTE))


def test_a_function_in_a_pod_is_called_in_its_image(translated: Any, tmp_path: Path) -> None:
    body = """
@task.kubernetes(image="python:3.12", do_xcom_push=True, env_vars={"A": "1"}, labels={"x": "y"})
def there(x):
    import os
    return [x, os.environ["A"]]
@task
def words():
    return {"a": [1]}
there(words())
"""
    translation = translated(body)
    found = template(translation, "there")
    assert found["container"]["image"] == "python:3.12"
    assert found["metadata"]["labels"] == {"x": "y"}
    assert run(translation, tmp_path)["there"] == [{"a": [1]}, "1"]


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
MAPS = st.dictionaries(NAMES, NAMES, max_size=2)
PODS = st.fixed_dictionaries(
    {},
    optional={
        "labels": MAPS,
        "annotations": MAPS,
        "node_selector": MAPS,
        "env_vars": MAPS,
        "hostname": NAMES,
        "subdomain": NAMES,
        "schedulername": NAMES,
        "priority_class_name": NAMES,
        "runtime_class_name": NAMES,
        "service_account_name": NAMES,
        "image_pull_policy": st.sampled_from(["Always", "Never"]),
        "hostnetwork": st.just(True),
        "dnspolicy": st.sampled_from(["Default", "None"]),
        "security_context": st.fixed_dictionaries({"runAsUser": st.integers(1, 9)}),
        "container_security_context": st.fixed_dictionaries({"privileged": st.booleans()}),
        "termination_grace_period": st.integers(1, 60),
        "full_pod_spec": st.builds(
            lambda name: {
                "spec": {"volumes": [{"name": name, "emptyDir": {}}], "containers": [{"name": "side", "image": "s"}]}
            },
            NAMES,
        ),
    },
)


@settings(max_examples=25, deadline=None)
@given(PODS)
def test_all_of_a_pod_is_in_its_template(arguments: dict[str, Any]) -> None:
    given_spec = arguments.pop("full_pod_spec", None)
    if given_spec is not None:
        from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator

        arguments["full_pod_spec"] = PodGenerator.deserialize_model_dict(given_spec)
    holds_all(arguments)


def without_left_brace(container: dict[str, Any]) -> dict[str, Any]:
    """A container as the kubelet sees it, of whose texts with `$(_LB)` there is a brace."""
    env = [one for one in container.get("env", []) if one["name"] != "_LB"]
    read = json.loads(json.dumps({**container, "env": env}).replace("$(_LB)", "{"))
    return dict(read)


def holds_all(arguments: dict[str, Any]) -> None:
    """Whether the template has all that the operator's pod has. The judge is the operator itself: build_pod_request_obj."""
    from types import SimpleNamespace

    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
    from airflow.sdk import DAG
    from kubernetes.client import ApiClient

    with DAG("d", schedule=None) as dag:
        all_ = {"namespace": "default", "random_name_suffix": False, "image": "i", "cmds": ["x"], **arguments}
        pod = KubernetesPodOperator(task_id="a", **all_)
    dag.fileloc = __file__
    pod.__dict__["hook"] = SimpleNamespace(is_in_cluster=True, get_namespace=lambda: "default")
    found = template(translate(dag), "a")
    expected = ApiClient().sanitize_for_serialization(pod.build_pod_request_obj())
    names = dict.fromkeys(re.findall(r"secretvol[-0-9a-f]+", json.dumps(expected)))  # random ones
    for number, name in enumerate(names, 1):
        expected = json.loads(json.dumps(expected).replace(name, f"secretvol{number}"))
    spec = {**json.loads(found.get("podSpecPatch", "{}")), **{key: found[key] for key in expected["spec"] if key in found}}
    assert {
        key: value for key, value in expected["spec"].items() if key not in ("containers", "restartPolicy") and value
    } == spec
    base, *others = sorted(expected["spec"]["containers"], key=lambda one: one["name"] != pod.base_container_name)
    own = {key: value for key, value in base.items() if value and key != "name"}
    if own["terminationMessagePolicy"] == "File":
        del own["terminationMessagePolicy"]
    ours = without_left_brace(found["container"])
    assert {key: value for key, value in ours.items() if value} == own
    assert found.get("sidecars", []) == others
    for key in ("labels", "annotations"):
        wanted = {name: text for name, text in expected["metadata"].get(key, {}).items() if not name.startswith("airflow_")}
        assert {name: text for name, text in wanted.items() if name != "kubernetes_pod_operator"} == (
            found.get("metadata") or {}
        ).get(key, {})


def carried_arguments() -> dict[str, Any]:
    """An example of each argument of KubernetesPodOperator that is carried over, by its name."""
    from airflow.providers.cncf.kubernetes.secret import Secret
    from kubernetes.client import models as k8s

    mount = k8s.V1VolumeMount(name="v", mount_path="/v")
    volume = k8s.V1Volume(name="v", empty_dir=k8s.V1EmptyDirVolumeSource())
    runtime = k8s.V1EnvVar("IP", value_from=k8s.V1EnvVarSource(field_ref=k8s.V1ObjectFieldSelector(field_path="status.podIP")))
    return {
        "image": "other:1",
        "cmds": ["a", "b"],
        "arguments": ["c", "{d}"],
        "ports": [k8s.V1ContainerPort(container_port=80)],
        "volume_mounts": [mount],
        "volumes": [volume],
        "env_vars": {"A": "b"},
        "env_from": [k8s.V1EnvFromSource(secret_ref=k8s.V1SecretEnvSource(name="s"))],
        "secrets": [Secret("env", "TOKEN", "of", "key"), Secret("volume", "/s", "of"), Secret("env", None, "all")],
        "configmaps": ["c"],
        "pod_runtime_info_envs": [runtime],
        "labels": {"a": "b"},
        "annotations": {"c": "d"},
        "base_container_name": "mine",
        "image_pull_policy": "Always",
        "container_resources": k8s.V1ResourceRequirements(limits={"cpu": "1"}),
        "affinity": k8s.V1Affinity(node_affinity=k8s.V1NodeAffinity()),
        "runtime_class_name": "r",
        "node_selector": {"a": "b"},
        "image_pull_secrets": [k8s.V1LocalObjectReference("p")],
        "service_account_name": "s",
        "hostnetwork": True,
        "host_aliases": [k8s.V1HostAlias(ip="1.2.3.4", hostnames=["h"])],
        "tolerations": [k8s.V1Toleration(key="t")],
        "security_context": {"runAsUser": 5},
        "container_security_context": {"privileged": True},
        "dnspolicy": "None",
        "dns_config": k8s.V1PodDNSConfig(nameservers=["1.1.1.1"]),
        "hostname": "h",
        "subdomain": "s",
        "schedulername": "s",
        "full_pod_spec": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", working_dir="/w")])),
        "init_containers": [k8s.V1Container(name="first", image="f", command=["g"])],
        "pod_template_dict": {"spec": {"containers": [{"name": "base", "stdin": True}], "nodeName": "n"}},
        "priority_class_name": "p",
        "termination_grace_period": 5,
        "termination_message_policy": "FallbackToLogsOnError",
        "active_deadline_seconds": 9,
    }


@pytest.mark.parametrize("name", sorted(carried_arguments()))
def test_an_argument_of_a_pod_is_carried(name: str) -> None:
    holds_all({name: carried_arguments()[name]})


def test_an_image_whose_command_argo_looks_up_is_said_by_its_name(tmp_path: Path, translated: Any) -> None:
    file = tmp_path / "pod.yaml"
    file.write_text("spec: {containers: [{name: base, image: of-the-template}]}")
    for arguments, image in (
        ('image="plain"', "plain"),
        ('image="tagged:{{ ds }}"', "tagged:{{ ds }}"),
        (f'pod_template_file="{file}"', "of-the-template"),
    ):
        made = translated(f'Pod(task_id="a", {arguments})')
        assert findings(made, Severity.WARNING) == [f"AA230 Argo looks the entrypoint of '{image}' up in its registry"]


def test_a_template_file_of_a_pod_is_read_now(tmp_path: Path, translated: Any) -> None:
    file = tmp_path / "pod.yaml"
    file.write_text("spec: {containers: [{name: base, args: ['{{ ds }}']}], nodeName: n}")
    holds_all({"pod_template_file": str(file)})
    missing = translated('Pod(task_id="a", image="i", cmds=["x"], pod_template_file="nowhere.yaml")')
    assert any("its pod_template_file 'nowhere.yaml' isn't on this machine" in one for one in findings(missing, Severity.NOTE))


def test_the_time_until_a_pod_starts_is_limited_where_the_author_does(translated: Any) -> None:
    for argument, expected in (
        ("", None),
        ("startup_timeout_seconds=300", "600s"),
        ("schedule_timeout_seconds=30", "150s"),
        ("startup_timeout_seconds=9, pool='p', executor_config={'argo': {'pools_config_map': 'pools'}}", None),
    ):
        found = template(translated(f'Pod(task_id="a", image="i", cmds=["x"], {argument})'), "a")
        assert found.get("pendingTimeout") == expected


ELSEWHERE = {
    "callbacks": "[type('C', (), {})]",
    "progress_callback": "print",
    "namespace": "'other'",
    "automount_service_account_token": "False",
    "kubernetes_conn_id": "'other'",
    "config_file": "'/kube/config'",
    "cluster_context": "'other'",
}
"""Arguments that are said, and what each is for an example."""

TESTED_ABOVE = {"skip_on_exit_code", "do_xcom_push", "pod_template_file", "startup_timeout_seconds", "schedule_timeout_seconds"}


@pytest.mark.parametrize(("name", "value"), sorted(ELSEWHERE.items()))
def test_an_argument_of_a_pod_that_is_not_carried_is_said(name: str, value: str, translated: Any) -> None:
    diagnostics = translated(f'Pod(task_id="a", image="i", cmds=["x"], {name}={value})').diagnostics
    shown = {
        "automount_service_account_token": "automountServiceAccountToken",
        "kubernetes_conn_id": "connection 'other'",
        "namespace": "namespace 'other'",
    }.get(name, name)
    assert any(one.code in ("AA229", "AA231") and shown in one.message for one in diagnostics)


def test_there_are_no_other_arguments() -> None:
    import inspect

    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

    from airflow_argo.translator.operators.kubernetes_pod import HOUSEHOLD

    names = set(inspect.signature(KubernetesPodOperator.__init__).parameters) - {"self", "kwargs"}
    assert names - carried_arguments().keys() - ELSEWHERE.keys() - TESTED_ABOVE - HOUSEHOLD == set()
