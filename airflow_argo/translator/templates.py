"""Airflow's Jinja templates → values of the model.

A template with nothing of the run in it is rendered now, by Airflow's own environment. One whose expressions are dates, params,
XComs and the like becomes text with values. Any other is refused, with the expression that is the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_argo.model.intervals import Intervals
from airflow_argo.model.values import (
    NULL,
    Constant,
    Evaluated,
    Input,
    Member,
    Output,
    Overridable,
    RunDate,
    RunFact,
    Text,
    Type,
    Value,
)
from airflow_argo.pod.reports import pulled_key
from airflow_argo.translator.airflow_names import airflow_names
from airflow_argo.translator.arguments import argument_json
from airflow_argo.translator.known_templates import as_template, is_itself, is_known

if TYPE_CHECKING:
    from jinja2 import Environment, nodes

ISO = "%Y-%m-%dT%H:%M:%:S%:z"
DATES = {
    "ds": "%Y-%m-%d",
    "ds_nodash": "%Y%m%d",
    "ts": ISO,
    "ts_nodash": "%Y%m%dT%H%M%S",
    "ts_nodash_with_tz": "%Y%m%dT%H%M%:S%z",
    "logical_date": "%Y-%m-%d %H:%M:%:S%:z",
    "data_interval_start": "%Y-%m-%d %H:%M:%:S%:z",
    "data_interval_end": "%Y-%m-%d %H:%M:%:S%:z",
}
"""Names of Airflow's context that are dates, and how they print. Source: airflow.sdk Context, str(pendulum.DateTime)."""

CONTEXT = frozenset(DATES) | frozenset(
    {"run_id", "dag_run", "params", "ti", "task_instance", "task_instance_key_str", "var", "conn", "macros", "inlets"}
    | {"outlets", "inlet_events", "outlet_events", "map_index_template", "task_state_store", "asset_state_store"}
    | {"partition_key", "partition_date", "triggering_asset_events", "task_reschedule_count", "prev_start_date_success"}
    | {"prev_end_date_success", "prev_data_interval_start_success", "prev_data_interval_end_success", "templates_dict"}
    | {"dag", "task"}
)
"""Names of Airflow's context. Source: RuntimeTaskInstance.get_template_context."""

MOMENTS = frozenset({"logical_date", "data_interval_start", "data_interval_end"})
"""Of those, the ones that are dates with time, and have methods."""

DATE_FILTERS = {"ds": "%Y-%m-%d", "ds_nodash": "%Y%m%d", "ts": ISO, "ts_nodash": "%Y%m%dT%H%M%S"}
"""Airflow's own filters. Source: airflow.sdk.definitions._internal.templater.FILTERS."""


@dataclass(frozen=True, slots=True)
class Pull:
    """A call of `ti.xcom_pull` with constant arguments."""

    task_id: str
    key: str = "return_value"


class NotConvertible(Exception):
    """An expression that only Jinja itself can evaluate; `args[0]` shows it."""


