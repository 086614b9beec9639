"""A while-loop → a DAG template that holds some iterations, and a call of itself.

Argo nests calls at most 99 deep, so each level holds several guarded iterations before it calls the next level
(golden/while/unrolled-deep). A level is given the count of iterations so far and the carried values, as JSON; it gives what the
last iteration gave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from airflow_argo.argo.limits import MAX_DAG_TASKS, MAX_TEMPLATE_DEPTH
from airflow_argo.compiler.code import a_map, index, tag
from airflow_argo.compiler.drafts import Dict
from airflow_argo.compiler.expressions import exists, travelling, truth
from airflow_argo.compiler.graphs import RETRY_ZERO, Call, GraphTemplate, captured_call, graph_template
from airflow_argo.compiler.scope import VALUES, Read, Scope, Source, travels_as_base64
from airflow_argo.compiler.templates import arguments_of
from airflow_argo.diagnostics import DefinitionError
from airflow_argo.model.conditions import values_read
from airflow_argo.model.graph import Step, WhileLoop
from airflow_argo.model.values import Carried, Type

LEVELS = MAX_TEMPLATE_DEPTH - 20
"""Levels that may call one another, with room for the templates around the loop and inside its body."""

ITERATIONS_A_LEVEL = 20
MAX_ITERATIONS = LEVELS * (MAX_DAG_TASKS - 10)

COUNT = "iterations"
CARRIED = "carried"


@dataclass(slots=True)
class _Level:
    """The template of a level in the making.

    Attributes:
        size: iterations in it.
        captures: what the body needs, and the parameter that brings it.
        carried: carried name → its type.
        outside: the level's inputs beside the carried values, by what they hold.
    """

    step: Step
    loop: WhileLoop
    size: int
    template: str
    body: str
    captures: Mapping[Source, str]
    carried: Mapping[str, Type]
    outside: Scope

    def after(self, iteration: int) -> str:
        """Code for the JSON of the carried values after so many iterations of this level."""
        return (
            f"tasks['{_name(iteration)}'].outputs?.parameters?.{VALUES} ?? '{{}}'"
            if iteration
            else f"inputs.parameters.{CARRIED}"
        )

    def at_the_end(self) -> str:
        """Code for the JSON of the carried values after the last iteration of this level that ran."""
        codes = [f"tasks['{_name(number)}'].outputs?.parameters?.{VALUES}" for number in range(self.size, 0, -1)]
        return " ?? ".join([*codes, f"inputs.parameters.{CARRIED}"])

    def condition(self, values: str) -> str:
        """Code for the loop's condition on the carried values of this JSON."""
        given: dict[Source, Read] = {
            Carried(self.step.id, name, type): Read(
                f"fromJSON({values}){index(name)}", base64=travels_as_base64(type), nullable=True
            )
            for name, type in self.carried.items()
        }
        return truth(self.loop.condition, Scope({}, {}, self.outside.captures, given))

    def passed(self, source: Source, values: str) -> str:
        """Code for what the body is given, from the carried values of this JSON or from outside."""
        if isinstance(source, Carried) and source.loop == self.step.id:
            return f"fromJSON({values}){index(source.name)}"
        return f"inputs.parameters{index(self.outside.capture(source))}"


