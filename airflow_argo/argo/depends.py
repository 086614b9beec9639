"""`depends` and `dependencies` of DAG tasks: which tasks they name, what they mean, and whether they hold.

Source: workflow/common/ancestry.go, and evaluateDependsLogic in workflow/controller/dag.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from functools import lru_cache

from airflow_argo.argo.expr import ExprError, evaluate_bool
from airflow_argo.argo.expr import nodes as expr_nodes
from airflow_argo.argo.expr.parser import parse as parse_expression
from airflow_argo.argo.golang.values import Struct
from airflow_argo.diagnostics import AirflowArgoError

_RESULT = r"[a-zA-Z0-9][-a-zA-Z0-9]*?\.[A-Z][a-zA-Z]+"
_NAME_OR_RESULT = re.compile(rf"({_RESULT})|([a-zA-Z0-9][-a-zA-Z0-9]*)", re.ASCII)
_RESULTS = re.compile(_RESULT, re.ASCII)


class TaskResult(str, Enum):
    """What `depends` can ask of a task."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ERRORED = "Errored"
    SKIPPED = "Skipped"
    OMITTED = "Omitted"
    DAEMONED = "Daemoned"
    ANY_SUCCEEDED = "AnySucceeded"
    ALL_FAILED = "AllFailed"


OF_LOOPS = frozenset((TaskResult.ANY_SUCCEEDED, TaskResult.ALL_FAILED))
"""Results that only a task with withItems, withParam or withSequence has."""

_TASK_RESULTS = frozenset(result.value for result in TaskResult)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResults:
    """The results that a fulfilled task has; `any_succeeded` and `all_failed` are about a loop's items."""

    succeeded: bool = False
    failed: bool = False
    errored: bool = False
    skipped: bool = False
    omitted: bool = False
    daemoned: bool = False
    any_succeeded: bool = False
    all_failed: bool = False

    def has(self, result: TaskResult) -> bool:
        """Whether the task has a result."""
        return bool(getattr(self, _FIELDS[result]))


_FIELDS = {result: re.sub(r"(?<!^)([A-Z])", r"_\1", result.value).lower() for result in TaskResult}


class DependsError(AirflowArgoError):
    """A `depends` can't be evaluated; the task gets an Error node with this message.

    Attributes:
        depends: the expression after expansion, as Argo evaluates it.
        reason: expr-lang's message.
    """

    def __init__(self, depends: str, reason: str) -> None:
        super().__init__(depends, reason)
        self.depends, self.reason = depends, reason

    def __str__(self) -> str:
        return f"unable to evaluate expression '{self.depends}': {self.reason}"


class InvalidTaskResult(AirflowArgoError):
    """A `depends` asks for a result that there isn't; validation refuses the workflow."""

    def __init__(self, task: str, result: str) -> None:
        super().__init__(task, result)
        self.task, self.result = task, result

    def __str__(self) -> str:
        return f"task result '{self.result}' for task '{self.task}' is invalid"


# --- which tasks a text names


@dataclass(frozen=True, slots=True)
class ContinueOn:
    """A task's `continueOn`: which bad ends its dependents (by `dependencies` or bare name) accept."""

    error: bool = False
    failed: bool = False


NO_CONTINUE_ON = ContinueOn()


def named_tasks(depends: str) -> dict[str, bool]:
    """The tasks that a `depends` names, in the order of the text.

    Words such as `and`, `in` or `true` count as names too. The value says whether the text asks for a result that only a loop
    has (AnySucceeded, AllFailed); as in Argo, a bare mention further on takes that back.
    """
    found: dict[str, bool] = {}
    for match in _NAME_OR_RESULT.finditer(depends):
        if match[1] is None:
            found[match[2]] = False
            continue
        name, _, result = match[1].partition(".")
        found[name] = found.get(name, False) or result in ("AnySucceeded", "AllFailed")
    return found


def check_results(depends: str) -> None:
    """Validation of a task's own `depends`.

    Raises:
        InvalidTaskResult: it asks for a result that there isn't.
    """
    for match in _RESULTS.finditer(depends):
        name, _, result = match.group().partition(".")
        if result not in _TASK_RESULTS:
            raise InvalidTaskResult(name, result)


def expanded(depends: str, continue_on: Callable[[str], ContinueOn] | None = None) -> str:
    """The `depends` with each bare name written out: `a` is `(a.Succeeded || a.Skipped || a.Daemoned)`.

    Args:
        depends: the text.
        continue_on: what a task's `continueOn` says, which adds `a.Errored` and `a.Failed`.
    """

    def expand(match: re.Match[str]) -> str:
        if match[1] is not None:
            return match[1]
        return expanded_name(match[2], continue_on(match[2]) if continue_on else NO_CONTINUE_ON)

    return _NAME_OR_RESULT.sub(expand, depends)


