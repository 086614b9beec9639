"""A for-loop → a DAG template with one expanded task, `each`.

The loop stands in a template of its own, so that a condition skips it as a whole (golden/loops/when-wrapped), its parallelism
is its own, and what it gives can be read safely after any end. Items travel like values: the text of an item becomes part of
the names of its nodes.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

from airflow_argo.compiler.code import a_map, base64_of, compact_json, given, quote, tag
from airflow_argo.compiler.drafts import Dict
from airflow_argo.compiler.expressions import exists, json_of, travelling_constant, truth, typed
from airflow_argo.compiler.graphs import (
    RETRY_ZERO,
    Call,
    GraphTemplate,
    captured_call,
    graph_template,
    inputs_of,
    is_reporting,
)
from airflow_argo.compiler.scope import OUTCOME, OUTCOMES, RETURN_VALUE, VALUES, Scope, Source, travels_as_base64, unused
from airflow_argo.compiler.templates import arguments_of
from airflow_argo.model.conditions import Rule, Same, State, leaves_of, values_read
from airflow_argo.model.graph import ForLoop, Step
from airflow_argo.model.values import Concatenated, Constant, Item, Listing, Output, SameItem, Type, Value, Zipped

EACH = "each"
JUDGED, RUNS = "judged", "run"
TUPLE = '{"__airflow_argo_type__":"tuple","of":[', "]}"
"""What is around the elements of a tuple in JSON. Source: airflow_argo.pod.values."""
NOT_SET = '{"__airflow_argo_type__":"not set","of":""}'
"""Airflow's NOTSET. Source: as above."""
_KEY = "sprig.b64enc(toJson(fromJSON(sprig.b64dec(#)).of[0]))"
"""The key of a pair, which is a tuple."""
FAILED_OUTCOME = '\'{"state":"failed"}\''


@dataclass(slots=True)
class _Items:
    """What a loop runs over: fields of the task `each`, or code for the list that its template is given.

    Attributes:
        counted: code for a list of as many elements.
    """

    fields: Dict = field(default_factory=dict)
    code: str | None = None
    counted: str | None = None
    known_empty: bool = False


def loop_call(step: Step, around: GraphTemplate) -> Call:
    """The call of a loop's template."""
    loop = step.body
    assert isinstance(loop, ForLoop)
    made, name = around.made, around.scope.names[step.id]
    template = made.templates.reserve(name)
    if loop.reports:
        each, captures = _instance(loop, name, around)
    else:
        each, captures = graph_template(made, loop.body, f"{name}-{EACH}")
    outside = Scope({}, {})
    shape = Shape.of(loop, step.id, captures)
    passed = [(parameter, _each_argument(source, shape, outside)) for source, parameter in captures.items()]
    if loop.rule is not None:
        passed.append((JUDGED, f"{{{{item.{JUDGED}}}}}"))
    items = _items(shape, around.scope)
    call = captured_call(template, outside.captures, around.scope)
    parameter = unused("items", outside.captures.values())
    if items.code is not None:
        items.fields = {"withParam": f"{{{{inputs.parameters.{parameter}}}}}"}
        call.arguments.insert(0, (parameter, tag(f"toJson({items.code})")))
    inputs = inputs_of([*([parameter] if items.code is not None else []), *outside.captures.values()])
    task = {"name": EACH, "template": each, **arguments_of(passed), **items.fields}
    made.templates.put(template, _loop_body(loop, inputs, task))
    call.guards += [exists(value, around.scope) for _, value in loop.axes]
    if loop.reports:
        call.guards += ["false"] if items.known_empty else [f"len({items.counted}) > 0"] if items.counted is not None else []
    return call


