"""Airflow's own classes, from wherever the installed version keeps them: 3.x in airflow.sdk, 2.11 in airflow.models."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

AIRFLOW_2 = {
    "AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT": "True",
    "AIRFLOW__SCHEDULER__CREATE_CRON_DATA_INTERVALS": "True",
    "AIRFLOW__SCHEDULER__CREATE_DELTA_DATA_INTERVALS": "True",
}
"""Airflow 3's own switches for what Airflow 2 did: a run is for the interval before it, and missed ones are made up."""


@dataclass(frozen=True, slots=True)
class AirflowNames:
    """What the translator needs of Airflow, imported when first used.

    Attributes:
        length_of: how many elements a task takes an XCom of so many to have; None in Airflow 2, which stores their number.
    """

    version: str
    dag: Any
    base_operator: Any
    mapped_operator: Any
    task_group: Any
    mapped_task_group: Any
    xcom_arg: Any
    plain_xcom_arg: Any
    mapped_argument: Any
    dict_of_lists: Any
    list_of_dicts: Any
    resolve_mixin: Any
    dag_param: Any
    literal: Any
    param: Any
    filters: Any
    length_of: Any = None

    @property
    def is_2(self) -> bool:
        """Whether it is Airflow 2, which has no airflow.sdk."""
        return self.version.startswith("2.")


@cache
def airflow_names() -> AirflowNames:
    """The names, for the Airflow that is installed."""
    import airflow

    if int(airflow.__version__.split(".")[0]) >= 3:
        return _airflow_3(airflow.__version__)
    return _airflow_2(airflow.__version__)


def is_mapped(task: Any) -> bool:
    """Whether a task is expanded over something; Airflow 2's operators don't say so themselves."""
    return isinstance(task, airflow_names().mapped_operator)


def operator_class_of(task: Any) -> type:
    """The class of an operator, or of what a mapped one makes."""
    found: type = task.operator_class if is_mapped(task) else type(task)
    return found


def rule_name_of(task: Any) -> str:
    """The name of a task's trigger rule, which is a text or an enum's member."""
    return str(getattr(task.trigger_rule, "value", task.trigger_rule))


def fails_fast(dag: Any) -> bool:
    """Whether a failure ends a DAG's run, under the name that either version of Airflow has for it."""
    return bool(getattr(dag, "fail_fast", False) or getattr(dag, "fail_stop", False))


def _airflow_3(version: str) -> AirflowNames:
    from airflow.sdk import DAG, BaseOperator, Param, TaskGroup, XComArg
    from airflow.sdk.definitions._internal import expandinput
    from airflow.sdk.definitions._internal.mixins import ResolveMixin
    from airflow.sdk.definitions._internal.templater import FILTERS, LiteralValue
    from airflow.sdk.definitions.mappedoperator import MappedOperator
    from airflow.sdk.definitions.param import DagParam
    from airflow.sdk.definitions.taskgroup import MappedTaskGroup
    from airflow.sdk.definitions.xcom_arg import PlainXComArg, get_task_map_length

    return AirflowNames(
        version=version,
        dag=DAG,
        base_operator=BaseOperator,
        mapped_operator=MappedOperator,
        task_group=TaskGroup,
        mapped_task_group=MappedTaskGroup,
        xcom_arg=XComArg,
        plain_xcom_arg=PlainXComArg,
        mapped_argument=expandinput.MappedArgument,
        dict_of_lists=expandinput.DictOfListsExpandInput,
        list_of_dicts=expandinput.ListOfDictsExpandInput,
        resolve_mixin=ResolveMixin,
        dag_param=DagParam,
        literal=LiteralValue,
        param=Param,
        filters=FILTERS,
        length_of=lambda found, elements: get_task_map_length(found, elements, {}),
    )


def _airflow_2(version: str) -> AirflowNames:
    from airflow.models import expandinput
    from airflow.models.baseoperator import BaseOperator
    from airflow.models.dag import DAG
    from airflow.models.mappedoperator import MappedOperator
    from airflow.models.param import DagParam, Param
    from airflow.models.xcom_arg import PlainXComArg, XComArg
    from airflow.template.templater import LiteralValue
    from airflow.templates import FILTERS
    from airflow.utils.mixins import ResolveMixin
    from airflow.utils.task_group import MappedTaskGroup, TaskGroup

    return AirflowNames(
        version=version,
        dag=DAG,
        base_operator=BaseOperator,
        mapped_operator=MappedOperator,
        task_group=TaskGroup,
        mapped_task_group=MappedTaskGroup,
        xcom_arg=XComArg,
        plain_xcom_arg=PlainXComArg,
        mapped_argument=expandinput.MappedArgument,
        dict_of_lists=expandinput.DictOfListsExpandInput,
        list_of_dicts=expandinput.ListOfDictsExpandInput,
        resolve_mixin=ResolveMixin,
        dag_param=DagParam,
        literal=LiteralValue,
        param=Param,
        filters=FILTERS,
    )
