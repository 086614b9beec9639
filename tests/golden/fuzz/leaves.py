"""Templates that call no other, or only themselves: without a pod where possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import texts
from .scope import Callee

if TYPE_CHECKING:
    from .manifests import Maker

Document = dict[str, Any]


def input_of(maker: Maker, name: str, *, default: bool) -> Document:
    return {"name": name, "default": texts.literal(maker)} if default else {"name": name}


def leaf(maker: Maker) -> Callee:
    """A template that calls no other, or only itmaker."""
    makers: list[Callable[[Maker], Callee]] = [noop, value, value, value, failed, error, value_or_error]
    if maker.pods > 0:
        makers += [container, container, container, script, container_set, resource]
    if maker.chance(0.06):
        makers = [supplied, recursive, slow, slow]
    return maker.random.choice(makers)(maker)


def noop(maker: Maker) -> Callee:
    name = maker.name("noop")
    template: Document = {"name": name, "suspend": {"duration": "0"}}
    maker.lock(template)
    return maker.entered(template, Callee(holder={"template": name}))


def slow(maker: Maker) -> Callee:
    maker.has("suspend 1 s")
    name, seconds = maker.name("slow"), maker.one("1", "1s", "{{workflow.parameters.one}}", "4")
    return maker.entered({"name": name, "suspend": {"duration": seconds}}, Callee(holder={"template": name}))


def supplied(maker: Maker) -> Callee:
    maker.has("supplied")
    name = maker.name("supplied")
    source = {"supplied": {}} | ({"default": "not supplied"} if maker.chance(0.7) else {})
    template = {"name": name, "suspend": {"duration": "0"}, "outputs": {"parameters": [{"name": "r", "valueFrom": source}]}}
    return maker.entered(template, Callee(holder={"template": name}, outputs=("r",)))


def value(maker: Maker) -> Callee:
    name, default = maker.name("val"), maker.chance(0.6)
    parameter: Document = {
        "name": "r",
        "valueFrom": {"expression": maker.one("inputs.parameters.v", "inputs.parameters['v'] + '!'")},
    }
    maker.maybe_global(parameter)
    template: Document = {
        "name": name,
        "inputs": {"parameters": [input_of(maker, "v", default=default)]},
        "steps": [[{"name": "x", "template": name, "when": "false", **itself(maker)}]],
        "outputs": {"parameters": [parameter]},
    }
    if maker.chance(0.1):
        maker.has("retryStrategy of a group")
        template["retryStrategy"] = maker.retry_strategy()
    maker.templates.append(template)
    return Callee(holder={"template": name}, inputs={"v": default}, outputs=("r",), group=True)


def itself(maker: Maker) -> Document:
    """The argument of a call of a template by itself that is never made."""
    return {"arguments": {"parameters": [{"name": "v", "value": ""}]}}


def value_or_error(maker: Maker) -> Callee:
    """Its output can't be computed of some inputs."""
    maker.has("output that may be an error")
    name = maker.name("int")
    source: Document = {"expression": "string(int(inputs.parameters.v) + 1)"}
    if maker.chance(0.3):
        source["default"] = "-1"
    template = {
        "name": name,
        "inputs": {"parameters": [input_of(maker, "v", default=True)]},
        "dag": {"tasks": [{"name": "x", "template": name, "when": "false"}]},
        "outputs": {"parameters": [{"name": "r", "valueFrom": source}]},
    }
    maker.templates.append(template)
    return Callee(holder={"template": name}, inputs={"v": True}, outputs=("r",), group=True)


def failed(maker: Maker) -> Callee:
    maker.has("Failed without a pod")
    inner, name = error(maker), maker.name("fail")
    template: Document = {"name": name, "steps": [[{"name": "x", **inner.holder}]]}
    if maker.chance(0.5):
        retry(maker, template)
    maker.templates.append(template)
    return Callee(holder={"template": name}, group=True)


def error(maker: Maker) -> Callee:
    maker.has("Error without a pod")
    name = maker.name("error")
    template: Document = {"name": name, "suspend": {"duration": maker.one("bad", "{{workflow.parameters.p}}")}}
    if maker.chance(0.3):
        retry(maker, template)
    return maker.entered(template, Callee(holder={"template": name}))


def retry(maker: Maker, template: Document) -> None:
    maker.has("retryStrategy of a leaf")
    template["retryStrategy"] = maker.retry_strategy()


def recursive(maker: Maker) -> Callee:
    maker.has("recursion")
    name = maker.name("rec")
    again = {"name": "n", "value": "{{= string(int(inputs.parameters.n) - 1) }}"}
    step = {"name": "again", "template": name, "when": "{{inputs.parameters.n}} > 1", "arguments": {"parameters": [again]}}
    source = {"expression": "steps['again'].outputs?.parameters?.r ?? 'end ' + inputs.parameters.n"}
    template = {
        "name": name,
        "inputs": {"parameters": [{"name": "n", "default": "3"}]},
        "steps": [[step]],
        "outputs": {"parameters": [{"name": "r", "valueFrom": source}]},
    }
    maker.templates.append(template)
    return Callee(holder={"template": name}, inputs={"n": True}, outputs=("r",), group=True)


def container(maker: Maker) -> Callee:
    maker.pods -= 1
    maker.has("container")
    name, code = maker.name("pod"), maker.one(0, 0, 0, 1, 3, 64, 137)
    maker.has(f"exit code {code}" if code else "exit code 0")
    inputs = {"v": True} if maker.chance(0.6) else {}
    outputs, text = pod_outputs(maker)
    shown = maker.one("[1, 2]", "result", '{"k": 1}', "7", "")
    container = {"image": "lab/task:1", "command": ["sh", "-c"], "args": [f"echo '{shown}'; {text}exit {code}"]}
    if inputs:
        container["env"] = [{"name": "V", "value": "{{inputs.parameters.v}}"}]
    template: Document = {"name": name, "container": container}
    return pod(maker, template, inputs, outputs)


