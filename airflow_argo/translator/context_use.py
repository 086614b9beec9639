"""What a function asks of Airflow's context: whether a pod without Airflow can give it all that."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from itertools import chain

from airflow_argo.translator.parsed import nodes_in, nodes_under, tree_of

ONLY_AIRFLOWS = frozenset(
    {"logical_date", "data_interval_start", "data_interval_end", "dag", "task", "conn", "var", "macros", "outlet_events"}
    | {"inlet_events", "inlets", "outlets", "triggering_asset_events", "task_state_store", "asset_state_store"}
    | {"prev_data_interval_start_success", "prev_data_interval_end_success", "prev_start_date_success"}
    | {"prev_end_date_success", "task_instance_key_str", "templates_dict", "expanded_ti_count", "partition_key"}
    | {"partition_date", "map_index_template", "task_reschedule_count", "exception", "reason", "try_number", "test_mode"}
)
"""Names of Airflow's context that only Airflow can make, or whose values have methods that only its classes have."""

OBJECTS = {
    "ti": frozenset({"xcom_pull", "xcom_push", "task_id", "dag_id", "run_id", "try_number", "map_index"}),
    "task_instance": frozenset({"xcom_pull", "xcom_push", "task_id", "dag_id", "run_id", "try_number", "map_index"}),
    "dag_run": frozenset({"run_id", "dag_id", "conf"}),
}
"""Objects of the context → what is known of them."""

_PLACES = ("/opt/airflow/", "/usr/local/airflow/", "AIRFLOW_HOME")
"""The home of Airflow in images that have it: its own, and Astronomer's."""


def place_of_airflow(text: str) -> str | None:
    """The place that a text names of an image with Airflow, and that no other has; None if it names none."""
    return next((place.rstrip("/") for place in _PLACES if place in f"{text}/"), None)