@dataclass(slots=True)
class TemplateReader:
    """Reads the templates of one task.

    Attributes:
        environment: the DAG's Jinja environment, with its own macros and filters.
        macros: those of its macros that are values.
        dag, task: whose templates they are.
        params: the value of a param that only the DAG has; None for others.
        pull: the value of an XCom; raises if the task can't read it.
        variable: the value of an Airflow Variable, and what stands for one that isn't there.
        native: templates give Python values.
        intervals: the data intervals of the DAG's runs.
        is_dated: its runs have a logical date.
    """

    environment: Environment
    macros: Mapping[str, Any]
    dag: Any
    task: Any
    params: Callable[[str], Value | None]
    pull: Callable[[Pull], Value]
    variable: Callable[[str, Constant | None], Value]
    native: bool = False
    intervals: Intervals | None = None
    is_dated: bool = True

    def read(self, text: str) -> Value:
        """The value of a template.

        Raises:
            jinja2.TemplateSyntaxError: it isn't one.
            NotConvertible: it has an expression that only Jinja can evaluate.
        """
        if not self.native and is_itself(text, self.environment):
            return Constant.of(text)
        tree = self.environment.parse(text)
        if self._is_known(tree):
            return self._rendered_now(tree, text)
        if self.native is not self.dag.render_template_as_native_obj:
            raise NotConvertible(_shortened(text))  # values of the one kind of environment, put together as those of the other
        if self.environment.finalize is not None or self.environment.autoescape is not False:
            raise NotConvertible(_shortened(text))
        parts = list(self._parts(tree))
        whole = Text(tuple(parts), python=True)
        if not self.native:
            return whole
        if len(parts) > 1 or isinstance(parts[0], str):
            return Evaluated(whole)
        if isinstance(parts[0], RunDate) and not _is_text(tree):
            raise NotConvertible(_shortened(text))
        return Evaluated(parts[0])

    def _is_known(self, tree: nodes.Node) -> bool:
        return is_known(tree, self.environment, self.macros, CONTEXT)

    def _rendered_now(self, tree: nodes.Template, text: str) -> Constant:
        from jinja2.nativetypes import native_concat

        template = self.environment.from_string(tree)
        context = template.new_context({"dag": self.dag, "task": self.task})
        try:
            rendered = list(template.root_render_func(context))
            return Constant.of(argument_json(native_concat(rendered) if self.native else "".join(rendered)))
        except Exception as error:
            raise NotConvertible(_shortened(text)) from error  # whatever it raises, the task ends with when it runs

    def _parts(self, tree: nodes.Node) -> Iterator[str | Value]:
        from jinja2 import nodes

        assert isinstance(tree, nodes.Template)
        for statement in tree.body:
            if not isinstance(statement, nodes.Output):
                raise NotConvertible(f"{{% {type(statement).__name__.lower()} %}}")
            for part in statement.nodes:
                if isinstance(part, nodes.TemplateData):
                    yield part.data
                elif self._is_known(part):
                    yield self._rendered_now(as_template(part, self.environment), _shown(part))
                else:
                    yield self._value(part)

    def _value(self, node: nodes.Expr) -> Value:
        """The value of an expression that is more than text."""
        from jinja2 import nodes

        match node:
            case nodes.Const(value=value):
                return Constant.of(value)
            case nodes.Name(name=name) if name in DATES:
                return self._date(DATES[name], name)
            case nodes.Name(name="run_id"):
                return RunFact("run_id")
            case nodes.Name(name="task_instance_key_str"):
                ids = (self.dag.dag_id, self.task.task_id)
                return Text((f"{ids[0]}__{ids[1]}__", self._date(DATES["ds_nodash"])))
            case nodes.Getattr(node=of, attr=key):
                if key in _METHODS:
                    raise NotConvertible(_shown(node))
                return self._member(of, key, attribute=True)
            case nodes.Getitem(node=of, arg=nodes.Const(value=key)) if not isinstance(key, str) or key not in _METHODS:
                return self._member(of, key)
            case nodes.Getitem(node=of, arg=nodes.Const(value=str() as key)) if _path(of) == "params":
                return self._param(key)
            case nodes.Call() if not (node.dyn_args or node.dyn_kwargs):
                return self._call(node)
            case nodes.Filter(name=name, node=nodes.Expr() as of, args=[], kwargs=[]) if self._is_date_filter(name):
                return replace(self._moment(of), format=DATE_FILTERS[name])
            case _:
                raise NotConvertible(_shown(node))

    def _member(self, of: nodes.Expr, key: Any, *, attribute: bool = False) -> Value:
        from jinja2 import nodes

        path = _path(of)
        if path == "params":
            return self._param(str(key))
        if path in ("ti", "task_instance") and key in ("task_id", "dag_id"):
            return Constant.of(self.task.task_id if key == "task_id" else self.dag.dag_id)
        if path in ("dag_run", "ti", "task_instance") and key == "run_id":
            return RunFact("run_id")
        if path == "dag_run" and key == "dag_id":
            return Constant.of(self.dag.dag_id)
        if path == "dag_run" and key in MOMENTS:
            return self._date(DATES[key], key)
        if path == "var.value":
            return self.variable(str(key), None)
        if not self._is_strict():
            raise NotConvertible(_shown(of))
        if path == "dag_run.conf":
            return Member(self._conf(str(key), of), key, required=True)
        if isinstance(of, nodes.Call | nodes.Getitem | nodes.Getattr):
            inner = self._value(of)
            if isinstance(inner, Output | Member | Overridable):
                return Member(inner, key, required=True, attribute=attribute)
        raise NotConvertible(_shown(of))

    def _is_date_filter(self, name: str) -> bool:
        """Whether a filter is one of Airflow's for dates, and none of the author's under its name."""
        return name in DATE_FILTERS and self.environment.filters.get(name) is airflow_names().filters.get(name)

    def _is_strict(self) -> bool:
        """Whether what isn't there is an error; else it depends on what is done with it."""
        from jinja2 import StrictUndefined

        return issubclass(self.environment.undefined, StrictUndefined)

    def _conf(self, key: str, of: nodes.Expr) -> Input:
        """The run's configuration; a param of its that was given as a parameter of the workflow isn't in there."""
        if self.params(key) is not None:
            raise NotConvertible(f"{_shown(of)}.{key}")
        return Input("conf", Type.JSON)

    def _param(self, name: str) -> Value:
        found = self.params(name)
        if found is None:
            raise NotConvertible(f"params.{name}")
        return found

    def _call(self, node: nodes.Call) -> Value:
        from jinja2 import nodes

        path = _path(node.node) or ""
        args = [_constant(arg) for arg in node.args] if not path.startswith("macros.") else []
        kwargs = {keyword.key: _constant(keyword.value) for keyword in node.kwargs}
        if path in ("ti.xcom_pull", "task_instance.xcom_pull"):
            if not (args or kwargs):
                return NULL  # what it pushed itself, which is nothing yet
            return self.pull(pull_of(args, kwargs, own_dag=self.dag.dag_id))
        if path == "dag_run.conf.get" and len(args) in (1, 2) and isinstance(args[0], str) and not kwargs:
            return Member(self._conf(args[0], node.node), args[0], absent=Constant.of(args[1]) if len(args) == 2 else NULL)
        if path == "params.get" and len(args) in (1, 2) and not kwargs:
            return self._param(str(args[0]))
        if path == "var.value.get" and len(args) == 2 and isinstance(args[1], str) and not kwargs:
            return self.variable(str(args[0]), Constant.of(args[1]))
        if path == "macros.ds_add" and len(node.args) == 2 and _path(node.args[0]) == "ds":
            return replace(self._date("%Y-%m-%d"), shift=timedelta(days=int(_constant(node.args[1]))))
        if isinstance(node.node, nodes.Getattr) and node.node.attr == "strftime" and len(args) == 1:
            return replace(self._moment(node.node.node), format=_portable(str(args[0]), node))
        if isinstance(node.node, nodes.Getattr) and node.node.attr in ("isoformat", "to_date_string") and not args:
            return replace(self._moment(node.node.node), format=ISO if node.node.attr == "isoformat" else "%Y-%m-%d")
        raise NotConvertible(_shown(node))

    def _date(self, format: str, name: str = "logical_date") -> RunDate:
        """A date of the run; those that aren't ends of its data interval are its logical date.

        Raises:
            NotConvertible: the run has none, so that the template fails. Source: RuntimeTaskInstance.get_template_context.
        """
        if not self.is_dated:
            raise NotConvertible(f"a date of a run that has no {name}")
        match name:
            case "data_interval_start" | "data_interval_end":
                return RunDate(format, of=name, intervals=self.intervals)
            case _:
                return RunDate(format, intervals=self.intervals)

    def _moment(self, node: nodes.Expr) -> RunDate:
        """A date with time: one of the run's, perhaps with .add or .subtract, or a timedelta."""
        from jinja2 import nodes

        match node:
            case nodes.Name(name=name) if name in MOMENTS:
                return self._date(ISO, name)
            case nodes.Call(node=nodes.Getattr(node=of, attr="add" | "subtract" as verb), args=[], kwargs=kwargs):
                amounts = {keyword.key: _constant(keyword.value) for keyword in kwargs}
                if not amounts.keys() <= {"days", "hours", "minutes", "seconds", "weeks"}:
                    raise NotConvertible(_shown(node))  # months and years aren't a fixed time
                shift = timedelta(**amounts)
                return _shifted(self._moment(of), shift if verb == "add" else -shift)
            case nodes.Add(left=of, right=delta):
                return _shifted(self._moment(of), _timedelta(delta))
            case nodes.Sub(left=of, right=delta):
                return _shifted(self._moment(of), -_timedelta(delta))
            case _:
                raise NotConvertible(_shown(node))