def while_call(step: Step, around: GraphTemplate) -> Call:
    """The call of a while-loop's first level.

    Raises:
        DefinitionError: the loop may run more iterations than Argo can nest.
    """
    loop = step.body
    assert isinstance(loop, WhileLoop)
    if not 0 < loop.max_iterations <= MAX_ITERATIONS:
        cure = f"allow 1 to {MAX_ITERATIONS} iterations"
        raise DefinitionError(f"loop '{step.id}' allows {loop.max_iterations} iterations", cure, step.origin)
    made, name = around.made, around.scope.names[step.id]
    template = made.templates.reserve(name)
    made.whiles.add(template)
    body, captures = graph_template(made, loop.body, f"{name}-iteration", retryStrategy=RETRY_ZERO)
    size = max(ITERATIONS_A_LEVEL, -(-loop.max_iterations // LEVELS))
    level = _Level(step, loop, size, template, body, captures, _carried(step.id, loop, captures), Scope({}, {}))
    tasks = [_iteration(level, number) for number in range(1, size + 1)]
    tasks += [_next_level(level), _limit(level, around)]
    made.templates.put(template, _level_body(level, tasks))
    return _first_call(level, around.scope)


def _first_call(level: _Level, scope: Scope) -> Call:
    call = captured_call(level.template, level.outside.captures, scope)
    codes = [(name, travelling(value, scope)) for name, value in level.loop.initial]
    call.arguments = [(COUNT, "0"), (CARRIED, tag(f"toJson({a_map(codes)})")), *call.arguments]
    call.guards += [exists(value, scope) for _, value in level.loop.initial]
    return call


def _name(iteration: int) -> str:
    return f"iteration-{iteration}"


def _carried(loop_id: str, loop: WhileLoop, captures: Mapping[Source, str]) -> dict[str, Type]:
    types = {name: value.type for name, value in (*loop.initial, *loop.body.outputs)}
    for source in (*values_read(loop.condition), *captures):
        if isinstance(source, Carried) and source.loop == loop_id:
            types[source.name] = source.type
    return types


def _iteration(level: _Level, number: int) -> Dict:
    before = level.after(number - 1)
    arguments = [(parameter, tag(level.passed(source, before))) for source, parameter in level.captures.items()]
    task: Dict = {"name": _name(number), "template": level.body, **arguments_of(arguments)}
    conditions = [f"int(inputs.parameters.{COUNT}) + {number - 1} < {level.loop.max_iterations}"]
    if number == 1:
        conditions.append(_first_condition(level))
    else:
        task["depends"] = _name(number - 1)
        conditions = [f"tasks['{_name(number - 1)}'].status == 'Succeeded'", *conditions, level.condition(before)]
    task["when"] = tag(" && ".join(conditions))
    return task


def _first_condition(level: _Level) -> str:
    """Before the very first iteration the condition is judged only if there is a value for all that it reads."""
    initial = {name for name, _ in level.loop.initial}
    needed = {value.name for value in values_read(level.loop.condition) if isinstance(value, Carried)}
    condition = level.condition(level.after(0))
    return condition if needed <= initial else f"(inputs.parameters.{COUNT} == '0' || {condition})"


def _next_level(level: _Level) -> Dict:
    last = level.after(level.size)
    count = f"int(inputs.parameters.{COUNT}) + {level.size}"
    more = f"{count} < {level.loop.max_iterations} && {level.condition(last)}"
    outside = [(name, f"{{{{inputs.parameters.{name}}}}}") for name in level.outside.captures.values()]
    return {
        "name": "next",
        "template": level.template,
        **arguments_of([(COUNT, tag(f"string({count})")), (CARRIED, tag(last)), *outside]),
        "depends": _name(level.size),
        "when": tag(f"tasks['{_name(level.size)}'].status == 'Succeeded' && {more}"),
    }


def _limit(level: _Level, around: GraphTemplate) -> Dict:
    """Fails if no further level is called and yet the condition holds: only the maximum has stopped the loop."""
    reason = f"{around.scope.names[level.step.id]} has not ended after {level.loop.max_iterations} iterations"
    return {
        "name": "limit",
        "template": around.made.fail_if(),
        **arguments_of([("reason", reason)]),
        "depends": "next.Skipped",
        "when": tag(level.condition(level.at_the_end())),
    }


def _level_body(level: _Level, tasks: list[Dict]) -> Dict:
    names = [COUNT, CARRIED, *level.outside.captures.values()]
    values = f"tasks['next'].outputs?.parameters?.{VALUES} ?? {level.at_the_end()}"
    return {
        "inputs": {"parameters": [{"name": name} for name in names]},
        "retryStrategy": RETRY_ZERO,
        "dag": {"failFast": False, "tasks": tasks},
        "outputs": {"parameters": [{"name": VALUES, "valueFrom": {"expression": values}}]},
    }