def _instance(loop: ForLoop, name: str, around: GraphTemplate) -> tuple[str, Mapping[Source, str]]:
    """The template of one item, which always succeeds and says in its outcome how the item ended; what it captures."""
    template = around.made.templates.reserve(f"{name}-{EACH}")
    writing = GraphTemplate.of(around.made, loop.body, in_loop=True)
    writing.add_steps()
    (step,) = loop.body.steps
    (task,) = writing.tasks
    task.fields["continueOn"] = {"failed": True, "error": True}
    body = writing.body(template)
    outcome = _outcome(step, writing.scope)
    if loop.rule is not None:
        assert "when" not in task.fields  # all that an item reads is an input, so it exists
        task.fields["when"] = tag(f"inputs.parameters.{JUDGED} == '{RUNS}'")
        body["inputs"] = inputs_of([*writing.scope.captures.values(), JUDGED])
        outcome = f"inputs.parameters.{JUDGED} == '{RUNS}' ? {outcome} : toJson({{'state': inputs.parameters.{JUDGED} }})"
    body["outputs"] = {"parameters": [{"name": OUTCOME, "valueFrom": {"expression": outcome}}]}
    around.made.templates.put(template, body)
    return template, writing.scope.captures


def _outcome(step: Step, scope: Scope) -> str:
    """Code for the outcome of an item's one step. One that failed may have pushed something before."""
    task = scope.task(step.id)
    succeeded, failed = '\'{"state":"success"}\'', FAILED_OUTCOME
    if is_reporting(step):
        told = f"{task}.outputs?.parameters?.{OUTCOME}"
        succeeded, told = f"{told} ?? {succeeded}", f"{told} ?? {failed}"
        failed = f"fromJSON({told}).state == '{State.FAILED.value}' ? {told} : {failed}"
    elif any(spec.name == RETURN_VALUE for spec in getattr(step.body, "outputs", ())):
        value = scope.read(Output(step.id, RETURN_VALUE, Type.JSON)).code
        succeeded = f"toJson({{'state': 'success', 'value': {value} == nil ? nil : sprig.b64enc({value}) }})"
    return f"{task}.status == 'Succeeded' ? {succeeded} : {failed}"


def _loop_body(loop: ForLoop, inputs: Dict, task: Dict) -> Dict:
    body: Dict = {"inputs": inputs} if inputs else {}
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


def _each_argument(source: Source, shape: Shape, outside: Scope) -> str:
    if isinstance(source, Item | SameItem) and source.loop == shape.loop_id:
        return "{{item}}" if not shape.has_keys else f"{{{{item.{shape.key(source)}}}}}"
    return f"{{{{inputs.parameters.{outside.capture(source)}}}}}"


@dataclass(frozen=True, slots=True)
class Shape:
    """What the items of a loop are made of.

    Attributes:
        types: axis → the type as which it is read.
        others: what items of other loops gave that is read, in the order of its keys.
    """

    loop: ForLoop
    loop_id: str
    types: Mapping[str, Type]
    others: tuple[SameItem, ...]

    @classmethod
    def of(cls, loop: ForLoop, loop_id: str, captures: Mapping[Source, str]) -> Shape:
        """The shape of a loop whose body captures some sources."""
        own = [source for source in captures if isinstance(source, Item | SameItem) and source.loop == loop_id]
        types = {source.axis: source.type for source in own if isinstance(source, Item)}
        return cls(loop, loop_id, types, tuple(source for source in own if isinstance(source, SameItem)))

    @property
    def is_judged(self) -> bool:
        """Whether items hold more than the elements of the axes."""
        return self.loop.rule is not None or bool(self.others)

    @property
    def has_keys(self) -> bool:
        """Whether an item is an object."""
        return len(self.loop.axes) > 1 or self.is_judged

    def key(self, source: Item | SameItem) -> str:
        """The key of a value in items that are objects: a letter, since it becomes part of the names of nodes."""
        if isinstance(source, SameItem):
            return f"y{self.others.index(source)}"
        return f"x{[name for name, _ in self.loop.axes].index(source.axis)}"

    def axes(self) -> list[tuple[Type, Value]]:
        """The axes: as what their elements are read, and the lists."""
        return [(self.types.get(axis, Type.JSON), value) for axis, value in self.loop.axes]


