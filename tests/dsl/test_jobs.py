"""Jobs: what one step runs, and what Kubernetes is told about its pod."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from accepted import accept

from airflow_argo import (
    BaseJob,
    ContainerJob,
    DefinitionError,
    ResourceJob,
    Retry,
    ScriptJob,
    Workflow,
    WorkflowInput,
    WorkflowParam,
    config,
    field,
    for_loop,
    secret,
)
from airflow_argo.compiler.objects import compile_workflow

from .jobs import IMAGE, gives, py, says, sh


def spec_of(*steps):
    return accept(compile_workflow(Workflow("w", list(steps)).to_model()).manifest())["spec"]


def template_of(job):
    return next(one for one in spec_of(job)["templates"] if {"container", "script", "resource"} & one.keys())


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ('python3 -c "import sys; print(sys.argv[1:])"', "'a b' c\\ d"),
        (["python3", "-c", "import sys; print(sys.argv[1:])"], ["a b", "c d"]),
        (("python3", "-c", "import sys; print(sys.argv[1:])"), iter(["a b", "c d"])),
    ],
)
def test_command_and_args_are_texts_split_as_a_shell_would_or_lists(go, command, args):
    assert go(ContainerJob("words", IMAGE, command, args)).lines("words") == ["['a b', 'c d']"]


def test_numbers_and_bools_are_words_too(go):
    assert go(says("say", 1, 2.5, True, False)).said("say") == ["1", "2.5", "true", "false"]


def test_an_input_is_a_variable_and_a_dependency(go):
    make = gives("make", "v")
    use = py(
        "use",
        "print(os.environ['INPUT_OUT'], os.environ['INPUT_OTHER_NAME'])",
        inputs={"out": make.output.out, "other-name": 5},
    )
    ran = go(use, make)
    assert ran.lines("use") == ["v 5"]
    assert ran.order() == ["make", "use"]


def test_inputs_may_be_a_list_of_values_that_have_names(go):
    make, n = gives("make", "v"), WorkflowInput("n", 1)
    assert go(make, py("use", "print(os.environ['INPUT_OUT'] + os.environ['INPUT_N'])", inputs=[make.output.out, n])).lines(
        "use"
    ) == ["v1"]


def test_env_takes_texts_values_and_references(go):
    make = gives("make", "v")
    show = py(
        "show",
        "print(json.dumps([os.environ['A'], os.environ['B'], os.environ['C']]))",
        env={"A": "x $(A) $$", "B": make.output.out, "C": f"<{make.output.out}>"},
    )
    assert go(make, show).said("show") == ["x $(A) $$", "v", "<v>"]


def test_references_to_secrets_and_the_like_stay_references():
    env = {"S": secret("db", "password"), "C": config("conf", "k", optional=True), "F": field("status.hostIP")}
    made = template_of(ContainerJob("a", IMAGE, "true", env=env))["container"]["env"]
    assert made == [
        {"name": "S", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
        {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "k", "optional": True}}},
        {"name": "F", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}},
    ]


def test_outputs_are_files_and_the_standard_output(go):
    make = sh(
        "make",
        "echo hello; echo 7 > /tmp/n; mkdir -p /tmp/x; echo elsewhere > /tmp/x/y",
        outputs=[WorkflowParam("n", type=int), WorkflowParam("there", path="/tmp/x/y"), WorkflowParam("late", default="d")],
    )
    use = says("use", make.output.n, make.output.there, make.output.late, make.output.result)
    assert go(make, use).said("use") == ["7", "elsewhere", "d", "hello"]


def test_a_job_that_does_not_write_its_output_fails(go):
    ran = go(sh("make", "true", outputs=["missing"]))
    assert ran.phase in ("Failed", "Error")
    assert ran.states == {"make": "failed"}


def test_retry_is_a_number_of_further_tries(go):
    assert go(sh("flaky", 'test "$TRY" != ""', env={"TRY": ""}, retry=2)).states == {
        "flaky": "failed",
        "flaky/try 1": "failed",
        "flaky/try 2": "failed",
        "flaky/try 3": "failed",
    }


def test_retry_may_be_a_policy():
    retry = Retry(3, backoff=timedelta(minutes=1), factor=2, max_backoff=600, on="failure", when="lastRetry.exitCode == '7'")
    assert template_of(sh("a", "true", retry=retry))["retryStrategy"] == {
        "limit": "3",
        "retryPolicy": "OnFailure",
        "backoff": {"duration": "60", "factor": "2", "cap": "600"},
        "expression": "lastRetry.exitCode == '7'",
    }


def test_a_policy_decides_by_the_exit_code(go):
    only_seven = Retry(2, when="lastRetry.exitCode == '7'")
    assert "a/try 2" not in go(sh("a", "exit 3", retry=only_seven)).states
    assert "a/try 3" in go(sh("a", "exit 7", retry=only_seven)).states


@pytest.mark.parametrize("timeout", [1, 1.0, timedelta(seconds=1)])
def test_timeout_is_seconds_or_a_timedelta(go, timeout):
    assert go(sh("long", "sleep 60", timeout=timeout)).states == {"long": "failed"}


def test_a_script_job_runs_its_source(go):
    make = gives("make", "$(rm -rf /) `x` \" ' \\ $HOME")
    script = ScriptJob("script", IMAGE, f'for word in 1 2; do echo "$word {make.output.out}"; done')
    python = ScriptJob("python", IMAGE, "import sys\nprint(f'{1 + 1} {{x}} $$ {sys.argv[1:]}')", "python3")
    ran = go(make, script, python)
    assert ran.lines("script") == [f"{n} $(rm -rf /) `x` \" ' \\ $HOME" for n in (1, 2)]
    assert ran.lines("python") == ["2 {x} $$ []"]


def test_values_may_stand_in_the_image():
    version, make = WorkflowInput("version", "1.2"), gives("make", "x")
    templates = spec_of(make, ContainerJob("a", f"app:{version}", "true"), ScriptJob("b", f"app:{make.output.out}", "true"))[
        "templates"
    ]
    images = {
        one["name"]: (one.get("container") or one["script"])["image"]
        for one in templates
        if one.keys() & {"container", "script"}
    }
    assert images["a"] == "app:{{= inputs.parameters['version'] }}"
    assert images["b"] == "app:{{= inputs.parameters['out'] }}"


def test_jobs_that_differ_in_their_image_only_share_a_template_where_they_are_too_many():
    steps = [ContainerJob(f"s{n}", f"image:{n}", ["run"]) for n in range(250)]
    templates = spec_of(*steps)["templates"]
    assert len(templates) < 20
    assert {
        task["arguments"]["parameters"][0]["value"]
        for one in templates
        for task in one.get("dag", {}).get("tasks", ())
        if task["template"] == "container"
    } == {f"image:{n}" for n in range(250)}


def test_a_resource_job_is_an_action_on_an_object():
    make = gives("make", 'a"b')
    job = ResourceJob(
        "map",
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "x-"}, "data": {"t": f"<{make.output.out}>"}},
        action="create",
        success_condition="status.succeeded > 0",
        failure_condition="status.failed > 3",
        set_owner_reference=True,
        outputs=[WorkflowParam("name", path="{.metadata.name}")],
    )
    made = next(one for one in spec_of(make, job)["templates"] if "resource" in one)
    resource = made["resource"]
    assert resource["action"] == "create"
    assert resource["successCondition"] == "status.succeeded > 0"
    assert resource["failureCondition"] == "status.failed > 3"
    assert resource["setOwnerReference"] is True
    assert json.loads(resource["manifest"])["metadata"] == {"generateName": "x-"}
    assert made["outputs"]["parameters"] == [{"name": "name", "valueFrom": {"jsonPath": "{.metadata.name}"}}]


def test_a_resource_manifest_may_be_yaml_and_patches_say_how():
    job = ResourceJob(
        "patch", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}", "patch", merge_strategy="merge", flags=["--v=1"]
    )
    resource = template_of(job)["resource"]
    assert (resource["action"], resource["mergeStrategy"], resource["flags"]) == ("patch", "merge", ["--v=1"])
    assert json.loads(resource["manifest"])["kind"] == "ConfigMap"


def test_a_resource_job_of_a_config_map_runs_here(go):
    made = ResourceJob(
        "map",
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": "1"}},
        outputs=[WorkflowParam("a", path="{.data.a}")],
    )
    ran = go(made, ContainerJob("show", IMAGE, "echo", [made.output.a]))
    assert ran.phase == "Succeeded"
    assert ran.lines("show") == ["1"]


def test_a_resource_job_that_needs_a_cluster_is_refused_here_with_the_reason(go):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": []}}
    with pytest.raises(Exception, match="Pod"):
        go(ResourceJob("pod", pod))


def test_what_users_need_of_kubernetes_passes_through():
    job = ContainerJob(
        "a",
        IMAGE,
        "true",
        resources={"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}},
        image_pull_policy="IfNotPresent",
        volumes=[{"name": "v", "emptyDir": {}}],
        volume_mounts=[{"name": "v", "mountPath": "/v"}],
        node_selector={"disk": "ssd"},
        tolerations=[{"key": "k", "operator": "Exists"}],
        affinity={"nodeAffinity": {}},
        service_account="robot",
        sidecars=[{"name": "s", "image": "s:1"}],
        init_containers=[{"name": "i", "image": "i:1", "command": ["true"]}],
        labels={"l": "1"},
        annotations={"n": "2"},
        security_context={"runAsUser": 1000},
        env_from=[{"secretRef": {"name": "s"}}],
        working_dir="/w",
    )
    made = template_of(job)
    container = made["container"]
    assert container["resources"]["limits"] == {"memory": "2Gi"}
    assert (container["imagePullPolicy"], container["workingDir"]) == ("IfNotPresent", "/w")
    assert container["volumeMounts"] == [{"name": "v", "mountPath": "/v"}]
    assert container["envFrom"] == [{"secretRef": {"name": "s"}}]
    assert container["securityContext"] == {"runAsUser": 1000}
    assert made["volumes"] == [{"name": "v", "emptyDir": {}}]
    assert made["nodeSelector"] == {"disk": "ssd"}
    assert made["tolerations"] == [{"key": "k", "operator": "Exists"}]
    assert made["affinity"] == {"nodeAffinity": {}}
    assert made["serviceAccountName"] == "robot"
    assert made["sidecars"] == [{"name": "s", "image": "s:1"}]
    assert made["initContainers"] == [{"name": "i", "image": "i:1", "command": ["true"]}]
    assert made["metadata"] == {"labels": {"l": "1"}, "annotations": {"n": "2"}}


def test_objects_of_the_kubernetes_client_are_taken_too():
    from kubernetes.client import V1ResourceRequirements, V1Toleration

    made = template_of(
        ContainerJob(
            "a", IMAGE, "true", resources=V1ResourceRequirements(limits={"cpu": "1"}), tolerations=[V1Toleration(key="k")]
        )
    )
    assert made["container"]["resources"] == {"limits": {"cpu": "1"}}
    assert made["tolerations"] == [{"key": "k"}]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"resource": {}}, "it can't have 'resource'; did you mean resources?"),
        ({"resources": {"request": {}}}, "resources has 'request', which Kubernetes spells 'requests'"),
        (
            {"resources": {"limits": {"memory": "2 Gigs"}}},
            "resources has limits memory: '2 Gigs', which is no quantity such as 500m or 2Gi",
        ),
        (
            {"volume_mounts": [{"name": "v", "mount_path": "/"}]},
            "volume_mounts [0] has 'mount_path', which Kubernetes spells 'mountPath'",
        ),
        ({"volume_mounts": [{"name": "v"}]}, "volume_mounts [0] has no 'mountPath'"),
        ({"image_pull_policy": "Sometimes"}, "image_pull_policy is 'Sometimes', not one of Always, IfNotPresent, Never"),
        ({"node_selector": {"n": 1}}, "node_selector has 'n': 1, and takes only texts"),
        ({"volumes": [{"name": "v"}]}, "volumes [0] needs one source beside its name"),
        ({"tolerations": {"key": "k"}}, "tolerations is {'key': 'k'}, not a list"),
    ],
)
def test_what_kubernetes_would_refuse_is_said_at_the_line_of_the_job(given, message):
    with pytest.raises(DefinitionError) as error:
        ContainerJob("a", IMAGE, "true", **given)
    assert message in str(error.value)
    assert "step 'a'" in str(error.value)
    assert f"{__file__}:" in str(error.value)


def test_base_job_is_the_base_of_all_jobs():
    assert issubclass(ContainerJob, BaseJob)
    assert issubclass(ScriptJob, BaseJob)
    assert issubclass(ResourceJob, BaseJob)


HOSTILE = "{{workflow.name}} {{=1+1}} $(HOME) $$ \x1b[1m é \"q\" 'a' \\ {"


def test_files_are_there_when_the_command_starts(go):
    make = gives("make", HOSTILE + "\nsecond\n\n")
    read = py(
        "read",
        "names = ('plain', 'hostile', 'value', 'mixed')\n"
        "print(json.dumps([open(f'/tmp/in/{name}', newline='').read() for name in names]))",
        files={
            "/tmp/in/plain": "just text\n",
            "/tmp/in/hostile": HOSTILE,
            "/tmp/in/value": make.output.out,
            "/tmp/in/mixed": f"<{make.output.out}>$$",
        },
    )
    made = HOSTILE + "\nsecond\n"  # Argo takes one newline from the end of a parameter
    assert go(make, read).said("read") == ["just text\n", HOSTILE, made, f"<{made}>$$"]


def test_a_file_may_be_longer_than_a_command_line(go):
    make = py(
        "make",
        "json.dump([str(n) * 10 for n in range(6000)], open('/tmp/out', 'w'))",
        outputs=[WorkflowParam("out", type="json")],
    )
    read = py("read", "print(len(json.load(open('/tmp/list.json'))))", files={"/tmp/list.json": make.output.out})
    ran = go(make, read)
    assert ran.lines("read") == ["6000"]


def test_files_of_scripts_and_in_loops(go):
    @for_loop(["a", "b"])
    def each(item):
        return ScriptJob("each", IMAGE, "cat /tmp/item", files={"/tmp/item": f"item {item}"})

    ran = go(each)
    assert sorted(line.text for line in ran.run.logs()) == ["item a", "item b"]
