"""podSpecPatch of a template and of the workflow: what it says of containers and volumes happens, or is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .manifests import call, dag, execute, py, sh, workflow
from .test_support import refused


def of_main(**fields: Any) -> str:
    return json.dumps({"containers": [{"name": "main", **fields}]})


def variable(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


def test_variables_arguments_and_folder_of_the_main_container(tmp_path: Path) -> None:
    main = sh("main", 'echo "$0 $A $B $PWD" > /tmp/p', outputs={"p": "/tmp/p"})
    main["container"] |= {"args": ["before"], "env": [variable("A", "1"), variable("B", "$(A)")]}
    main["podSpecPatch"] = of_main(
        args=["after"], env=[variable("A", "2")], workingDir="/work", resources={"limits": {"cpu": 1}}
    )
    assert execute(tmp_path, workflow(main)).output("", "p") == "after 2 2 /work"


def test_the_templates_patch_comes_after_the_workflows(tmp_path: Path) -> None:
    main = sh("main", 'echo "$A $B" > /tmp/p', outputs={"p": "/tmp/p"}, podSpecPatch=of_main(env=[variable("A", "template")]))
    of_all = "containers:\n- name: main\n  env: [{name: A, value: workflow}, {name: B, value: of all}]\nnodeName: there"
    assert execute(tmp_path, workflow(main, podSpecPatch=of_all)).output("", "p") == "template of all"


def test_tags_in_a_patch_are_replaced(tmp_path: Path) -> None:
    patch = of_main(env=[variable("A", "{{inputs.parameters.x}} {{workflow.name}}")])
    one = sh("one", "echo $A > /tmp/p", inputs=("x",), outputs={"p": "/tmp/p"}, podSpecPatch=patch)
    result = execute(tmp_path, workflow(one, dag(call("a", "one", x="say x"))))
    assert result.output("a", "p") == "say x wf"


def test_a_command_is_patched_before_it_is_run(tmp_path: Path) -> None:
    main = sh("main", "exit 1", podSpecPatch=of_main(command=["sh", "-c", "echo patched > /tmp/p"]), outputs={"p": "/tmp/p"})
    assert execute(tmp_path, workflow(main)).output("", "p") == "patched"


def test_scripts_sidecars_init_containers_and_volumes(tmp_path: Path) -> None:
    main = py("main", "import os; print(os.environ['A'], open('/c/k').read())", outputs={"p": {"path": "/tmp/p"}})
    main["script"]["source"] += "\nopen('/tmp/p', 'w').write(os.environ['A'] + open('/c/k').read())"
    main["volumes"] = [{"name": "v", "emptyDir": {}}]
    main["script"]["volumeMounts"] = [{"name": "v", "mountPath": "/c"}]
    first = {"name": "first", "image": "any", "command": ["sh", "-c", 'echo "$B" > /c/k'], "mirrorVolumeMounts": True}
    main["initContainers"] = [first]
    patch = {
        "containers": [{"name": "main", "env": [variable("A", "a")]}, {"name": "wait", "resources": {"limits": {"cpu": 1}}}],
        "initContainers": [{"name": "first", "env": [variable("B", "b")]}, {"name": "init", "resources": {}}],
        "volumes": [{"name": "more", "emptyDir": {}}],
    }
    main["podSpecPatch"] = json.dumps(patch)
    assert execute(tmp_path, workflow(main)).output("", "p") == "ab"


def test_containers_of_a_set(tmp_path: Path) -> None:
    containers = [
        {"name": name, "image": "any", "command": ["sh", "-c", f"echo $A > /tmp/{name}"]} for name in ("main", "other")
    ]
    main = {"name": "main", "containerSet": {"containers": containers}, "outputs": {"parameters": []}}
    main["outputs"] = {"parameters": [{"name": "p", "valueFrom": {"path": "/tmp/main"}}]}
    main["podSpecPatch"] = of_main(env=[variable("A", "set")])
    assert execute(tmp_path, workflow(main)).output("", "p") == "set"


def test_what_is_no_patch_when_it_is_filled_in_is_an_error(tmp_path: Path) -> None:
    one = sh("one", "true", inputs=("x",), podSpecPatch='{"hostname": "{{inputs.parameters.x}}"}')
    result = execute(tmp_path, workflow(one, dag(call("a", "one", x='"'))))
    assert result.phase == "Error"


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        ("[1]", "it is no patch of a pod"),
        ("a: [", "it is no patch of a pod"),
        ('{"hostPID": true}', "it sets hostPID of a pod"),
        ('{"activeDeadlineSeconds": 5}', "it sets activeDeadlineSeconds"),
        ('{"containers": [{"name": "new", "image": "x"}]}', "no container 'new'"),
        ('{"containers": [{"name": "{{workflow.name}}"}]}', "no container 'tag'"),
        (of_main(livenessProbe={}), "it sets livenessProbe of a container"),
        ('{"containers": [{"name": "main", "$patch": "delete"}]}', "$patch"),
        ('{"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}', "hostPath"),
    ],
)
def test_what_a_patch_cant_do_here_is_refused(patch: str, said: str) -> None:
    from airflow_argo.local.patch_support import refusals
    from airflow_argo.local.support import _PATCHABLE

    template = sh("main", "true", podSpecPatch=patch)
    assert refused(workflow(template)) == ["spec.templates[0].podSpecPatch"]
    assert any(said in one for one in refusals(patch, template, _PATCHABLE))
    assert refused(workflow(sh("main", "true"), podSpecPatch=patch)) == ["spec.podSpecPatch"]


def test_a_scripts_arguments_are_not_patched() -> None:
    assert refused(workflow(py("main", "pass", podSpecPatch=of_main(args=["x"])))) == ["spec.templates[0].podSpecPatch"]
