"""A task or step with its loop written out: one for each item.

Source: expandTask in dag.go, expandStep in steps.go, processItem.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from airflow_argo.argo.govaluate import GovaluateError, should_execute
from airflow_argo.argo.scope import ABSENT, Scope
from airflow_argo.argo.tags import replace_text
from airflow_argo.local.controller import items as loop_items
from airflow_argo.local.controller.arguments import dumps
from airflow_argo.local.controller.faults import TAG_ERRORS, Fault

LOOPS = ("withItems", "withParam", "withSequence")


def is_loop(holder: Mapping[str, Any]) -> bool:
    """Whether a task or step has items; a literal empty list of them is no loop. Source: ShouldExpand."""
    return bool(holder.get("withItems") or holder.get("withParam")) or holder.get("withSequence") is not None


def holds(when: str) -> bool:
    """Whether a `when` holds, all its tags replaced.

    Raises:
        Fault: it can't be evaluated.
    """
    try:
        return should_execute(when)
    except GovaluateError as error:
        raise Fault(str(error)) from None


def expand(holder: Mapping[str, Any], scope: Scope, *, keep_loop: bool) -> list[tuple[str, dict[str, Any]]]:
    """The names and the tasks or steps of a loop, in the order of its items; of anything else itself alone.

    Args:
        holder: the task or step, its tags replaced apart from those of its items.
        scope: the variables that it may use.
        keep_loop: tags in the loop's own fields have to resolve too, as in a DAG.
    Raises:
        Fault: the items can't be read, or a tag doesn't resolve.
    """
    if not is_loop(holder):
        return [(holder["name"], dict(holder))]
    items = _items(holder)
    body = {key: value for key, value in holder.items() if key not in LOOPS}
    text = dumps(body)
    if keep_loop:
        _check_loop_fields(holder, scope)
    strict = not _is_never(holder.get("when") or "")
    expanded = []
    for index, item in enumerate(items):
        variables, description = loop_items.item_variables(item)
        name = loop_items.item_node_name(holder["name"], index, description)
        instance = _instance(text, scope if strict else _without_absent(scope), variables, strict=strict)
        instance["name"] = name
        if "template" in holder:
            instance["template"] = holder["template"]
        expanded.append((name, instance))
    return expanded


def _items(holder: Mapping[str, Any]) -> list[str]:
    """The items; a loop that never runs may have some that can't be read."""
    if holder.get("withItems"):
        return [loop_items.item_of(value) for value in holder["withItems"]]
    try:
        if holder.get("withParam"):
            return loop_items.items_of_list(holder["withParam"])
        return loop_items.sequence(holder["withSequence"])
    except Fault as error:
        if _is_never(holder.get("when") or ""):
            return []
        if holder.get("withParam"):
            text = holder["withParam"].strip()
            raise Fault(f"withParam value could not be parsed as a JSON list: {text}: {error}") from None
        raise


def _is_never(when: str) -> bool:
    """Whether a `when` is false whatever the item."""
    try:
        return not should_execute(when)
    except GovaluateError:
        return False


def _instance(text: str, scope: Scope, variables: Mapping[str, str], *, strict: bool) -> dict[str, Any]:
    if "{{" not in text:
        instance: dict[str, Any] = json.loads(text)
        return instance
    try:
        instance = json.loads(replace_text(text, scope.child(dict(variables)), allow_unresolved=not strict))
    except TAG_ERRORS as error:
        raise Fault(str(error)) from None
    except ValueError as error:
        raise Fault(f"the task with its item is no JSON: {error}") from None
    return instance


def _check_loop_fields(holder: Mapping[str, Any], scope: Scope) -> None:
    """In a DAG the items themselves are part of what has to resolve, for each item: a tag in one is looked up too."""
    loop = {key: holder[key] for key in LOOPS if holder.get(key)}
    text = dumps(loop)
    if "{{" not in text:
        return
    try:
        replace_text(text, scope.child({"item": ""}), allow_unresolved=_is_never(holder.get("when") or ""))
    except TAG_ERRORS as error:
        raise Fault(str(error)) from None


def _without_absent(scope: Scope) -> Scope:
    """The scope without variables that have no value, whose tags then stay as they are."""
    return Scope({key: value for key, value in scope.items() if value is not ABSENT})