_METHODS = frozenset(name for kind in (dict, list, str, tuple) for name in dir(kind))
"""Names that Jinja takes for methods of a value, before it looks for a key."""

_DIRECTIVES = re.compile(r"%[YmdHMSyBbAaIpjZz%]")
_PARTS_OF_GO_DATES = re.compile(r"January|Jan|Monday|Mon|MST|PM|pm|Z0|_2|\d|%")


def _portable(format: str, node: nodes.Expr) -> str:
    """The format, if Argo's expressions can write dates in it as Python does. Source: Go's time.Layout."""
    if _PARTS_OF_GO_DATES.search(_DIRECTIVES.sub("", format)):
        raise NotConvertible(_shown(node))
    return format


def pull_of(args: list[Any], kwargs: dict[str, Any], own_dag: str | None = None) -> Pull:
    """The pull that a call of `xcom_pull` means. Source: RuntimeTaskInstance.xcom_pull.

    Raises:
        NotConvertible: it pulls from several tasks, another DAG, other runs, or chosen map indexes.
    """
    names = ("task_ids", "dag_id", "key", "include_prior_dates")
    given = dict(zip(names, args, strict=False)) | kwargs
    task_id, key = given.pop("task_ids", None), given.pop("key", "return_value")
    if "map_indexes" not in given:
        given.pop("default", None)  # as in Airflow: it is for pulls by map_indexes
    if not given.get("include_prior_dates"):
        given.pop("include_prior_dates", None)
    if own_dag is not None and given.get("dag_id") in (own_dag, None):
        given.pop("dag_id", None)
    if given or not isinstance(task_id, str) or not isinstance(key, str):
        shown = ", ".join([*(repr(arg) for arg in args), *(f"{name}={value!r}" for name, value in kwargs.items())])
        raise NotConvertible(f"xcom_pull({shown})")
    return Pull(task_id, known_key(key))