def _items(shape: Shape, scope: Scope) -> _Items:
    lists = [_known_items(value, type) for type, value in shape.axes()]
    if all(known is not None for known in lists):
        items = _known(shape, [known for known in lists if known is not None])
        if items.known_empty or not shape.is_judged:
            return items
        code = f"fromJSON({quote(compact_json(_texts_of(items)))})"
    else:
        codes = [_axis_code(value, type, scope) for type, value in shape.axes()]
        code = codes[0] if len(codes) == 1 else _product(codes)
    return _Items(code=_judged(shape, code, scope) if shape.is_judged else code, counted=code)


def _texts_of(items: _Items) -> list[Any]:
    """The items of a loop over what is known now."""
    if "withSequence" in items.fields:
        return [str(number) for number in range(int(items.fields["withSequence"]["count"]))]
    return list(items.fields["withItems"])


def _judged(shape: Shape, items: str, scope: Scope) -> str:
    """Code for the items with what is known of each: whether it runs, and what items of other loops of its index gave."""
    rule = shape.loop.rule or Rule()
    steps = [leaf.step for test in (rule.needs, rule.wants) for leaf in leaves_of(test) if isinstance(leaf, Same)]
    steps += [
        source.of.step for part in (rule.needs, rule.wants) for source in values_read(part) if isinstance(source, SameItem)
    ]
    outcomes = {
        step: f"u{number}" for number, step in enumerate(dict.fromkeys([*steps, *(one.of.step for one in shape.others)]))
    }
    lets = [
        f"let {name} = fromJSON({scope.task(step)}.outputs?.parameters?.{OUTCOMES} ?? '[]');" for step, name in outcomes.items()
    ]
    inside = replace(scope, same={step: f"get({name}, i)" for step, name in outcomes.items()})
    fields = [
        (shape.key(Item(shape.loop_id, axis)), f"xs[i]{f'.x{n}' if len(shape.loop.axes) > 1 else ''}")
        for n, (axis, _) in enumerate(shape.loop.axes)
    ]
    fields += [(shape.key(source), inside.read(source).code) for source in shape.others]
    if shape.loop.rule is not None:
        fields.append((JUDGED, _verdict_on_item(rule, inside)))
    each = f"map(0..(len(xs) - 1), {{let i = #; ({a_map(fields)}) }})"
    return given("0", f"{{let xs = {items}; {' '.join(lets)} (len(xs) > 0 ? {each} : []) }}")


def _verdict_on_item(rule: Rule, scope: Scope) -> str:
    """Code for whether an item runs, or how it ends without that."""
    wants = f"({truth(rule.wants, scope)} ? '{RUNS}' : '{State.SKIPPED.value}')"
    return f"({truth(rule.needs, scope)} ? {wants} : '{State.UPSTREAM_FAILED.value}')"


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


def _known(shape: Shape, lists: list[list[str] | range]) -> _Items:
    if any(not known for known in lists):
        return _Items(fields={"withParam": "[]"}, known_empty=True)
    if len(lists) == 1 and isinstance(lists[0], range):
        return _Items(fields={"withSequence": {"count": str(len(lists[0]))}})
    texts = [[str(item) for item in known] for known in lists]
    if len(texts) == 1:
        return _Items(fields={"withItems": texts[0]})
    keys = [shape.key(Item(shape.loop_id, axis)) for axis, _ in shape.loop.axes]
    return _Items(
        fields={"withItems": [dict(zip(keys, combination, strict=True)) for combination in itertools.product(*texts)]}
    )


