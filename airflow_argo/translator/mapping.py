"""Dynamic task mapping: `expand` and `expand_kwargs` as a loop that reports. Source: airflow.sdk.definitions.mappedoperator.

The operator that runs for an item is made as Airflow makes it, with `MappedItem`s where the item's values will be.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from airflow_argo.model.graph import ForLoop, Graph, Step
from airflow_argo.model.jobs import Job
from airflow_argo.model.values import Concatenated, Constant, Evaluated, Overridable, Text, Type, Value, Zipped, parts_of
from airflow_argo.pod.values import to_json
from airflow_argo.translator.airflow_names import airflow_names
from airflow_argo.translator.arguments import mark
from airflow_argo.translator.context import KWARGS, MappedItem, TaskContext, WantsAirflow
from airflow_argo.translator.mapped_groups import expand_input_of, mapped_group_of, sources_of_mapping
from airflow_argo.translator.operators.python import WHOLE_ITEM
from airflow_argo.translator.templates import Pull


def loop_of(task: Any, job: Job, ctx: TaskContext, *, counts: bool = False) -> ForLoop:
    """The loop of a mapped task, or of a task in a mapped group, whose body is the job of one item.

    Args:
        counts: the job finds its item by its index: of items that are known now only the number matters.
    Raises:
        WantsAirflow: it runs over templates that Argo, which makes the items, can't render.
    """
    axes = tuple(
        (axis, _counted(value) if counts and _is_known(value) else _items(value, ctx)) for axis, value in _axes(task).items()
    )
    if any(_is_pythons(value) for _, value in axes):
        raise WantsAirflow("it is mapped over templates whose values only Python can put together")
    _report_what_airflow_fails(task, ctx)
    body, limit = Graph((Step(ctx.task_id, job),)), getattr(task, "max_active_tis_per_dagrun", None)
    keyed = KWARGS in dict(axes) and not (counts and _is_known(_axes(task)[KWARGS]))
    return ForLoop(body, axes, limit, reports=True, keyed=keyed)


def unmapped(task: Any) -> Any:
    """The operator that runs for one item.

    Raises:
        WantsAirflow: only the run knows which of its arguments the items set, or the items differ in that.
    """
    expand_input = expand_input_of(task)
    assert expand_input is not None
    decorated = "op_kwargs" in task.partial_kwargs and hasattr(task, "python_callable")
    if isinstance(expand_input, airflow_names().dict_of_lists):
        items = {name: MappedItem(name) for name in expand_input.value}
        return _made(task, items, decorated=decorated)
    keys = _keys(expand_input.value)
    if keys is not None:
        return _made(task, {key: MappedItem(KWARGS, key) for key in keys}, decorated=decorated)
    if decorated:
        return _made_with_whole_item(task)
    raise WantsAirflow("expand_kwargs over what another task returns can set any argument")


def _axes(task: Any) -> dict[str, Any]:
    expand_input = expand_input_of(task)
    assert expand_input is not None
    if isinstance(expand_input, airflow_names().dict_of_lists):
        return dict(expand_input.value)
    return {KWARGS: expand_input.value}


def _is_pythons(value: Value) -> bool:
    """Whether a value has a template in it that is native, or that puts what may be a list or dict into a text."""
    match value:
        case Evaluated():
            return True
        case Text(parts=parts, python=True) if any(_may_be_many(part) for part in parts if not isinstance(part, str)):
            return True
        case _:
            return any(_is_pythons(part) for part in parts_of(value))


def _may_be_many(value: Value) -> bool:
    """Whether a value may be a list or dict; of a param that a run's configuration overrides what its default is counts."""
    return (value.of if isinstance(value, Overridable) else value).type is Type.JSON


def _is_known(found: Any) -> bool:
    """Whether an axis has as many items as are written down."""
    return isinstance(found, dict | list | tuple | set | frozenset | range)


def _counted(found: Any) -> Constant:
    return Constant.of(list(range(len(found))))


def _items(found: Any, ctx: TaskContext) -> Value:
    """What an axis runs over; of a dict, its (key, value) pairs. Texts that a group is mapped over are no templates."""
    if isinstance(found, dict | list | tuple | set | frozenset | range):
        items = [tuple(pair) for pair in found.items()] if isinstance(found, dict) else list(found)
        return ctx.value(items) if mapped_group_of(ctx.task) is None else ctx.as_given(items)
    value = _list_of(found, ctx)
    if value == Constant("null") and not set(sources_of_mapping(ctx.task)) <= ctx.dag_context.own:
        return Constant("[]")  # a task outside has pushed nothing: if it had succeeded, Airflow would have failed this one
    if value == Constant("null"):
        ctx.report("AA215", "it is mapped over the output of a task that returns nothing", "return a list")
    return value


def _pair(key: Any, value: Any) -> Any:
    return to_json((key, value))


def _list_of(found: Any, ctx: TaskContext, of_pair: Callable[[Any, Any], Any] = _pair) -> Value:
    """What an XCom is mapped over; what `.map()` does to its elements is left to the operator.

    Args:
        of_pair: what a key and value of a dict that a task outside has pushed give, in JSON; the compiler knows of other dicts.
    """
    names = airflow_names()
    if isinstance(found, names.plain_xcom_arg):
        task_id = found.operator.task_id
        if ctx.is_own(task_id):
            return ctx.pull(Pull(task_id, found.key), listed=True)
        return _known_list(ctx.dag_context.outside.xcom(task_id, found.key, True), of_pair)
    if not isinstance(found, names.xcom_arg):
        return ctx.value(found)
    kind = type(found).__name__
    if kind == "MapXComArg":
        return _list_of(found.arg, ctx, of_pair)
    if kind == "ConcatXComArg":
        return Concatenated(tuple(_list_of(part, ctx, lambda key, _: to_json(key)) for part in found.args))
    given = getattr(found, "fillvalue", None)
    fill = None if type(given).__name__ in ("ArgNotSet", "type") else ctx.constant(given)
    filled = mark("not set", "") if fill is None else fill.value  # Source: _ZipResult, which asks a dict for numbers
    return Zipped(tuple(_list_of(part, ctx, lambda *_: filled) for part in found.args), fill)


