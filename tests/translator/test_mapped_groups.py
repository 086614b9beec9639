"""What becomes of tasks in mapped groups, of leaves and of rules without upstreams. How they end, tests/parity says."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.model.conditions import Same, State
from airflow_argo.model.graph import ForLoop, Step
from airflow_argo.model.values import Concatenated, SameItem, Zipped
from airflow_argo.model.walk import found_in
from airflow_argo.translator.dags import translate
from airflow_argo.translator.leaves import leaves_of
from airflow_argo.translator.loading import load_dags, prepare_environment
from airflow_argo.translator.mapped_groups import is_counted_at_start, sources_of_mapping
from airflow_argo.translator.trigger_rules import RULES, rule_of

DAGS = Path(__file__).parents[1] / "parity" / "dags"


@cache
def dags(stem: str) -> dict[str, Any]:
    prepare_environment()
    return {dag.dag_id: dag for dag in load_dags(DAGS / f"{stem}.py")}


def steps(dag: Any) -> dict[str, Step]:
    return {step.id: step for step in translate(dag).required().graph.steps}


def test_a_member_is_a_loop_of_its_own_judged_by_index() -> None:
    found = steps(dags("mapped_groups")["group_rules_literal"])
    member = found["g.t_all_success"].body
    assert isinstance(member, ForLoop)
    assert member.rule is not None
    assert member.rule.wants == Same("g.check", frozenset({State.SUCCESS}))
    assert [axis for axis, _ in member.axes] == ["x"]


def test_a_member_reads_members_of_its_own_index() -> None:
    found = steps(dags("mapped_groups")["group_values"])
    assert [one.of.step for one in found_in(found["g.use"].body, SameItem)] == ["g.inc"]
    assert not list(found_in(found["collect"].body, SameItem))


def test_sources_of_a_mapping_must_have_succeeded_whatever_the_rule() -> None:
    found = steps(dags("mapping")["mapped_source_fails"])["use_anyway"]
    assert found.rule == rule_of("all_success", ["broken"], [], [])


@pytest.mark.parametrize(("dag_id", "at_start"), [("group_rules_literal", True), ("group_rules_xcom", False)])
def test_instances_are_counted_at_the_start_or_not(dag_id: str, at_start: bool) -> None:
    task = dags("mapped_groups")[dag_id].get_task("g.check")
    assert is_counted_at_start(task) is at_start
    assert sources_of_mapping(task) == ([] if at_start else ["given"])


@pytest.mark.parametrize(("dag_id", "kind"), [("mapped_over_zip", Zipped), ("mapped_over_concat", Concatenated)])
def test_lists_are_put_together_by_the_loop(dag_id: str, kind: type) -> None:
    loop = steps(dags("mapping_of_lists")[dag_id])["show"].body
    assert isinstance(loop, ForLoop)
    assert isinstance(dict(loop.axes)["x"], kind)


def test_a_teardown_is_a_leaf_only_if_it_counts_or_nothing_else_is_there() -> None:
    assert leaves_of(dags("setups")["teardown_is_leaf"]) == {"work"}
    assert leaves_of(dags("setups")["only_teardowns"]) == {"delete"}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_without_upstream_tasks_every_rule_holds(rule: str) -> None:
    assert rule_of(rule, [], [], []) == rule_of("always", [], [], [])
