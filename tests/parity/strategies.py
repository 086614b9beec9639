"""Random DAGs for hypothesis: any rule, branches, short circuits, mapping, groups, setups, failures, skips, values by keys.

Left out is what ends by chance in Airflow too: a task that never waits and may be skipped by a decider, or reads a value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.parity.specs import MAPPED, OVER_XCOM, PARENTS, DagSpec, MappedGroupSpec, MemberSpec, SetupSpec, TaskSpec

RULES = (
    "all_success", "all_failed", "all_done", "all_done_min_one_success", "all_done_setup_success", "all_skipped", "always",
    "none_failed", "none_failed_min_one_success", "none_skipped", "one_done", "one_failed", "one_success",
)  # fmt: skip
WAITING = tuple(rule for rule in RULES if rule != "always")
KINDS = (
    "empty", "bash", "bash", "value", "value", "branch", "branch", "short", "mapped", "mapped", "keyed", "product", "lister",
    "lister", *OVER_XCOM[:-1], "pull", "keys", "none", "retry",
)  # fmt: skip
IN_AIRFLOW = ("skip", "final", "over_map")
"""Kinds that run in an Airflow image, which takes seconds: few of them."""

CODES = (0, 0, 0, 1, 99)
GROUPS = ("", "", "", "g1", "g2", "g3", "g4")
DECIDERS = ("branch", "short")

Draw = Callable[[st.SearchStrategy[Any]], Any]


@st.composite
def dag_specs(draw: Draw, *, max_tasks: int = 8) -> DagSpec:
    """DAGs."""
    tasks: list[TaskSpec] = []
    for _ in range(draw(st.integers(2, max_tasks))):
        tasks.append(_task(draw, tasks))
    tasks = [_with_choice(draw, number, tasks) if one.kind == "branch" else one for number, one in enumerate(tasks)]
    setups = _setups(draw, tasks) if draw(st.integers(0, 3)) == 0 else ()
    group = _mapped_group(draw, tasks) if draw(st.integers(0, 3)) == 0 else None
    return DagSpec(tuple(tasks), setups, group, _group_edges(draw, tasks))


def _codes(draw: Draw, least: int = 0) -> tuple[int, ...]:
    return tuple(draw(st.lists(st.sampled_from(CODES), min_size=least, max_size=3)))


def _task(draw: Draw, before: list[TaskSpec]) -> TaskSpec:
    number = len(before)
    kind = draw(st.sampled_from(IN_AIRFLOW)) if draw(st.integers(0, 39)) == 39 else draw(st.sampled_from(KINDS))
    listers = [index for index, one in enumerate(before) if one.kind == "lister"]
    if kind in OVER_XCOM and not listers:
        kind = "lister"
    after = draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set()
    rule = draw(st.sampled_from(RULES)) if draw(st.booleans()) else "all_success"
    if rule == "always" and (kind in (*MAPPED, "pull") or any(_may_decide(one, before) for one in after)):
        rule = "all_done"
    return TaskSpec(
        kind,
        tuple(sorted(after)),
        rule,
        draw(st.sampled_from(GROUPS)),
        _codes(draw) if kind in ("lister", "mapped", "keyed", "product") else _codes(draw, 1)[:1],
        flag=draw(st.booleans()),
        ignores=draw(st.booleans()),
        source=draw(st.sampled_from(listers)) if kind in OVER_XCOM else 0,
    )


def _may_decide(number: int, tasks: list[TaskSpec]) -> bool:
    """Whether a task, or one before it, decides about those after it."""
    one = tasks[number]
    return one.kind in DECIDERS or any(_may_decide(before, tasks) for before in _before(one))


def _before(one: TaskSpec) -> tuple[int, ...]:
    return (*one.after, one.source) if one.kind in OVER_XCOM else one.after


def _with_choice(draw: Draw, number: int, tasks: list[TaskSpec]) -> TaskSpec:
    """A branch with what it chooses: tasks after it, directly or further down, and groups."""
    one = tasks[number]
    later = [other for other in range(number + 1, len(tasks)) if _comes_after(other, number, tasks)]
    groups: list[int | str] = sorted({task.group for task in tasks if task.group})
    chosen = None
    if draw(st.integers(0, 4)):
        chosen = tuple(
            draw(st.lists(st.sampled_from([*later, *later, *groups]), max_size=3, unique=True)) if later or groups else ()
        )
    return TaskSpec(one.kind, one.after, one.rule, one.group, one.codes, chosen)


def _comes_after(later: int, number: int, tasks: list[TaskSpec]) -> bool:
    return any(one == number or _comes_after(one, number, tasks) for one in _before(tasks[later]))


def _setups(draw: Draw, tasks: list[TaskSpec]) -> tuple[SetupSpec, ...]:
    """One to three setups around tasks that a setup may stand before: those that want all before them to succeed."""
    fit = [number for number, one in enumerate(tasks) if one.rule == "all_success" and one.kind not in DECIDERS]
    found: list[SetupSpec] = []
    for number in range(draw(st.integers(1, 3)) if fit else 0):
        enters = tuple(sorted(draw(st.sets(st.sampled_from(fit), min_size=1, max_size=2))))
        leaves = tuple(sorted(draw(st.sets(st.integers(0, len(tasks) - 1), min_size=1, max_size=2))))
        codes = (draw(st.sampled_from(CODES)), draw(st.sampled_from(CODES)))
        inside, later = number > 0 and draw(st.booleans()), draw(st.sampled_from(("", "", *WAITING)))
        found.append(SetupSpec(enters, leaves, inside, codes, draw(st.integers(0, 4)) > 0, draw(st.booleans()), later))
    return tuple(found)


def _mapped_group(draw: Draw, tasks: list[TaskSpec]) -> MappedGroupSpec:
    listers = [number for number, one in enumerate(tasks) if one.kind == "lister"]
    count = draw(st.integers(1, 4))
    members = [MemberSpec(draw(st.integers(0, number)), draw(st.sampled_from(WAITING))) for number in range(count)]
    if len(members) > 1 and draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(0, len(members) - 2))  # it chooses the member after it, which comes right behind it
        members[at] = MemberSpec(members[at].after, members[at].rule, branches=True)
        members[at + 1] = MemberSpec(at + 1, members[at + 1].rule)
    return MappedGroupSpec(
        _codes(draw),
        tuple(members),
        draw(st.sampled_from(listers)) if listers and draw(st.booleans()) else None,
        draw(st.sampled_from([None, *range(len(tasks))])),
        draw(st.sampled_from(WAITING)),
        draw(st.sampled_from(WAITING)),
    )


def _group_edges(draw: Draw, tasks: list[TaskSpec]) -> tuple[tuple[int | str, int | str], ...]:
    """Edges between a group and a task outside of it, in the order of the tasks, so that there is no cycle."""
    found: list[tuple[int | str, int | str]] = []
    for group in sorted({one.group for one in tasks if one.group}):
        members = [number for number, one in enumerate(tasks) if group in (one.group, PARENTS.get(one.group))]
        after = [
            number
            for number in range(max(members) + 1, len(tasks))
            if tasks[number].rule != "always" and not _is_in(number, group, tasks)
        ]
        waiting = all(tasks[member].rule != "always" for member in members)
        before = [number for number in range(min(members)) if waiting and not _is_in(number, group, tasks)]
        if after and draw(st.integers(0, 3)) == 0:
            found.append((group, draw(st.sampled_from(after))))
        if before and draw(st.integers(0, 3)) == 0:
            found.append((draw(st.sampled_from(before)), group))
    return tuple(found)


def _is_in(number: int, group: str, tasks: list[TaskSpec]) -> bool:
    return group in (tasks[number].group, PARENTS.get(tasks[number].group))