def _known_list(pushed: Any, of_pair: Callable[[Any, Any], Any]) -> Constant:
    """The elements of what a task outside has pushed."""
    if isinstance(pushed, dict):
        return Constant.of([of_pair(key, value) for key, value in pushed.items()])
    return Constant.of(to_json(list(pushed) if isinstance(pushed, tuple) else pushed))


def applies_functions(task: Any) -> bool:
    """Whether a task is mapped over an XCom with `.map()`."""
    given = expand_input_of(task)
    values = [] if given is None else given.value.values() if isinstance(given.value, dict) else [given.value]
    return any(True for value in values for _ in _mapped_by(value))


def _mapped_by(found: Any) -> Iterator[Any]:
    """The functions of all `.map()` in an XCom."""
    if isinstance(found, airflow_names().xcom_arg):
        yield from getattr(found, "callables", ())
        for part in [found.arg] if hasattr(found, "arg") else getattr(found, "args", ()):
            yield from _mapped_by(part)


def _report_what_airflow_fails(task: Any, ctx: TaskContext) -> None:
    """What Airflow loads and can't expand. Source: ListOfDictsExpandInput.resolve; get_mapped_ti_count."""
    is_member = mapped_group_of(task) is not None
    if any(_has_unread_xcom(value, is_member=is_member) for axis, value in _axes(task).items() if is_member or axis == KWARGS):
        where = "what a task group is mapped over" if is_member else "a dict of expand_kwargs"
        found = f"there is an XCom inside {where}, which Airflow passes on unread, so that the task fails"
        ctx.report("AA215", found, "let a task make the whole of it, or use expand()")
    for axis in [axis for number, (axis, value) in enumerate(_axes(task).items()) if number and _is_miscounted(value)]:
        found = f"'{axis}' is put together by .concat(), which Airflow miscounts behind another argument, so that tasks fail"
        ctx.report("AA215", found, "name it first, or put the list together in a task")
    for function in [one for value in _axes(task).values() for one in _mapped_by(value) if not _has_source(one)]:
        found = f".map() is given {function!r}, whose source nobody has, so that Airflow can't store the DAG"
        ctx.report("AA215", found, "write a function in the DAG file that calls it")
    tasks = ctx.dag_context.dag.task_dict
    for source in sources_of_mapping(task):
        if source in tasks and mapped_group_of(tasks[source]) is not None:
            found = f"it is mapped over '{source}', which is in a mapped task group: Airflow never expands that, and it fails"
            ctx.report("AA215", found, "let a task after the group collect the values, and map over what that returns")


def _has_source(function: Any) -> bool:
    """Whether Airflow can write down a function. Source: MapXComArg._serialize."""
    try:
        return bool(inspect.getsource(function))
    except (OSError, TypeError):
        return False


def _is_miscounted(found: Any) -> bool:
    """Whether Airflow takes a list for a longer one: that of `.concat()` for so many as there are parts.

    By that it reckons which element of it, and of those named before it, a task is for. Source: get_task_map_length.
    """
    names = airflow_names()
    return names.length_of is not None and isinstance(found, names.xcom_arg) and names.length_of(found, [None]) != 1


def _has_unread_xcom(items: Any, *, is_member: bool) -> bool:
    """Whether Airflow leaves an XCom in a literal as it is: of dicts of expand_kwargs, and of all that a group is mapped over.

    Source: ListOfDictsExpandInput.resolve; MappedArgument.resolve.
    """
    xcom_arg = airflow_names().xcom_arg
    if isinstance(items, xcom_arg):
        return False
    if is_member:
        return any(True for _ in xcom_arg.iter_xcom_references(items))
    dicts = [item for item in items if isinstance(item, dict)] if isinstance(items, list | tuple) else []
    return any(isinstance(value, xcom_arg) for item in dicts for value in item.values())


def _keys(items: Any) -> list[str] | None:
    """The keys that the items of `expand_kwargs` have; None if only the run will tell."""
    if not isinstance(items, list | tuple) or not all(isinstance(item, dict) for item in items):
        return None
    keys = list(dict.fromkeys(key for item in items for key in item))
    if any(set(item) != set(keys) for item in items):
        raise WantsAirflow("the dicts of expand_kwargs have different keys")
    return keys


def _made(task: Any, items: dict[str, MappedItem], *, decorated: bool) -> Any:
    try:
        return task.unmap({"op_kwargs": items} if decorated else items)
    except Exception as error:  # noqa: BLE001 - a border: constructors check what they are given, and may raise anything
        raise WantsAirflow(f"only a run has what it is made of: {error}") from None


def _made_with_whole_item(task: Any) -> Any:
    names = [
        name for name in inspect.signature(task.python_callable).parameters if name not in task.partial_kwargs["op_kwargs"]
    ]
    made = _made(task, {name: MappedItem(KWARGS, name) for name in names}, decorated=True)
    made.op_kwargs = {**task.partial_kwargs["op_kwargs"], WHOLE_ITEM: MappedItem(KWARGS)}
    return made
