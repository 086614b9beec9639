"""Whether a task may read what another pushes: for values that only the operator itself could push."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from airflow_argo.translator.airflow_names import airflow_names, is_mapped
from airflow_argo.translator.context import RETURN_VALUE, TaskContext, WantsAirflow
from airflow_argo.translator.mapped_groups import expand_input_of, values_given, values_kept
from airflow_argo.translator.pulled_names import names_pulled
from airflow_argo.translator.shipping import shipment_of
from airflow_argo.translator.template_files import texts_rendered


@dataclass(frozen=True, slots=True)
class Reads:
    """What the tasks of a DAG read of one another.

    Attributes:
        references: (task id, key) of each XComArg.
        pulling: templates with calls of `xcom_pull`.
    """

    references: frozenset[tuple[str, str]]
    pulling: tuple[str, ...]


def check_unread(key: str, ctx: TaskContext) -> None:
    """Raises WantsAirflow if a task may read what only the operator itself can push under a key."""
    if _may_be_read(key, ctx):
        raise WantsAirflow(f"another task reads what it pushes as '{key}'")


def _may_be_read(key: str, ctx: TaskContext) -> bool:
    """Whether a task may read what the context's task pushes under a key; where only a run could tell, it may."""
    reads = ctx.dag_context.reads = ctx.dag_context.reads or _reads_of(ctx.dag_context.dag)
    if (ctx.task_id, key) in reads.references:
        return True
    quoted = _quoted({key})
    ids, others = _quoted({ctx.task_id}), _quoted(ctx.dag_context.dag.task_dict)
    for text in reads.pulling:
        is_key = quoted.search(text) or (key == RETURN_VALUE and "key" not in text)
        if is_key and (ids.search(text) or not others.search(text)):  # a text without ids puts them together
            return True
    shipment = ctx.dag_context.shipment = ctx.dag_context.shipment or shipment_of(ctx.dag_context)
    named = names_pulled(shipment.texts.values())
    if key == RETURN_VALUE:
        return named.may_mean(ctx.task_id)
    unsure = named.any_task or named.any_key
    return key in named.keys or (unsure and any(quoted.search(text) for text in shipment.texts.values()))


def _quoted(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"""["']({"|".join(map(re.escape, names))})["']""")


def _reads_of(dag: Any) -> Reads:
    environment = dag.get_template_env()
    texts = (text for task in dag.tasks for text in texts_rendered(task, values_given(task), environment))
    return Reads(
        frozenset((one.task_id, key) for task in dag.tasks for one, key in references_of(task)),
        tuple(dict.fromkeys(text for text in texts if "xcom_pull" in text)),
    )


def references_of(task: Any) -> Iterator[tuple[Any, str]]:
    """The operators and keys of all XComArgs in a task, and in what it is expanded over."""
    given = expand_input_of(task)
    for field in [*rendered_by(task), *values_kept(task), given.value if given is not None else None]:
        yield from airflow_names().xcom_arg.iter_xcom_references(field)


def rendered_by(task: Any) -> list[Any]:
    """What a task renders."""
    return [task.partial_kwargs] if is_mapped(task) else [getattr(task, name, None) for name in task.template_fields]