def known_key(key: str) -> str:
    """The key under which Airflow looks for what a key pulls; itself if it fails to: whoever pulls says so."""
    try:
        return pulled_key(key)
    except ValueError:
        return key


def _shifted(date: RunDate, by: timedelta) -> RunDate:
    return replace(date, shift=date.shift + by)


def _timedelta(node: nodes.Expr) -> timedelta:
    from jinja2 import nodes

    if isinstance(node, nodes.Call) and _path(node.node) == "macros.timedelta":
        amounts = {keyword.key: _constant(keyword.value) for keyword in node.kwargs}
        return timedelta(*[_constant(arg) for arg in node.args], **amounts)
    raise NotConvertible(_shown(node))


def _path(node: nodes.Expr) -> str | None:
    """`a.b` of names and attributes."""
    from jinja2 import nodes

    if isinstance(node, nodes.Name):
        return str(node.name)
    if isinstance(node, nodes.Getattr):
        inner = _path(node.node)
        return None if inner is None else f"{inner}.{node.attr}"
    return None


def _constant(node: nodes.Expr) -> Any:
    from jinja2 import nodes

    try:
        return node.as_const()
    except nodes.Impossible:
        raise NotConvertible(_shown(node)) from None


def _is_text(tree: nodes.Template) -> bool:
    """Whether an expression that stands for a date gives its text, and not a date."""
    from jinja2 import nodes

    (output,) = tree.body
    assert isinstance(output, nodes.Output)
    (shown,) = output.nodes
    return (_path(shown) or "").split(".")[-1] not in MOMENTS


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"


def _shown(node: nodes.Expr) -> str:
    """An expression for people."""
    from jinja2 import nodes

    match node:
        case nodes.Name(name=name):
            return str(name)
        case nodes.Getattr(node=of, attr=attr):
            return f"{_shown(of)}.{attr}"
        case nodes.Getitem(node=of, arg=arg):
            return f"{_shown(of)}[{_shown(arg)}]"
        case nodes.Call(node=of, args=args, kwargs=kwargs):
            named = [f"{keyword.key}={_shown(keyword.value)}" for keyword in kwargs]
            return f"{_shown(of)}({', '.join([*map(_shown, args), *named])})"
        case nodes.Filter(name=name, node=of) if of is not None:
            return f"{_shown(of)} | {name}"
        case nodes.Const(value=value):
            return repr(value)
        case _:
            return type(node).__name__.lower()
