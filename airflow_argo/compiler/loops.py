"""A for-loop → a DAG template with one expanded task, `each`.

The loop stands in a template of its own, so that a condition skips it as a whole (golden/loops/when-wrapped), its parallelism
is its own, and what it gives can be read safely after any end. Items travel like values: the text of an item becomes part of
the names of its nodes.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_argo.compiler.code import tag
from airflow_argo.compiler.expressions import exists, travelling_constant, typed
from airflow_argo.compiler.graphs import RETRY_ZERO, Call, GraphTemplate, captured_call, graph_template, is_reporting
from airflow_argo.compiler.jobs import Dict
from airflow_argo.compiler.scope import OUTCOME, OUTCOMES, RETURN_VALUE, VALUES, Scope, Source, travels_as_base64, unused
from airflow_argo.compiler.templates import arguments_of
from airflow_argo.model.graph import ForLoop, Step
from airflow_argo.model.values import Constant, Item, Output, Type, Value

EACH = "each"
FAILED_OUTCOME = '\'{"state":"failed"}\''


@dataclass(slots=True)
class _Items:
    """What a loop runs over: fields of the task `each`, or code for the list that its template is given."""

    fields: Dict = field(default_factory=dict)
    code: str | None = None
    known_empty: bool = False


def loop_call(step: Step, around: GraphTemplate) -> Call:
    """The call of a loop's template."""
    loop = step.body
    assert isinstance(loop, ForLoop)
    made, name = around.made, around.scope.names[step.id]
    template = made.templates.reserve(name)
    each, captures = _instance(loop, name, around) if loop.reports else graph_template(made, loop.body, f"{name}-{EACH}")
    outside = Scope({}, {})
    passed = [(parameter, _each_argument(source, step.id, loop, outside)) for source, parameter in captures.items()]
    items = _items(loop, step.id, captures, around.scope)
    call = captured_call(template, outside.captures, around.scope)
    parameter = unused("items", outside.captures.values())
    if items.code is not None:
        items.fields = {"withParam": f"{{{{inputs.parameters.{parameter}}}}}"}
        call.arguments.insert(0, (parameter, tag(f"toJson({items.code})")))
    inputs = [*([parameter] if items.code is not None else []), *outside.captures.values()]
    task = {"name": EACH, "template": each, **arguments_of(passed), **items.fields}
    made.templates.put(template, _loop_body(loop, inputs, task))
    call.guards += [exists(value, around.scope) for _, value in loop.axes]
    if loop.reports:
        call.guards += ["false"] if items.known_empty else [f"len({items.code}) > 0"] if items.code is not None else []
    return call


def _instance(loop: ForLoop, name: str, around: GraphTemplate) -> tuple[str, Mapping[Source, str]]:
    """The template of one item, which always succeeds and says in its outcome how the item ended."""
    template = around.made.templates.reserve(f"{name}-{EACH}")
    writing = GraphTemplate.of(around.made, loop.body, in_loop=True)
    writing.add_steps()
    (step,) = loop.body.steps
    (task,) = writing.tasks
    task.fields["continueOn"] = {"failed": True, "error": True}
    body = writing.body(template)
    body["outputs"] = {"parameters": [{"name": OUTCOME, "valueFrom": {"expression": _outcome(step, writing.scope)}}]}
    around.made.templates.put(template, body)
    return template, writing.scope.captures


def _outcome(step: Step, scope: Scope) -> str:
    """Code for the outcome of an item's one step."""
    task = scope.task(step.id)
    succeeded = '\'{"state":"success"}\''
    if is_reporting(step):
        succeeded = f"{task}.outputs?.parameters?.{OUTCOME} ?? {succeeded}"
    elif any(spec.name == RETURN_VALUE for spec in getattr(step.body, "outputs", ())):
        value = scope.read(Output(step.id, RETURN_VALUE, Type.JSON)).code
        succeeded = f"toJson({{'state': 'success', 'value': {value} == nil ? nil : sprig.b64enc({value}) }})"
    return f"{task}.status == 'Succeeded' ? {succeeded} : {FAILED_OUTCOME}"


