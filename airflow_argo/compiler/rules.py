"""`depends` and `when` of a task, and the proxies that a rule needs.

`depends` decides between running and Omitted, `when` between running and Skipped. Argo judges `depends` when all the tasks that
it names have ended, so it names every step before this one, be it only as `(x || !x)`: x in any state.
"""

from __future__ import annotations

from collections.abc import Callable

from airflow_argo.compiler.code import tag
from airflow_argo.compiler.expressions import guards_of, truth
from airflow_argo.compiler.scope import Scope
from airflow_argo.compiler.states import Proxy, ended, judged
from airflow_argo.model.conditions import TRUE, AllOf, AnyOf, Condition, Every, Some, Whole
from airflow_argo.model.graph import Step

ANY_TASK = "tasks[#]"
"""A task in a test over a list of names."""

ProxyName = Callable[[str, Proxy], str]
"""(step, kind) → the name of its proxy's task."""


def in_any_state(name: str) -> str:
    """True however a task ended, once it has. A bare name is short for its success or skip."""
    return f"({name} || !{name})"


def depends(step: Step, scope: Scope, proxy_name: ProxyName, gate: str | None = None) -> str:
    """The `depends` of the task of a step with a rule; empty if nothing is before it.

    Args:
        gate: the name of the task that is skipped where the step has to be, whatever the rule says.
    """
    assert step.rule is not None
    needs = _needs(step.rule.needs, scope, proxy_name)
    named = _named(step.rule.needs, scope, proxy_name)
    if gate is not None and needs:
        needs = f"({gate}.Skipped || {needs})"
    waits = [in_any_state(scope.names[before]) for before in step.after if scope.names[before] not in named]
    return " && ".join([*([needs] if needs else []), *waits])


def when(step: Step, scope: Scope, guards: list[str]) -> str | None:
    """The `when` of a step's task; None if it always runs.

    Args:
        guards: conditions without which the task's arguments can't be written.
    """
    if step.when is not None:
        guards = [*guards, *guards_of(step.when, scope)]
    codes = list(dict.fromkeys(guard for guard in guards if guard != "true"))
    if step.rule is not None and step.rule.wants != TRUE:
        codes += _conjuncts(step.rule.wants, scope)
    if step.when is not None:
        codes += _conjuncts(step.when, scope)
    codes = [code for code in codes if code != "true"]
    return tag(" && ".join(codes)) if codes else None


def _conjuncts(condition: Condition, scope: Scope) -> list[str]:
    if isinstance(condition, AllOf):
        return _grouped(condition.of, scope, "all")
    if isinstance(condition, AnyOf):
        codes = _grouped(condition.of, scope, "any")
        return [codes[0] if len(codes) == 1 else f"({' || '.join(codes)})"] if codes else ["false"]
    return [truth(condition, scope)]


def _grouped(conditions: tuple[Condition, ...], scope: Scope, quantifier: str) -> list[str]:
    """Codes of some conditions. The same test of several steps becomes one over their list, which is shorter by far."""
    tests: dict[str, list[str]] = {}
    for condition in conditions:
        if isinstance(condition, Every | Some | Whole):
            tests.setdefault(ended(condition, scope, ANY_TASK), []).append(scope.names[condition.step])
        else:
            tests[truth(condition, scope)] = []
    return [_over_list(test, names, quantifier) for test, names in tests.items()]


def _over_list(test: str, names: list[str], quantifier: str) -> str:
    if len(names) < 2:
        return test.replace(ANY_TASK, f"tasks['{names[0]}']") if names else test
    listed = ", ".join(f"'{name}'" for name in names)
    return f"{quantifier}([{listed}], {test})"


def _needs(condition: Condition, scope: Scope, proxy_name: ProxyName) -> str:
    match condition:
        case AllOf(of=parts):
            codes = [code for part in parts if (code := _needs(part, scope, proxy_name))]
            return " && ".join(codes)
        case AnyOf(of=parts):
            codes = [_needs(part, scope, proxy_name) for part in parts]
            return f"({' || '.join(codes)})" if len(codes) > 1 else codes[0]
        case Every() | Some() | Whole():
            return _results(condition, scope, proxy_name)
        case _:
            raise AssertionError(f"a rule's needs are about how steps ended, not {condition}")


def _results(test: Every | Some | Whole, scope: Scope, proxy_name: ProxyName) -> str:
    found = judged(test, scope.steps[test.step])
    name = scope.names[found.step] if found.proxy is None else proxy_name(found.step, found.proxy)
    if set(found.results) == {"Succeeded", "Skipped"}:
        return name
    codes = [f"{name}.{result}" for result in found.results]
    return f"({' || '.join(codes)})" if len(codes) > 1 else codes[0]


def _named(condition: Condition, scope: Scope, proxy_name: ProxyName) -> set[str]:
    match condition:
        case AllOf(of=parts) | AnyOf(of=parts):
            return {name for part in parts for name in _named(part, scope, proxy_name)}
        case Every() | Some() | Whole():
            found = judged(condition, scope.steps[condition.step])
            # A proxy waits for its step, so that is named with it.
            return {scope.names[found.step]}
        case _:
            return set()