def _axis_code(value: Value, type: Type, scope: Scope) -> str:
    """Code for the list of an axis' items as they travel."""
    if isinstance(value, Concatenated):
        codes = [_part_code(part, type, scope, _KEY) for part in value.of]
        return f"concat({', '.join(codes)})" if len(codes) > 1 else codes[0]
    if isinstance(value, Zipped):
        filled = quote(_fill(value.fill))
        return _zipped([_part_code(part, Type.JSON, scope, filled) for part in value.of], value.fill)
    if value.type is Type.INT:
        count = typed(value, scope)
        return f"({count} > 0 ? map(0..({count} - 1), string(#)) : [])"
    if _is_reported(value, scope):
        return f"({_outcome_of(value, scope)}.items ?? [])"
    if type is Type.JSON and (elements := _as_they_are(value, scope)) is not None:
        return elements
    element = "sprig.b64enc(toJson(#))" if type is Type.JSON else "sprig.b64enc(#)" if travels_as_base64(type) else "string(#)"
    return f"map({typed(value, scope)}, {element})"


def _as_they_are(value: Value, scope: Scope) -> str | None:
    """Code for a list's elements as base64 of their JSON, if they needn't be read for that.

    Argo writes what it has read in its own way: 1.0 as 1, numbers of more digits as near ones, the keys of objects by alphabet.
    """
    match value:
        case Output():
            return scope.given_by_items(value)
        case Listing(of=parts):
            return f"[{', '.join(_element_code(part, scope) for part in parts)}]"
        case _:
            return None


def _element_code(value: Value, scope: Scope) -> str:
    if isinstance(value, Constant):
        return quote(travelling_constant(value, Type.JSON))
    return f"sprig.b64enc({json_of(value, scope)})"


def _part_code(value: Value, type: Type, scope: Scope, of_pair: str) -> str:
    """Code for a list that is a part of another; `of_pair` is an element of it, if it is a dict of which `#` is a pair."""
    if not _is_reported(value, scope):
        return _axis_code(value, type, scope)
    return given(_outcome_of(value, scope), f"#?.keyed == true ? map(#.items, {of_pair}) : #?.items ?? []")


def _is_reported(value: Value, scope: Scope) -> TypeGuard[Output]:
    return isinstance(value, Output) and value.name == RETURN_VALUE and is_reporting(scope.steps.get(value.step))


def _outcome_of(value: Output, scope: Scope) -> str:
    return f"fromJSON({scope.task(value.step)}.outputs?.parameters?.{OUTCOME} ?? '{{}}')"


def _fill(fill: Constant | None) -> str:
    """Base64 of JSON of what a zip has for an element that isn't there. Source: _ZipResult, which asks a dict for numbers."""
    return base64_of(NOT_SET) if fill is None else travelling_constant(fill, Type.JSON)


def _zipped(codes: list[str], fill: Constant | None) -> str:
    """Code for the tuples of the elements of some lists, each as base64 of JSON as `airflow_argo.pod` reads it."""
    names = [f"z{number}" for number in range(len(codes))]
    lets = " ".join(f"let {name} = {code};" for name, code in zip(names, codes, strict=True))
    lengths = ", ".join(f"len({name})" for name in names)
    count = f"min({lengths})" if fill is None else f"max({lengths})"
    default = quote(_fill(fill))
    elements = " + ',' + ".join(f"sprig.b64dec(get({name}, i) ?? {default})" for name in names)
    text = f"{quote(TUPLE[0])} + {elements} + {quote(TUPLE[1])}"
    each = f"map(0..({count} - 1), {{let i = #; sprig.b64enc({text}) }})"
    return given("0", f"{{{lets} ({count} > 0 ? {each} : []) }}")


def _product(codes: list[str]) -> str:
    """Code for all combinations of some lists, the last one varying fastest, as objects with the keys x0, x1 and so on."""
    *outer, last = range(len(codes))
    fields = ", ".join(f"'x{number}': v{number}" for number in outer)
    code = f"map({codes[last]}, ({{{fields}, 'x{last}': # }}))"
    for number in reversed(outer):
        code = f"map({codes[number]}, {{let v{number} = #; {code}}})"
        code = f"flatten({code})"
    return code