def _loop_body(loop: ForLoop, inputs: list[str], task: Dict) -> Dict:
    body: Dict = {}
    if inputs:
        body["inputs"] = {"parameters": [{"name": name} for name in inputs]}
    body["retryStrategy"] = RETRY_ZERO
    if loop.parallelism is not None:
        body["parallelism"] = loop.parallelism
    body["dag"] = {"failFast": False, "tasks": [task]}
    exported = OUTCOMES if loop.reports else VALUES if loop.body.outputs else None
    if exported:
        of_each = OUTCOME if loop.reports else VALUES
        expression = f"tasks['{EACH}'].outputs?.parameters?.{of_each} ?? '[]'"
        body["outputs"] = {"parameters": [{"name": exported, "valueFrom": {"expression": expression}}]}
    return body


def _each_argument(source: Source, loop_id: str, loop: ForLoop, outside: Scope) -> str:
    if isinstance(source, Item) and source.loop == loop_id:
        return "{{item}}" if len(loop.axes) == 1 else f"{{{{item.{_key(loop, source.axis)}}}}}"
    return f"{{{{inputs.parameters.{outside.capture(source)}}}}}"


def _key(loop: ForLoop, axis: str) -> str:
    """The key of an axis in items with several: a letter, since it becomes part of the names of nodes."""
    return f"x{[name for name, _ in loop.axes].index(axis)}"


def _items(loop: ForLoop, loop_id: str, captures: Mapping[Source, str], scope: Scope) -> _Items:
    types = {source.axis: source.type for source in captures if isinstance(source, Item) and source.loop == loop_id}
    axes = [(_axis_type(axis, types), value) for axis, value in loop.axes]
    lists = [_known_items(value, type) for type, value in axes]
    if all(known is not None for known in lists):
        return _known(loop, [known for known in lists if known is not None])
    codes = [_axis_code(value, type, scope) for type, value in axes]
    return _Items(code=codes[0] if len(codes) == 1 else _product(codes))


def _axis_type(axis: str, types: Mapping[str, Type]) -> Type:
    return types.get(axis, Type.JSON)


def _known_items(value: Value, type: Type) -> list[str] | range | None:
    """The items of a constant axis as they travel; None if they are made at run time."""
    if not isinstance(value, Constant):
        return None
    elements: Any = value.value
    if isinstance(elements, int) and type is Type.INT:
        return range(elements)
    return [
        travelling_constant(Constant.of(item), type) for item in (range(elements) if isinstance(elements, int) else elements)
    ]


def _known(loop: ForLoop, lists: list[list[str] | range]) -> _Items:
    if any(not known for known in lists):
        return _Items(fields={"withParam": "[]"}, known_empty=True)
    if len(lists) == 1 and isinstance(lists[0], range):
        return _Items(fields={"withSequence": {"count": str(len(lists[0]))}})
    texts = [[str(item) for item in known] for known in lists]
    if len(texts) == 1:
        return _Items(fields={"withItems": texts[0]})
    keys = [_key(loop, axis) for axis, _ in loop.axes]
    return _Items(
        fields={"withItems": [dict(zip(keys, combination, strict=True)) for combination in itertools.product(*texts)]}
    )


def _axis_code(value: Value, type: Type, scope: Scope) -> str:
    """Code for the list of an axis' items as they travel."""
    if value.type is Type.INT:
        count = typed(value, scope)
        return f"({count} > 0 ? map(0..({count} - 1), string(#)) : [])"
    if isinstance(value, Output) and value.name == RETURN_VALUE and is_reporting(scope.steps.get(value.step)):
        task = scope.task(value.step)
        return f"(fromJSON({task}.outputs?.parameters?.{OUTCOME} ?? '{{}}').items ?? [])"
    element = "sprig.b64enc(toJson(#))" if type is Type.JSON else "sprig.b64enc(#)" if travels_as_base64(type) else "string(#)"
    return f"map({typed(value, scope)}, {element})"


def _product(codes: list[str]) -> str:
    """Code for all combinations of some lists, the last one varying fastest, as objects with the keys x0, x1 and so on."""
    *outer, last = range(len(codes))
    fields = ", ".join(f"'x{number}': v{number}" for number in outer)
    code = f"map({codes[last]}, ({{{fields}, 'x{last}': # }}))"
    for number in reversed(outer):
        code = f"map({codes[number]}, {{let v{number} = #; {code}}})"
        code = f"flatten({code})"
    return code
