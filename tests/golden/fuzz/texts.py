"""Texts of random manifests: values, conditions, lists, outputs, as tags and expressions of all kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .manifests import Maker, Scope

WORKFLOW_PARAMETERS = [
    {"name": "p", "value": "text"},
    {"name": "one", "value": "1"},
    {"name": "list", "value": '["x", "y"]'},
    {"name": "map", "value": '{"k": {"l": [1, 2.5]}}'},
    {"name": "g", "value": "g2"},
]
LITERALS = ("x", "1", "", "a b", "true", "[1, 2]", '{"k": "v"}', 'q"q', "it's", "2.50", "null", "ü")
ITEMS: dict[str, list[Any]] = {
    "texts": ["x", "y z"],
    "numbers": [1, 2.5, -3],
    "mixed": ["x", 1, True, {"k": "v"}, [1, "a"]],
    "lists": [[1, 2], ["a"]],
    "maps": [{"k": "v", "n": 1}, {"k": "w", "n": {"deep": [1]}}],
    "one": ["only"],
    "tags": ["{{workflow.parameters.p}}", "{{= 1 + 1 }}"],
}
SEQUENCES: tuple[dict[str, Any], ...] = (
    {"count": "2"},
    {"count": "0"},
    {"start": "3", "end": "1"},
    {"start": "1", "count": "2", "format": "n%02d"},
    {"count": "{{workflow.parameters.one}}"},
    {"start": "1", "end": "{{= asInt(workflow.parameters.one) + 1 }}"},
    {"count": "{{workflow.parameters.p}}"},
)
RETRY_EXPRESSIONS = (
    "asInt(lastRetry.exitCode) != 3",
    "lastRetry.status == 'Error'",
    "lastRetry.status != 'Failed'",
    "asInt(retries) < 1",
    "lastRetry.message contains 'exit code'",
    "asFloat(lastRetry.duration) < 60",
)
BACKOFFS: tuple[dict[str, Any], ...] = (
    {"duration": "1"},
    {"duration": "1s", "factor": 2},
    {"duration": "1", "factor": "2", "cap": "1"},
    {"duration": "60", "maxDuration": "30"},
    {"duration": "{{workflow.parameters.one}}"},
    {"duration": "bad"},
)
GLOBAL_TAGS = (
    "{{workflow.parameters.p}}",
    "{{workflow.name}}",
    "{{workflow.labels.team}}",
    "{{workflow.annotations.note}}",
    "{{workflow.mainEntrypoint}}",
    "{{workflow.parameters.json}}",
    "{{workflow.labels}}",
    "{{workflow.annotations.json}}",
    "{{workflow.namespace}}",
    "{{workflow.status}}",
    "{{workflow.creationTimestamp.Y}}",
    "{{workflow.outputs.parameters.g1}}",
    "{{workflow.outputs.parameters.g2}}",
)
EXPRESSIONS = (
    "{{= sprig.upper(workflow.parameters.p) }}",
    "{{= asInt(workflow.parameters.one) + 1 }}",
    "{{= asFloat('2.5') * 2 }}",
    "{{= toJson(fromJSON(workflow.parameters.list)) }}",
    "{{= fromJSON(workflow.parameters.list) }}",
    "{{= jsonpath(workflow.parameters.map, '$.k.l[0]') }}",
    "{{= workflow.parameters.p == 'text' ? 'yes' : 'no' }}",
    "{{= workflow['parameters']['p'] }}",
    "{{= sprig.b64enc('a b') }}",
    "{{= map(fromJSON(workflow.parameters.list), # + '!') }}",
    "{{= len(workflow.parameters.list) }}",
    "{{= filter(['a', 'b'], # != 'a')[0] }}",
    "{{= workflow.outputs?.parameters?.g1 ?? 'none' }}",
    "{{= sprig.trunc(2, workflow.parameters.p) | upper() }}",
    "{{= nil }}",
    "{{= {'a': 1, 'b': [true, nil]} }}",
    "{{= let x = 2; x * 3 }}",
)
ODD = (
    "{{ ds }}",
    "{{workflow.parameters.nope}}",
    "{{= nope.x }}",
    "{{= workflow.parameters.nope ?? 'd' }}",
    "{{nope}}",
    "{{= 1 / 0 }}",
    "{{= asInt(workflow.parameters.p) }}",
    "a }} b",
    "{{node.name}}",
    "{{tasks.name}}",
    "{{pod.name}}",
    "{{= workflow.status }}",
    "$(HOME) $$",
    "{{= sprig.fail('no') }}",
    "{{= asInt(workflow.parameters.one) == 1 ? nope.x : 'y' }}",
    "{{=}}",
    "{{}}",
)


def literal(maker: Maker) -> str:
    return str(maker.one(*LITERALS))


def value(maker: Maker, scope: Scope, loop: str) -> str:
    """The value of an argument."""
    kinds = ["literal", "global", "expression"]
    kinds += ["input"] * (2 * len(scope.inputs)) + ["member"] * 4 * bool(scope.visible) + ["item"] * 4 * bool(loop)
    if maker.chance(0.06):
        kinds = ["odd"]
    kind = maker.one(*kinds)
    maker.has(f"argument of kind {kind}")
    text = {"literal": LITERALS, "global": GLOBAL_TAGS, "expression": EXPRESSIONS, "odd": ODD}.get(kind)
    if text is not None:
        return str(maker.one(*text))
    if kind == "input":
        return input_text(maker, scope)
    if kind == "item":
        return item_text(maker, loop)
    found = member_text(maker, scope)
    return f"{maker.one('', '', '', 'pre ')}{found}"


def input_text(maker: Maker, scope: Scope) -> str:
    name = maker.one(*scope.inputs)
    return str(
        maker.one(
            f"{{{{inputs.parameters.{name}}}}}",
            f"{{{{= inputs.parameters.{name} }}}}",
            f"{{{{= inputs.parameters['{name}'] + '-' }}}}",
            "{{= toJson(inputs.parameters) }}",
            "{{inputs.parameters}}",
        )
    )


def item_text(maker: Maker, loop: str) -> str:
    if loop == "maps":
        forms = (
            "{{item.k}}",
            "{{item.n}}",
            "{{item}}",
            "{{= item.k }}",
            "{{= item['n'] }}",
            "{{= toJson(item) }}",
            "{{item.nope}}",
        )
    else:
        forms = (
            "{{item}}",
            "{{item}}",
            "{{= item }}",
            "{{= string(item) }}",
            "{{item}}-{{workflow.parameters.p}}",
            "{{= asInt(item) }}",
        )
    return str(maker.one(*forms))


def member_text(maker: Maker, scope: Scope) -> str:
    """A reference to another task."""
    member = maker.one(*scope.visible)
    kind, name, callee = scope.kind, member.name, member.callee
    bracket = f"{kind}['{name}']"
    forms = [f"{{{{{kind}.{name}.status}}}}", f"{{{{= {bracket}.status }}}}"]
    for output in callee.outputs * 3:
        if member.loop:
            forms += [f"{{{{{kind}.{name}.outputs.parameters}}}}"]
        forms += [
            f"{{{{{kind}.{name}.outputs.parameters.{output}}}}}",
            f"{{{{= {bracket}.outputs?.parameters?.{output} ?? 'none' }}}}",
            f"{{{{= {bracket}.outputs.parameters.{output} }}}}",
            f"{{{{{bracket}.outputs.parameters.{output}}}}}",
        ]
    if callee.result:
        forms += [f"{{{{{kind}.{name}.outputs.result}}}}"] * 2
        forms += [f"{{{{= /* {kind}.{name}.outputs.result */ {bracket}.outputs?.result ?? 'none' }}}}"] * 2
    if callee.exit_code and not member.loop:
        forms += [f"{{{{{kind}.{name}.exitCode}}}}", f"{{{{= {bracket}.exitCode }}}}"]
    forms += [f"{{{{= toJson(sort(keys({kind}))) }}}}"] * maker.chance(0.1)
    forms += [f"{{{{= toJson({bracket}.outputs?.parameters ?? 'none') }}}}"] * bool(callee.outputs)
    maker.has("reference to a task")
    return str(maker.one(*forms))


def when(maker: Maker, scope: Scope, loop: str) -> str:
    """A condition; some that are none."""
    forms: list[str] = [
        "true",
        "false",
        "1 == 1",
        "{{workflow.parameters.p}} == text",
        "'{{workflow.parameters.p}}' != 'text'",
        "{{workflow.parameters.one}} > 0 && {{workflow.parameters.one}} < 1",
        "{{= workflow.parameters.p == 'text' }}",
        "{{= asInt(workflow.parameters.one) > 1 }} || true",
        "!({{workflow.parameters.one}} == 2)",
        "'x' in ('x', 'y')",
    ]
    if scope.inputs:
        name = maker.one(*scope.inputs)
        forms += [f"'{{{{inputs.parameters.{name}}}}}' == 'x'", f"{{{{= inputs.parameters.{name} != '' }}}}"] * 2
    if scope.visible:
        member = maker.one(*scope.visible)
        status, bracket = f"{scope.kind}.{member.name}.status", f"{scope.kind}['{member.name}']"
        forms += [
            f"{{{{{status}}}}} == Succeeded",
            f"'{{{{{status}}}}}' in ('Failed', 'Error', 'Skipped')",
            f"{{{{= {bracket}.status in ['Succeeded', 'Omitted'] }}}}",
        ] * 2
        if member.callee.outputs:
            output = member.callee.outputs[0]
            forms += [f"'{{{{{scope.kind}.{member.name}.outputs.parameters.{output}}}}}' != 'x'"] * 2
    if loop:
        forms += ["'{{item}}' != 'x'", "{{item}} != 1", "{{= item != 'x' }}", "'{{item.k}}' == 'v'"] * 3
    if maker.chance(0.08):
        maker.has("when that is none")
        forms = ["text", "a-b == a-b", "{{workflow.parameters.p}}", "1 + 1", "", "{{nope}}", "{{= nope.x }} == 1", "a == "]
    return str(maker.one(*forms))


def list_text(maker: Maker, scope: Scope) -> str:
    """A `withParam`."""
    forms = [
        "{{workflow.parameters.list}}",
        "{{= fromJSON(workflow.parameters.list) }}",
        '["x", 1, {"k": "v"}]',
        "[]",
        "[[1], null]",
    ]
    if scope.visible and maker.chance(0.6):
        forms = [member_text(maker, scope)]
    elif scope.inputs and maker.chance(0.5):
        forms = [f"{{{{inputs.parameters.{maker.one(*scope.inputs)}}}}}"]
    elif maker.chance(0.15):
        forms = ["{{workflow.parameters.p}}", "{}", "null", "3"]
    return str(maker.one(*forms))


def output(maker: Maker, scope: Scope) -> dict[str, Any]:
    """Where an output of a group comes from."""
    forms: list[dict[str, Any]] = [{"expression": "'const'"}, {"expression": "1 + 1"}, {"expression": "[1, 'a']"}]
    if scope.inputs:
        name = maker.one(*scope.inputs)
        forms += [{"parameter": f"{{{{inputs.parameters.{name}}}}}"}, {"expression": f"inputs.parameters.{name}"}]
    members = [member for member in scope.visible if member.callee.outputs]
    if members:
        member = maker.one(*members)
        bracket, out = f"{scope.kind}['{member.name}']", maker.one(*member.callee.outputs)
        forms = [
            {"parameter": f"{{{{{scope.kind}.{member.name}.outputs.parameters.{out}}}}}"},
            {"parameter": f"{{{{{scope.kind}.{member.name}.outputs.parameters.{out}}}}}"},
            {"expression": f"{bracket}.outputs?.parameters?.{out} ?? 'none'"},
            {"expression": f"{bracket}.outputs.parameters.{out}"},
            {"expression": f"{bracket}.status == 'Succeeded' ? {bracket}.outputs.parameters.{out} : nil"},
            {"expression": f"toJson({{'s': {bracket}.status}})"},
        ]
    return dict(maker.one(*forms))