def script(maker: Maker) -> Callee:
    maker.pods -= 1
    maker.has("script")
    name, inputs = maker.name("script"), {"v": True}
    outputs, text = pod_outputs(maker)
    source = f"{text}echo '{{{{inputs.parameters.v}}}}'\nexit {maker.one(0, 0, 2)}\n"
    return pod(maker, {"name": name, "script": {"image": "lab/task:1", "command": ["sh"], "source": source}}, inputs, outputs)


def container_set(maker: Maker) -> Callee:
    maker.pods -= 1
    maker.has("containerSet")
    outputs, text = pod_outputs(maker)
    main = {"name": "main", "image": "lab/task:1", "command": ["sh", "-c", f"{text}echo '[\"m\"]'; exit {maker.one(0, 0, 5)}"]}
    before = {"name": "before", "image": "lab/task:1", "command": ["sh", "-c", f"exit {maker.one(0, 0, 4)}"]}
    if maker.chance(0.7):
        main["dependencies"] = ["before"]  # type: ignore[assignment]  # the other values of a container are texts
    else:
        before["command"] = ["true"]
    template: Document = {"name": maker.name("set"), "containerSet": {"containers": [before, main]}}
    return pod(maker, template, {}, outputs)


def resource(maker: Maker) -> Callee:
    maker.pods -= 1
    maker.has("resource")
    name = maker.name("resource")
    action = maker.one("create", "apply", "get", "delete")
    named = "generateName: fuzz-" if action == "create" else f"name: {maker.library}-{name}"
    manifest = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{{named}}}\n"
    if action in ("create", "apply"):
        manifest += "data: {k: '{{workflow.parameters.p}}'}\n"
    resource: Document = {"action": action, "manifest": manifest, "setOwnerReference": action in ("create", "apply")}
    if action in ("create", "apply", "get") and maker.chance(0.4):
        maker.has("condition of a resource")
        resource["successCondition"] = maker.one("data.k == text", "data.k != other")
        resource["failureCondition"] = "data.k == bad"
    template: Document = {"name": name, "resource": resource}
    parameters = []
    if action != "delete" and maker.chance(0.5):
        parameters.append({"name": "r", "valueFrom": {"jsonPath": "{.data.k}"}})
    if parameters:
        template["outputs"] = {"parameters": parameters}
    if maker.chance(0.2):
        retry(maker, template)
    outputs = tuple(parameter["name"] for parameter in parameters)
    return maker.entered(template, Callee(holder={"template": name}, outputs=outputs, pod=True))


def pod_fields(maker: Maker, template: Document) -> None:
    """What else a container's pod may have."""
    place = template.get("container") or template.get("script")
    if place is None:
        return
    if maker.chance(0.08):
        maker.has("sidecar")
        template["sidecars"] = [{"name": "side", "image": "lab/task:1", "command": ["sh", "-c", maker.one("sleep 60", "true")]}]
    if maker.chance(0.08):
        maker.has("init container")
        code = maker.one(0, 0, 6)
        template["initContainers"] = [{"name": "first", "image": "lab/task:1", "command": ["sh", "-c", f"exit {code}"]}]
    if maker.chance(0.08):
        maker.has("raw artifact")
        artifact = {"name": "file", "path": "/tmp/file", "raw": {"data": texts.literal(maker)}}
        inputs = template.setdefault("inputs", {})
        inputs["artifacts"] = [artifact]
    if maker.chance(0.06):
        maker.has("timeouts of a leaf")
        template |= maker.one(
            {"activeDeadlineSeconds": 100}, {"timeout": "100s"}, {"activeDeadlineSeconds": "{{workflow.parameters.one}}00"}
        )
    if maker.chance(0.05):
        maker.has("podSpecPatch")
        template["podSpecPatch"] = '{"terminationGracePeriodSeconds": 3}'
    if maker.chance(0.06):
        maker.has("retries in a pod")
        place.setdefault("env", []).append({"name": "TRY", "value": "{{retries}} {{lastRetry.exitCode}}"})


def pod(maker: Maker, template: Document, inputs: dict[str, bool], outputs: list[Document]) -> Callee:
    if inputs:
        template["inputs"] = {"parameters": [input_of(maker, name, default=default) for name, default in inputs.items()]}
    if outputs:
        template["outputs"] = {"parameters": outputs}
    pod_fields(maker, template)
    if maker.chance(0.25):
        retry(maker, template)
    maker.lock(template)
    names = tuple(parameter["name"] for parameter in outputs)
    callee = Callee(holder={"template": template["name"]}, inputs=inputs, outputs=names, result=True, exit_code=True, pod=True)
    return maker.entered(template, callee)


def pod_outputs(maker: Maker) -> tuple[list[Document], str]:
    """Output parameters of a pod, and the shell's lines that write some."""
    if maker.chance(0.4):
        return [], ""
    source: Document = {"path": "/tmp/r"}
    if maker.chance(0.4):
        maker.has("default of an output")
        source["default"] = "D"
    written = maker.chance(0.75)
    text = f"printf '{maker.one('[1,2,3]', 'out', '1')}' > /tmp/r; " if written else ""
    maker.has("output file written" if written else "output file missing")
    parameter: Document = {"name": "r", "valueFrom": source}
    maker.maybe_global(parameter)
    return [parameter], text