def expanded_name(name: str, continue_on: ContinueOn = NO_CONTINUE_ON) -> str:
    """What a bare name means."""
    results = [TaskResult.SUCCEEDED, TaskResult.SKIPPED, TaskResult.DAEMONED]
    if continue_on.error:
        results.append(TaskResult.ERRORED)
    if continue_on.failed:
        results.append(TaskResult.FAILED)
    return f"({' || '.join(f'{name}.{result.value}' for result in results)})"


def from_dependencies(names: Iterable[str], continue_on: Callable[[str], ContinueOn] | None = None) -> str:
    """What a `dependencies` list means, as an expanded `depends`; "" for none."""
    return " && ".join(expanded_name(name, continue_on(name) if continue_on else NO_CONTINUE_ON) for name in names)


# --- what it means


@dataclass(frozen=True, slots=True)
class Ended:
    """A task has a result."""

    task: str
    result: TaskResult


@dataclass(frozen=True, slots=True)
class AllOf:
    """All parts hold."""

    parts: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the parts holds."""

    parts: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part doesn't hold."""

    part: Rule


Rule = Ended | AllOf | AnyOf | Not


def parse_depends(depends: str) -> Rule | None:
    """An expanded `depends` as a rule; None if it is more than `&&`, `||`, `!`, parentheses and results of tasks.

    Raises:
        DependsError: it is no expression: unbalanced, over 10,000 nodes, or a task is named like an operator (`in`, `not`).
    """
    return _parse(depends)


@lru_cache(maxsize=4096)
def _parse(depends: str) -> Rule | None:
    source = _evaluated_text(depends)
    try:
        tree = parse_expression(source)
    except ExprError as error:
        raise DependsError(source, str(error)) from None
    names = {_evaluated_text(name): name for name in reversed(named_tasks(depends))}
    return _rule(tree, names)


def _evaluated_text(depends: str) -> str:
    """Argo evaluates with `_` for `-`, which in an expression is an operator."""
    return depends.replace("-", "_")


def _rule(tree: expr_nodes.Node, names: Mapping[str, str]) -> Rule | None:
    match tree:
        case expr_nodes.Binary(operator="&&" | "and" | "||" | "or"):
            parts = [_rule(part, names) for part in _operands(tree)]
            known = tuple(part for part in parts if part is not None)
            if len(known) < len(parts):
                return None
            return AllOf(known) if tree.operator in ("&&", "and") else AnyOf(known)
        case expr_nodes.Unary(operator="!" | "not", operand=operand):
            part = _rule(operand, names)
            return None if part is None else Not(part)
        case expr_nodes.Member(of=expr_nodes.Identifier(name=task), name=expr_nodes.String(value=result), optional=False) if (
            task in names and result in _TASK_RESULTS
        ):
            return Ended(names[task], TaskResult(result))
    return None


def _operands(tree: expr_nodes.Binary) -> list[expr_nodes.Node]:
    """All operands of a chain of one operator, from left to right."""
    found: list[expr_nodes.Node] = []
    node: expr_nodes.Node = tree
    while isinstance(node, expr_nodes.Binary) and node.operator == tree.operator:
        found.append(node.right)
        node = node.left
    return [node, *reversed(found)]


# --- whether it holds

ResultsOf = Callable[[str], TaskResults] | Mapping[str, TaskResults]


def evaluate_depends(depends: str, results_of: ResultsOf) -> bool:
    """Whether a task may run, given how the tasks that it depends on ended.

    Args:
        depends: expanded. All tasks that it names must be fulfilled: `depends` is never eager.
        results_of: by task name.
    Raises:
        DependsError: it can't be evaluated.
    """
    look_up = results_of if callable(results_of) else results_of.__getitem__
    rule = parse_depends(depends)
    if rule is not None:
        return holds(rule, look_up)
    environment = {_evaluated_text(name): _as_struct(look_up(name)) for name in reversed(named_tasks(depends))}
    source = _evaluated_text(depends)
    try:
        return evaluate_bool(source, environment)
    except ExprError as error:
        raise DependsError(source, str(error)) from None


def holds(rule: Rule, results_of: Callable[[str], TaskResults]) -> bool:
    """Whether a rule holds."""
    match rule:
        case Ended(task=task, result=result):
            return results_of(task).has(result)
        case AllOf(parts=parts):
            return all(holds(part, results_of) for part in parts)
        case AnyOf(parts=parts):
            return any(holds(part, results_of) for part in parts)
        case Not(part=part):
            return not holds(part, results_of)


def _as_struct(results: TaskResults) -> Struct:
    fields = asdict(results)
    return Struct("controller.TaskResults", {result.value: fields[_FIELDS[result]] for result in TaskResult})
