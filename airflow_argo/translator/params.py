"""A DAG's params as inputs of the workflow, each under its own name, with the type that its default or schema says."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from airflow_argo.model.values import Constant, Input, Overridable, Type, Value
from airflow_argo.model.workflow import InputSpec

LOGICAL_DATE, RUN_ID, CONF = "logical_date", "run_id", "conf"
INTERVAL = ("data_interval_start", "data_interval_end")
OWN_INPUTS = (
    InputSpec(LOGICAL_DATE, Type.TEXT, Constant('""'), "the date of the run; empty: when it is scheduled, else created"),
    InputSpec(INTERVAL[0], Type.TEXT, Constant('""'), "the start of the data interval; empty: as the schedule has it"),
    InputSpec(INTERVAL[1], Type.TEXT, Constant('""'), "its end; empty: as the schedule has it"),
    InputSpec(RUN_ID, Type.TEXT, Constant('""'), "Airflow's id of the run; empty: made of the date"),
    InputSpec(CONF, Type.JSON, Constant("{}"), "the run's configuration, as JSON"),
)
"""Inputs that every translated DAG has."""

IS_DATED = InputSpec("is_dated", Type.BOOL, Constant.of(False), "whether the run has a logical date")
"""The input of DAGs that were translated for a run without one: `logical_date` is then the time after which it may start."""

RUN_AFTER = InputSpec("run_after", Type.TEXT, Constant('""'), "the time after which the run may start; empty: when it is due")
"""The input of DAGs that an Airflow submits, which knows."""


def inputs_of_run(is_dated: bool | None) -> tuple[InputSpec, ...]:
    """The further inputs of a DAG that an Airflow submits.

    Args:
        is_dated: whether Airflow's run has a logical date; None: no Airflow submits it.
    """
    return () if is_dated is None else (RUN_AFTER,) if is_dated else (RUN_AFTER, IS_DATED)


_SCHEMA_TYPES = {"string": Type.TEXT, "integer": Type.INT, "number": Type.FLOAT, "boolean": Type.BOOL}


@dataclass(slots=True)
class DagParams:
    """The params of a DAG.

    Attributes:
        types: name → (workflow input, type).
        inputs: the workflow's inputs for them.
        required: names of those without a value.
        schemas: name → JSON Schema of its values, of those that have one.
    """

    types: dict[str, tuple[str, Type]] = field(default_factory=dict)
    inputs: list[InputSpec] = field(default_factory=list)
    required: list[str] = field(default_factory=list)
    schemas: dict[str, Any] = field(default_factory=dict)

    @property
    def own_inputs(self) -> tuple[InputSpec, ...]:
        """The inputs that every translated DAG has; values in `conf` obey the schemas too."""
        if not self.schemas:
            return OWN_INPUTS
        schema = json.dumps({"properties": self.schemas})
        return tuple(replace(spec, schema=schema) if spec.name == CONF else spec for spec in OWN_INPUTS)

    def value(self, name: str) -> Value:
        """The value of a param: what the run's configuration says of it wins. Source: airflow.sdk process_params."""
        parameter, type_ = self.types[name]
        return Overridable(Input(parameter, type_), Input(CONF, Type.JSON), name)

    def for_pods(self) -> dict[str, list[Any]]:
        """The params as `airflow_argo.pod` reads them: name → [workflow input, type, default if there is one]."""
        defaults = {spec.name: [spec.default.value] for spec in self.inputs if spec.default is not None}
        return {name: [parameter, type_.value, *defaults.get(parameter, [])] for name, (parameter, type_) in self.types.items()}


def params_of(dag: Any) -> DagParams:
    """The params of a DAG."""
    found = DagParams()
    taken = {spec.name for spec in (*OWN_INPUTS, RUN_AFTER, IS_DATED)}
    for name in dag.params:
        param = dag.params.get_param(name)
        value = param.serialize().get("value") if hasattr(param, "serialize") else param
        required = is_unset(value)
        type_ = _required_type(param) if required else _type(param, value)
        parameter = _input_name(name, taken)
        taken.add(parameter)
        found.types[name] = (parameter, type_)
        default = None if required else _default(value, type_)
        if default is None:
            found.required.append(name)
        schema = _schema(param)
        if schema:
            found.schemas[name] = schema
        text = json.dumps(schema) if schema else None
        found.inputs.append(InputSpec(parameter, type_, default, getattr(param, "description", None), text))
    return found


def own_params_of(task: Any, dag: Any) -> dict[str, Any]:
    """Name → value of the params of a task that aren't its DAG's. Source: airflow.sdk process_params."""
    given, common = _values_of(task.params), _values_of(dag.params)
    return {name: value for name, value in given.items() if name not in common or not _is_same(value, common[name])}


def _values_of(params: Any) -> dict[str, Any]:
    """Name → value of params; of those without one too."""
    if not hasattr(params, "get_param"):
        return dict(params or {})
    return {name: getattr(params.get_param(name), "value", params.get_param(name)) for name in params}


def _is_same(value: Any, other: Any) -> bool:
    """Whether two values of a param are the same; those of params without one are, though each copy has its own."""
    return bool(value == other) or (is_unset(value) and is_unset(other))


def is_unset(value: Any) -> bool:
    """Whether it is what Airflow puts where a param has no value."""
    return type(value).__name__ == "ArgNotSet"


_FORM = frozenset({"description", "description_md", "title", "section", "examples", "values_display", "$schema"})
"""Words of a param's schema that only Airflow's trigger form reads."""


def _schema(param: Any) -> dict[str, Any]:
    """What a param's values have to obey. Source: Param.resolve."""
    given = {name: part for name, part in (getattr(param, "schema", None) or {}).items() if name not in _FORM}
    found: dict[str, Any] = json.loads(json.dumps(given, default=str))
    return found


def _type(param: Any, value: Any) -> Type:
    """Text only if it can be nothing else: other types travel as JSON."""
    types = (getattr(param, "schema", None) or {}).get("type")
    if isinstance(types, str) and types in _SCHEMA_TYPES and isinstance(value, str | int | float):
        declared = _SCHEMA_TYPES[types]
        return declared if declared is not Type.FLOAT or isinstance(value, float) else Type.JSON
    return Type.TEXT if isinstance(value, str) and types is None else Type.JSON


def _required_type(param: Any) -> Type:
    """The type of a param without a value, as its schema says."""
    types = (getattr(param, "schema", None) or {}).get("type")
    return _SCHEMA_TYPES.get(types, Type.JSON) if isinstance(types, str) else Type.JSON


def _default(value: Any, type_: Type) -> Constant | None:
    if value is None and type_ is not Type.JSON:
        return None
    try:
        return Constant.of(value)
    except (TypeError, ValueError):
        return Constant.of(json.loads(json.dumps(value, default=str)))


def _input_name(name: str, taken: set[str]) -> str:
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "-_") else "-" for char in name) or "param"
    while plain in taken:
        plain = f"param-{plain}"
    return plain