_FIND_NAMES = frozenset({"eval", "exec", "locals", "vars"})
"""What gets at a function's names without naming them."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def asks_for_airflow(source: str, function: str, modules: Iterable[str] = ()) -> str | None:
    """What a function asks for that only Airflow knows; None if there is nothing of the kind.

    Args:
        source: a module's text.
        function: the name in it of what is called.
        modules: the texts of the author's modules that it imports, which may have its decorators.
    """
    node = _definition(tree_of(source), function)
    if node is None:
        return None
    names = _names(node.args)
    wanted = sorted(names & ONLY_AIRFLOWS)
    if wanted:
        return f"takes {wanted[0]}"
    body = node.body if isinstance(node.body, list) else [node.body]
    objects = {name: OBJECTS[name] for name in names if name in OBJECTS}
    whole = node.args.kwarg.arg if node.args.kwarg else None
    uses = chain([_Uses(body, objects, whole)], _uses_of_wrappers(node, [source, *modules], is_given=bool(objects or whole)))
    return next((found for one in uses for found in one.unknown()), None)


def taken_from_context(source: str, function: str) -> set[str]:
    """The names that a function would take from Airflow's context: its parameters, and keys that it looks up in `**kwargs`.

    Args:
        source: a module's text.
        function: the name in it of what is called.
    """
    node = _definition(tree_of(source), function)
    if node is None:
        return set()
    body = node.body if isinstance(node.body, list) else [node.body]
    return _names(node.args) | _Uses(body, {}, node.args.kwarg.arg if node.args.kwarg else None).keys()


def _names(arguments: ast.arguments) -> set[str]:
    return {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}


def _uses_of_wrappers(node: _Function, texts: Iterable[str], *, is_given: bool) -> Iterator[_Uses]:
    """How what the author's decorators put around a function uses the context, which goes through its `**kwargs`.

    Args:
        is_given: the function is given something of the context. What `functools.wraps` stands above is given the same.
    """
    makers = {one.name: one for text in texts for one in nodes_in(text) if isinstance(one, ast.FunctionDef)}
    waiting = [name for one in getattr(node, "decorator_list", ()) for name in _names_in(one)]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        maker = makers.get(name)
        if maker is None or maker is node or name in seen:
            continue
        seen.add(name)
        names = _names_in(maker)
        waiting += names
        if is_given or _WRAPS.isdisjoint(names):
            yield from _uses_in_wrappers(maker)


_WRAPS = frozenset({"wraps", "update_wrapper"})


def _uses_in_wrappers(maker: ast.FunctionDef) -> Iterator[_Uses]:
    """How the functions in a decorator use their `**kwargs`."""
    called = _parameters_in(maker)
    for inner in ast.walk(maker):
        if inner is not maker and isinstance(inner, _Function) and inner.args.kwarg is not None:
            body = inner.body if isinstance(inner.body, list) else [inner.body]
            yield _Uses(body, {}, inner.args.kwarg.arg, called)


def _names_in(node: ast.AST) -> list[str]:
    names = (getattr(one, "id", None) or getattr(one, "attr", None) for one in ast.walk(node))
    return [name for name in names if isinstance(name, str)]


def _parameters_in(node: ast.AST) -> frozenset[str]:
    return frozenset(name for one in ast.walk(node) if isinstance(one, _Function) for name in _names(one.args))


def _definition(tree: ast.Module, name: str) -> _Function | None:
    """What a name of a module is called as; of a partial what that calls."""
    found: _Function | None = None
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            found = node
        elif isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == name for one in node.targets):
            if isinstance(node.value, ast.Lambda):
                found = node.value
            elif isinstance(node.value, ast.Call) and node.value.args and isinstance(node.value.args[0], ast.Name):
                found = _definition(tree, node.value.args[0].id)
    return found


class _Uses:
    """How a function's body uses its context.

    Attributes:
        objects: names that stand for objects of the context → what may be asked of them.
        whole: the name of the function's `**kwargs`.
        called: names of functions that `**kwargs` may be passed on to: what they do with it is looked at elsewhere.
    """

    def __init__(
        self,
        body: Iterable[ast.AST],
        objects: dict[str, frozenset[str]],
        whole: str | None,
        called: frozenset[str] = frozenset(),
    ) -> None:
        self.nodes = [node for statement in body for node in nodes_under(statement)]
        self.objects, self.whole, self.called = objects, whole, called
        self.parents = {id(child): node for node in self.nodes for child in ast.iter_child_nodes(node)}
        self._note_aliases()

    def _note_aliases(self) -> None:
        """Adds the names that objects are given: `ti = context["ti"]`, `mine = ti`."""
        assigned = [node for node in self.nodes if isinstance(node, ast.Assign)]
        before = None
        while before != self.objects:
            before = dict(self.objects)
            for node in assigned:
                if (known := self._known(node.value)) is not None:
                    names = [target.id for target in node.targets if isinstance(target, ast.Name)]
                    self.objects |= {name: known & self.objects.get(name, known) for name in names}

    def _known(self, node: ast.AST) -> frozenset[str] | None:
        """What is known of the object that an expression gives; None if it gives none of the context's."""
        return self.objects.get(node.id) if isinstance(node, ast.Name) else OBJECTS.get(self._key(node) or "")

    def _key(self, node: ast.AST) -> str | None:
        """`ti` of `context["ti"]` and of `context.get("ti")`."""
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str() as key)):
                return key if name == self.whole else None
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get"), args=[ast.Constant(value=str() as key), *_]):
                return key if name == self.whole else None
        return None

    def keys(self) -> set[str]:
        """What it looks up in its context by a constant key."""
        return {key for node in self.nodes if (key := self._key(node)) is not None}

    def unknown(self) -> Iterator[str]:
        """What it does with its context that only Airflow could answer."""
        for node in self.nodes:
            key = self._key(node)
            if key in ONLY_AIRFLOWS:
                yield f"takes {key}"
            elif key in OBJECTS:
                yield from self._of_object(node, str(key), OBJECTS[str(key)])
            elif isinstance(node, ast.Name) and node.id in self.objects and isinstance(node.ctx, ast.Load):
                yield from self._of_object(node, node.id, self.objects[node.id])
            elif isinstance(node, ast.Name) and node.id == self.whole and isinstance(node.ctx, ast.Load):
                yield from self._of_whole(node)
            elif isinstance(node, ast.Name) and node.id in _FIND_NAMES and (self.objects or self.whole):
                yield f"calls {node.id}, which may find its context"

    def _of_object(self, node: ast.AST, name: str, known: frozenset[str]) -> Iterator[str]:
        parent = self.parents.get(id(node))
        if isinstance(parent, ast.Attribute):
            caller = self.parents.get(id(parent))
            if parent.attr not in known:
                yield f"asks for {name}.{parent.attr}"
            elif parent.attr == "xcom_pull" and not (isinstance(caller, ast.Call) and caller.func is parent):
                yield f"passes {name}.xcom_pull on"  # what it pulls is read off calls
        elif not isinstance(parent, ast.Assign) or not all(isinstance(target, ast.Name) for target in parent.targets):
            yield f"passes {name} on"

    def _of_whole(self, node: ast.Name) -> Iterator[str]:
        parent = self.parents.get(id(node))
        grandparent = self.parents.get(id(parent))
        match parent, grandparent:
            case ast.keyword(arg=None), ast.Call(func=ast.Name(id=name)) if name in self.called:
                return
        if self._key(parent or node) is None and self._key(grandparent or node) is None:
            yield f"uses all of {node.id}"
