"""Steps made of functions, and the decorators that repeat them, make them conditional, or turn their text into a script.

A decorated function is a Step. Decorators add to it, from the inside out, and the function is called when the step's outputs or
the workflow need what it returns. So decorators combine in any order that means something.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from inspect import signature
from operator import and_
from typing import Any, TypeVar

from airflow_argo.diagnostics import DefinitionError, Origin
from airflow_argo.dsl.jobs import BaseJob, ContainerJob, ScriptJob
from airflow_argo.dsl.nodes import Node, flatten
from airflow_argo.dsl.params import Carried, Condition, Item, Value, WorkflowParam, as_condition, type_name

F = TypeVar("F", bound=Callable[..., Any])
DEFAULT_MAX_ITERATIONS = 1000


class Loop:
    """A repetition around a step's function.

    Attributes:
        kind: "for" or "while".
        items: of a for-loop: a number, a list, or a value.
        condition: of a while-loop: a Condition, or a function that gets the values of the last iteration and returns one.
    """

    __slots__ = ("condition", "initial", "items", "kind", "max_iterations", "parallelism")

    def __init__(self, kind: str, **fields: Any) -> None:
        self.kind = kind
        self.condition: Any
        self.items, self.parallelism = fields.get("items"), fields.get("parallelism")
        self.condition, self.initial = fields.get("condition"), dict(fields.get("initial") or {})
        self.max_iterations = fields.get("max_iterations", DEFAULT_MAX_ITERATIONS)


class Step(Node):
    """A step made of a function: what the function returns, with what its decorators add.

    Attributes:
        layers: from the inside out: Loop, or a condition (a Condition, or a function of the loop's items that returns one).
    """

    __slots__ = ("_body", "_returned", "function", "layers", "otherwise_of", "script")

    def __init__(self, function: Callable[..., Any]) -> None:
        code = getattr(function, "__code__", None)
        at = Origin(code.co_filename, code.co_firstlineno) if code else Origin.of_author()
        super().__init__(getattr(function, "__name__", "step"), at)
        self.function = function
        self.layers: list[Loop | Condition | Callable[..., Any]] = []
        self.script: dict[str, Any] | None = None
        self.otherwise_of: Condition | None = None
        self._body: list[Node] | None = None
        self._returned: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the function itself."""
        return self.function(*args, **kwargs)

    def else_(self, function: Any) -> Step:
        """Decorator: the function is the step for when the condition of this one is false."""
        return else_(self)(function)

    def else_when(self, condition: Any) -> Callable[[Any], Step]:
        """Decorator: the function is the step for when the condition of this one is false and another one is true."""
        return else_(self, when=condition)

    @property
    def loops(self) -> list[Loop]:
        """The loops around the function, from the outside in, which is the order of its arguments."""
        return [layer for layer in reversed(self.layers) if isinstance(layer, Loop)]

    @property
    def condition(self) -> Condition | None:
        """The condition of the step as a whole, outside of all its loops; None if it has none."""
        conditions: list[Condition] = []
        for layer in reversed(self.layers):
            if not isinstance(layer, Condition):
                break
            conditions.append(layer)
        return reduce(and_, conditions) if conditions else None

    @property
    def body(self) -> list[Node]:
        """What the function returns: jobs and steps.

        Raises:
            DefinitionError: it returns something else, or nothing.
        """
        if self._body is None:
            self._returned = self._call()
            self._body = self._nodes(self._returned)
        return self._body

    @property
    def is_sequence(self) -> bool:
        """Whether the function returned a list without an edge of its own inside: then each runs after the one before."""
        return len(self.body) > 1 and isinstance(self._returned, list)

    def output_named(self, name: str) -> WorkflowParam:
        """The output of that name, of the only or the last job that has it. Of a loop: the list of the items' outputs."""
        owner = self._owner_of(name)
        if owner is None:
            raise self.unknown_output(name)
        found = owner.output_named(name)
        in_for = any(loop.kind == "for" for loop in self.loops)
        return WorkflowParam(name, self, "json" if in_for else found.type, default=[] if in_for else found.default)

    def unknown_output(self, name: str) -> DefinitionError:
        """The error for an output that nothing of the step has."""
        known = sorted({declared.name for job in self.body if isinstance(job, BaseJob) for declared in job.outputs})
        cure = f"use one of: {', '.join([*known, 'result'])}" if known else "declare it in the outputs= of its job"
        return DefinitionError(f"step '{self.name}' has no output '{name}'", cure, Origin.of_author())

    def _owner_of(self, name: str) -> Node | None:
        """The job or step inside that has an output of that name: the last one, as in a sequence its value is the final one."""
        for node in reversed(self.body):
            if isinstance(node, BaseJob) and any(declared.name == name for declared in node.outputs):
                return node
            if isinstance(node, Step) and node._owner_of(name) is not None:  # noqa: SLF001 - of its own class
                return node
        if name == "result" and len(self.body) == 1:
            return self.body[0]
        return None

    def makes(self, name: str) -> bool:
        """Whether a job inside has an output of that name."""
        return self._owner_of(name) is not None

    def job_with(self, name: str) -> Node:
        """The job inside, at any depth, that has an output of that name."""
        owner: Node = self
        while isinstance(owner, Step):
            owner = owner.owner_of(name)
        return owner

    def owner_of(self, name: str) -> Node:
        """The job or step inside that has an output of that name.

        Raises:
            DefinitionError: none has.
        """
        owner = self._owner_of(name)
        if owner is None:
            raise self.unknown_output(name)
        return owner

    def _call(self) -> Any:
        arguments: list[Any] = []
        named: dict[str, Any] = {}
        for number, loop in enumerate(self.loops):
            if loop.kind == "for":
                arguments.append(Item(self, number, item_type(loop.items)))
            else:
                self._add_defaults(loop)
                named |= {name: Carried(self, name, carried_type(value)) for name, value in loop.initial.items()}
        arguments = arguments[: _positional(self.function)]
        self._check_parameters(arguments, named)
        return self.function(*arguments, **named)

    def _check_parameters(self, arguments: list[Any], named: dict[str, Any]) -> None:
        try:
            signature(self.function).bind(*arguments, **named)
        except TypeError as error:
            cure = "it is given the item of each @for_loop, and what @while_loop carries: parameters with defaults, or initial="
            raise DefinitionError(f"step '{self.name}' can't be called: {error}", cure, self.origin) from None
        except ValueError:  # a callable that doesn't tell
            pass

    def _add_defaults(self, loop: Loop) -> None:
        """Defaults of the function's parameters are what the first iteration gets."""
        code = getattr(self.function, "__code__", None)
        defaults = getattr(self.function, "__defaults__", None) or ()
        names = code.co_varnames[: code.co_argcount] if code else ()
        for name, value in zip(names[len(names) - len(defaults) :], defaults, strict=True):
            loop.initial.setdefault(name, value)

    def _nodes(self, returned: Any) -> list[Node]:
        if isinstance(returned, str) and self.script is not None:
            return [self._script_job(returned)]
        if isinstance(returned, str):
            raise DefinitionError(
                f"step '{self.name}' returns a text", "add @run_with(image=…) to run it as a script", self.origin
            )
        if returned is None:
            raise DefinitionError(f"step '{self.name}' returns nothing", "return a job, or a list of jobs", self.origin)
        if self.script is not None:
            found = type(returned).__name__
            cure = "return the text of a script, or leave @run_with away"
            raise DefinitionError(f"step '{self.name}' is run by @run_with, and returns a {found}", cure, self.origin)
        nodes = list(flatten([returned]))
        if not nodes:
            raise DefinitionError(f"step '{self.name}' returns no job", "return a job, or a list of jobs", self.origin)
        for node in nodes:
            if node.owner is not None and node.owner is not self:
                cure = "make the job inside of one function only"
                raise DefinitionError(
                    f"step '{node.name}' is part of '{node.owner.name}' and of '{self.name}'", cure, self.origin
                )
            node.owner = self
        return nodes

    def _script_job(self, source: str) -> BaseJob:
        options = dict(self.script or {})
        shell = options.pop("shell", "bash")
        job = ScriptJob(self.name, options.pop("image", None), source, shell, **options)
        job.origin = self.origin
        return job


def as_step(found: Any) -> Node:
    """A job or step as it is, a function as a step of its own.

    Raises:
        DefinitionError: it is neither.
    """
    if isinstance(found, Node):
        return found
    if callable(found) and not isinstance(found, type):
        return _steps_of_functions.setdefault(found, Step(found))
    cure = "use a job, a function that returns one, or a list of them"
    raise DefinitionError(f"{found!r} is no step", cure, Origin.of_author())


_steps_of_functions: dict[Any, Step] = {}


def step(function: Any) -> Step:
    """Decorator: the function, which returns a job or several, is a step that others can refer to."""
    return _decorated(function, "step")


def for_loop(items: Any, *, parallelism: int | None = None) -> Callable[[Any], Step]:
    """Decorator: the step runs once for each item, which its function is given.

    Args:
        items: a number n (0 … n-1), a list, a workflow input, or an output of a step that is a list or a number.
        parallelism: how many items run at once; all, if not given.
    """
    at = Origin.of_author()
    if isinstance(items, Value):
        if items.type not in ("int", "json"):
            cure = 'declare it with type="json" if it is a list, or type=int if it is a number of turns'
            raise DefinitionError(f"{items.describe()} is {items.type}, and a loop needs a list or a number", cure, at)
    elif isinstance(items, bool) or not isinstance(items, int | list | tuple | range | dict | set | frozenset):
        raise DefinitionError(f"a loop over {items!r}", "use a number, a list, or a value of the run", at)
    elif isinstance(items, int) and items < 0:
        raise DefinitionError(f"a loop over {items}", "use 0 or more", at)
    _check_parallelism(parallelism, at)
    return lambda function: _with_layer(function, Loop("for", items=_listed(items), parallelism=parallelism), "for_loop")


def while_loop(
    condition: Any = None, *, initial: Mapping[str, Any] | None = None, max_iterations: int = DEFAULT_MAX_ITERATIONS
) -> Callable[[Any], Step]:
    """Decorator: the step runs again and again, as long as a condition on the outputs of the last iteration holds.

    The function's parameters are carried from an iteration to the next: the first iteration gets their values of `initial`, or
    their defaults, later ones the output of that name. The condition is tested before the first iteration too if `initial` has
    all that it reads. Others see the outputs of the last iteration.

    Args:
        condition: a condition on `WorkflowParam(name)`s, on outputs of jobs that the function returns, or a function that is
            given the last iteration's outputs and returns a condition: `lambda last: last.score < 10`.
        initial: name → value for the first iteration.
        max_iterations: if the condition still holds after so many, the step fails.
    """
    at = Origin.of_author()
    if not callable(condition) and not isinstance(condition, Condition | Value):
        cure = "use a condition such as WorkflowParam('n', type=int) < 10"
        raise DefinitionError(f"a while-loop's condition can't be {condition!r}, which Python knows already", cure, at)
    if isinstance(max_iterations, bool) or not isinstance(max_iterations, int) or max_iterations < 1:
        raise DefinitionError(f"max_iterations is {max_iterations!r}", "use 1 or more", at)
    test = condition if callable(condition) else as_condition(condition)
    loop = {"condition": test, "initial": initial, "max_iterations": max_iterations}
    return lambda function: _with_layer(function, Loop("while", **loop), "while_loop")


def when(condition: Any) -> Callable[[Any], Step]:
    """Decorator: the step runs only if a condition holds, and is skipped otherwise.

    Args:
        condition: such as `step.output.a == "abc"`; inside of a for-loop also a function of the item that returns one.
    """
    test = condition if callable(condition) and not isinstance(condition, Condition) else as_condition(condition)
    return lambda function: _with_layer(function, test, "when")


def else_(branch: Any, *, when: Any = None) -> Callable[[Any], Step]:
    """Decorator: the step runs if the condition of another one is false.

    Args:
        branch: the step with the condition; of several cases, the one before.
        when: a condition for this case.
    """
    at = Origin.of_author()
    if not isinstance(branch, Step) or branch.condition is None:
        name = getattr(branch, "name", repr(branch))
        cure = "give it @when(…), above its loops"
        raise DefinitionError(f"'{name}' has no condition that else_ could be the other branch of", cure, at)
    earlier = branch.otherwise_of
    before = branch.condition if earlier is None else branch.condition | earlier
    test = ~before if when is None else as_condition(when) & ~before

    def decorate(function: Any) -> Step:
        made = _with_layer(function, test, "else_")
        made.otherwise_of = before
        return made

    return decorate


def run_with(image: str | None = None, *, shell: str | Sequence[str] = "bash", **options: Any) -> Callable[[Any], Step]:
    """Decorator: the function returns the text of a shell script, which runs in a container.

    Args:
        image: the container's image.
        shell: what runs the script.
        options: what ScriptJob takes: env, inputs, outputs, retry, timeout, resources, …
    """
    at = Origin.of_author()
    if not isinstance(image, str) or not image:
        raise DefinitionError("run_with has no image", 'say @run_with(image="…")', at)

    def decorate(function: Any) -> Step:
        made = _decorated(function, "run_with")
        if made.script is not None:
            raise DefinitionError(f"step '{made.name}' has run_with twice", "leave one away", at)
        made.script = {"image": image, "shell": shell, **options}
        return made

    return decorate


Run_with = run_with


def item_type(items: Any) -> str:
    """The type of a loop's items: of a list, the common one of its elements."""
    if isinstance(items, Value):
        return "int" if items.type == "int" else "json"
    if isinstance(items, int):
        return "int"
    types = {type_name(element.__class__) if isinstance(element, str | int | float) else "json" for element in items}
    return types.pop() if len(types) == 1 else "json"


def carried_type(value: Any) -> str:
    """The type of a carried value, by what the first iteration gets."""
    if isinstance(value, Value):
        return value.type
    return type_name(value.__class__) if isinstance(value, str | int | float | bool) else "json"


def _decorated(function: Any, decorator: str) -> Step:
    if isinstance(function, Step):
        return function
    if isinstance(function, ContainerJob | BaseJob) or not callable(function):
        found = f"job '{function.name}'" if isinstance(function, BaseJob) else repr(function)
        cure = "put it above a function that returns a job"
        raise DefinitionError(f"@{decorator} stands above {found}, which is no function", cure, Origin.of_author())
    return Step(function)


def _with_layer(function: Any, layer: Any, decorator: str) -> Step:
    made = _decorated(function, decorator)
    if made._body is not None:  # noqa: SLF001 - of this module
        cure = "put all decorators above the function"
        raise DefinitionError(
            f"@{decorator} comes too late: outputs of step '{made.name}' were used already", cure, Origin.of_author()
        )
    made.layers.append(layer)
    return made


def _listed(items: Any) -> Any:
    if isinstance(items, Value | int | list):
        return items
    return [list(pair) for pair in items.items()] if isinstance(items, dict) else list(items)


def _check_parallelism(parallelism: Any, at: Origin) -> None:
    if parallelism is not None and (isinstance(parallelism, bool) or not isinstance(parallelism, int) or parallelism < 1):
        raise DefinitionError(f"parallelism is {parallelism!r}", "use 1 or more", at)


def _positional(function: Callable[..., Any]) -> int | None:
    """How many positional arguments a function takes; None if any number."""
    code = getattr(function, "__code__", None)
    return None if code is None or code.co_flags & 0x04 else code.co_argcount
