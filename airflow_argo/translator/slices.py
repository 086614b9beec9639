"""The slice of a DAG file that one Python function needs, as a module's text that can travel to a pod.

Statements keep their text and order. What a function needs is what its bytecode loads: globals are found as statements of the
file, free variables as the values in its closure. Annotations of functions: see `annotations`.
"""

from __future__ import annotations

import ast
import builtins
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any, TypeVar

from airflow_argo.diagnostics import AirflowArgoError
from airflow_argo.translator.annotations import FUTURE, are_texts, as_texts, may_be_read, may_read, names_in_annotations
from airflow_argo.translator.code_objects import codes_in, globals_of, is_made_of, rebound_around, seen_by
from airflow_argo.translator.lambdas import lambdas_of
from airflow_argo.translator.own_modules import imports_of_text, own_modules
from airflow_argo.translator.parsed import names_read_in
from airflow_argo.translator.slice_effects import set_up_outside
from airflow_argo.translator.slice_lookups import CURE_OF_FILE, CURE_OF_NAMES, FILE, looked_up
from airflow_argo.translator.slice_state import NotAlone, changed_among, changed_in
from airflow_argo.translator.spellings import imported, importing, spelled
from airflow_argo.translator.statements import Function, SourceFile, Statement, from_def_line, only_imports, root_name
from airflow_argo.translator.task_makers import makes_task

_Defined = TypeVar("_Defined", ast.FunctionDef | ast.AsyncFunctionDef, ast.Lambda)
LAMBDA = "task_lambda"
"""What a slice calls the lambda that it is made for."""

_TELLS_MODULE = re.compile(r"\bclass\b|__name__|__module__|Enum|NewType|namedtuple")
_CURE_OF_CHANGES = "make it whole in one statement, or run the task in an Airflow image"

_BUILTINS = frozenset(vars(builtins))
"""Python's own: `gettext.install()` adds to them, and so may a file."""
_NAME_ANYTHING = frozenset({"eval", "exec", "globals"})


class NotSliceable(AirflowArgoError):
    """A function's source can't be taken out of its file; `reason` says why, `cure` what helps."""

    def __init__(self, reason: str, cure: str) -> None:
        super().__init__(reason, cure)
        self.reason, self.cure = reason, cure

    def __str__(self) -> str:
        return f"{self.reason}; {self.cure}"


@dataclass(frozen=True, slots=True)
class Slice:
    """A function's source.

    Attributes:
        source: a module's text.
        function: the name in it to call.
        imports: names of the modules that it imports, as written.
        modules: name → text of the author's modules that it imports.
        module: the name of the file as a module, where something in the source may tell it (classes do); else empty.
        line: where the function stands in its file.
    """

    source: str
    function: str
    imports: tuple[str, ...]
    modules: dict[str, str]
    module: str
    line: int

    @property
    def needs_airflow(self) -> bool:
        """Whether it imports Airflow, or something beside the DAG file does."""
        texts = self.modules.values()
        roots = {name.split(".")[0] for name in self.imports}
        return "airflow" in roots or any("airflow" in {name.split(".")[0] for name in imports_of_text(text)} for text in texts)


def slice_of(function: Callable[..., Any], path: str, *, is_shippable: Callable[[Any], bool]) -> Slice:
    """The slice of a DAG file for a function of it.

    Args:
        function: what a task calls.
        path: the DAG file.
        is_shippable: false for objects that mean nothing in a pod: DAGs, operators, task groups.
    Raises:
        NotSliceable: the function isn't in the file, or needs something that can't be written down.
    """
    literals: dict[str, str] = {}
    reads_annotations = False
    while True:
        making = _Making(SourceFile.read(path), is_shippable, literals, reads_annotations)
        found = making.finished(making.add_callable(function))
        if making.reads_annotations and not reads_annotations:
            reads_annotations = True
            continue
        if not (changed := _changed(found, making, function)):
            return found
        literals |= {name: _changed_literal(name, making.done[name], literals) for name in changed}


def _changed(found: Slice, making: _Making, function: Any) -> list[str]:
    """The names in a slice that other statements of the file make something else of. By Airflow all of the file is run."""
    if found.needs_airflow:
        return []
    try:
        if modules := changed_among(found.modules):
            raise NotSliceable(f"it uses {modules[0]}, in which the file changes something", _CURE_OF_CHANGES)
        called = (found.function, function)
        return changed_in(found.source, making.done, making.file, module=making.module["__name__"], called=called)
    except NotAlone as error:
        raise NotSliceable(f"what it needs can't be run alone: {error}", _CURE_OF_CHANGES) from None


def _changed_literal(name: str, value: Any, known: dict[str, str]) -> str:
    """What a name stands for in the end, which is what each task sees that imports the whole file."""
    if name not in known and (text := spelled(value)) is not None:
        return text
    raise NotSliceable(f"it uses '{name}', which other statements of the file change", _CURE_OF_CHANGES)


class _Making:
    """A slice in the making."""

    def __init__(
        self, file: SourceFile, is_shippable: Callable[[Any], bool], literals: Mapping[str, str], reads_annotations: bool
    ) -> None:
        self.file, self.is_shippable, self.literals = file, is_shippable, literals
        self.reads_annotations = reads_annotations
        """Whether something in the slice may read annotations of functions."""
        self.pieces: dict[tuple[int, int], str] = {}
        self.constants: dict[str, str] = {}
        self.last: list[str] = []
        self.done: dict[str, Any] = {}
        """Name → what it stands for."""
        self.defined: dict[str, FunctionType] = {}
        """Name → the function, of those whose definitions are in the slice."""
        self.line = 1
        self.module: dict[str, Any] = {}
        """The globals of the file."""

    def finished(self, function: str) -> Slice:
        """The slice, with the modules beside the file that it imports."""
        body = [self.pieces[place] for place in sorted(self.pieces)]
        future = [FUTURE] if are_texts(self.file) else []
        constants = [f"{name} = {text}" for name, text in self.constants.items()]
        source = "\n".join([*future, *constants, *body, *self.last]) + "\n"
        imports = tuple(dict.fromkeys(imports_of_text(source)))
        modules = own_modules(imports)
        self.reads_annotations |= any(map(may_be_read, (source, *modules.values())))
        inside = [name for text in modules.values() for name in imports_of_text(text)]
        self._check_effects([name for name in [*imports, *inside] if name not in modules])
        if found := looked_up(source, modules, [*imports, *inside], self.file.text):
            raise NotSliceable(*found)
        module = str(self.module["__name__"]) if _TELLS_MODULE.search(source) else ""
        return Slice(source, function, imports, modules, module, self.line)

    def _check_effects(self, imports: Iterable[str]) -> None:
        others = (one.node for one in self.file.statements if (one.node.lineno, one.node.col_offset) not in self.pieces)
        found = set_up_outside(self.file, others, imports, self.module)
        if found is not None:
            raise NotSliceable(f"it uses {found}, which other statements of the file set up", _CURE_OF_CHANGES)

    def add_callable(self, function: Any) -> str:
        """Adds what a task calls; the name under which it can be called."""
        if isinstance(function, partial):
            return self._add_partial(function)
        unwrapped, wraps = function, 0
        while hasattr(unwrapped, "__wrapped__"):
            unwrapped, wraps = unwrapped.__wrapped__, wraps + 1
        if isinstance(function, MethodType) or not isinstance(unwrapped, FunctionType):
            raise NotSliceable(f"{_shown(function)} is no plain function", "use a function that is defined in the DAG file")
        self.line = unwrapped.__code__.co_firstlineno
        self.module = unwrapped.__globals__
        if not self._is_in_file(unwrapped):
            return self._add_imported(unwrapped, wraps)
        if wraps and wraps != len(self._own_decorators(unwrapped)):
            found = f"function '{unwrapped.__name__}' is wrapped by what doesn't stand above it"
            raise NotSliceable(found, "decorate it where it is defined, below what makes a task of it")
        return self._add_function(unwrapped)

    def _add_partial(self, function: partial[Any]) -> str:
        inner = self.add_callable(function.func)
        arguments = [_literal(value) for value in function.args]
        arguments += [f"{name}={_literal(value)}" for name, value in function.keywords.items()]
        self.last.append(f"import functools\n\ntask_callable = functools.partial({', '.join([inner, *arguments])})")
        return "task_callable"

    def _add_imported(self, function: FunctionType, wraps: int) -> str:
        module = function.__module__
        if wraps and not hasattr(getattr(sys.modules.get(module), function.__name__, None), "__wrapped__"):
            raise NotSliceable(f"function '{function.__name__}' of {module} is wrapped elsewhere", "decorate it in its module")
        if "<" in function.__qualname__ or "." in function.__qualname__ or module == "__main__":
            cure = "define it at the top of its module"
            raise NotSliceable(f"function '{function.__qualname__}' of {module} can't be imported", cure)
        self.pieces[0, 0] = f"from {module} import {function.__name__}"
        return function.__name__

    def _is_in_file(self, function: FunctionType) -> bool:
        name = function.__code__.co_filename
        return name == str(self.file.path) or os.path.realpath(name) == os.path.realpath(self.file.path)

    def _add_function(self, function: FunctionType) -> str:
        if function.__name__ == "<lambda>":
            return self._add_lambda(function)
        node, name = self._definition(function), function.__name__
        if not (
            is_made_of(self.defined.setdefault(name, function), function)
            and is_made_of(self.done.get(name, function), function)
        ):
            raise _several(name)
        self._add_needs(function)
        own = self._with_own_defaults(node, function)
        text = self._without_task_decorators(own, function)
        self.pieces[node.lineno, node.col_offset] = self._annotated(text, node, function)
        return function.__name__

    def _annotated(self, text: str, node: Function, function: FunctionType) -> str:
        """The text of a definition, whose annotations are texts unless something may read them."""
        if not self.reads_annotations:
            return text if are_texts(self.file) else as_texts(text, of_file=function.__globals__)
        for name in names_in_annotations(node):
            self._add_name(name, function)
            is_known = name in function.__globals__ or hasattr(builtins, name)
            if not are_texts(self.file) and (not is_known or name in self.file.names_around(function)):
                raise NotSliceable(
                    f"an annotation of '{function.__name__}' is made of '{name}'", "name it at the top of the file"
                )
        return text

    def _add_lambda(self, function: FunctionType) -> str:
        found = lambdas_of(function.__code__, self.file.tree)
        if len({ast.dump(node) for node in found}) != 1:
            raise NotSliceable("the lambda can't be told from others in its line", "write it as a function")
        self._add_needs(function)
        self.last.append(f"{LAMBDA} = {ast.unparse(self._with_own_defaults(found[0], function))}")
        return LAMBDA

    def _is_defined_as(self, name: str, function: FunctionType) -> bool:
        """Whether a name stands for the function of its definition, and not for what made another of it."""
        try:
            return function.__name__ == name and bool(self._definition(function))
        except NotSliceable:
            return False

    def _definition(self, function: FunctionType) -> Function:
        line = function.__code__.co_firstlineno
        for node in self.file.functions.get(function.__name__, ()):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if first <= line <= node.lineno:
                return node
        raise NotSliceable(f"function '{function.__name__}' can't be found in its file", "define it with def in the DAG file")

    def _own_decorators(self, function: FunctionType) -> list[ast.expr]:
        """The decorators of a task's function: those below the ones that make a task of it. What is above is the task's."""
        if function.__name__ == "<lambda>":
            return []
        found = self._definition(function).decorator_list
        makers = [index for index, one in enumerate(found) if self._makes_task(one, function)]
        return found[makers[-1] + 1 :] if makers else found

    def _without_task_decorators(self, node: Function, function: FunctionType) -> str:
        kept = self._own_decorators(function)
        for decorator in kept:
            self.reads_annotations |= may_read(seen_by(root_name(decorator) or "", function))
            for name in names_read_in(decorator):
                if name not in function.__code__.co_freevars and name in self.file.names_around(function):
                    what = f"a decorator of '{function.__name__}' is made of '{name}', which isn't at the top of the file"
                    raise NotSliceable(what, "name it there, or pass it as an argument")
                self._add_name(name, function)
        is_as_written = node in self.file.functions[function.__name__]
        if kept == node.decorator_list and is_as_written:
            return self.file.segment(node)
        bare = None if is_as_written and not kept else ast.parse(ast.unparse(node)).body[0]
        if bare is None:
            return self.file.segment(from_def_line(node))
        assert isinstance(bare, ast.FunctionDef | ast.AsyncFunctionDef)
        bare.decorator_list = kept
        return ast.unparse(bare)

    def _makes_task(self, decorator: ast.expr, function: FunctionType) -> bool:
        """Whether a decorator is Airflow's (`@task`, `@task.branch(…)`, `@dag.task`), or makes a task by one of those."""
        return makes_task(seen_by(root_name(decorator) or "", function), self.is_shippable)

    def _add_needs(self, function: FunctionType) -> None:
        if state := sorted(rebound_around(function.__code__)):
            raise NotSliceable(f"'{function.__name__}' keeps '{state[0]}' between its calls", "keep nothing between calls")
        for name in sorted(globals_of(function.__code__)):
            self._add_name(name, function)
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            self._add_free_variable(name, cell.cell_contents)
        for default in [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]:
            if not self.is_shippable(default):
                raise NotSliceable(f"a default of '{function.__name__}' is {_shown(default)}", "pass it as an argument")

    def _with_own_defaults(self, node: _Defined, function: FunctionType) -> _Defined:
        """A definition with the defaults that the function has: what they name may be something else by the end of the file.

        Raises:
            NotSliceable: one can't be written down, and is made of what only the moment of the definition knows.
        """
        values = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
        given = [*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]
        own = [self._own_default(default, value, function) for default, value in zip(given, values, strict=True)]
        if all(new is old for new, old in zip(own, given, strict=True)):
            return node
        count = len(node.args.defaults)
        keyword_only = iter(own[count:])
        arguments = {name: getattr(node.args, name) for name in node.args._fields}
        arguments["defaults"] = own[:count]
        arguments["kw_defaults"] = [None if one is None else next(keyword_only) for one in node.args.kw_defaults]
        fields = {name: getattr(node, name) for name in node._fields} | {"args": ast.arguments(**arguments)}
        return ast.copy_location(type(node)(**fields), node)

    def _own_default(self, default: ast.expr, value: Any, function: FunctionType) -> ast.expr:
        names = names_read_in(default)
        if not names:
            return default
        if isinstance(default, ast.Name) and isinstance(value, list | dict | set) and seen_by(default.id, function) is value:
            self._add_name(default.id, function)  # it stays one thing with the global
            return default
        try:
            return ast.parse(_literal(value), mode="eval").body
        except NotSliceable:
            unsure = [name for name in names if not self._means_one_thing(name, function)]
            if unsure:
                what = f"a default of '{function.__name__}' is made of '{unsure[0]}', which stands for several things"
                raise NotSliceable(what, "pass it as an argument") from None
        for name in names:
            self._add_name(name, function)
        return default

    def _means_one_thing(self, name: str, function: FunctionType) -> bool:
        """Whether a name is a global that is bound once in the file, and not in a block, or is Python's."""
        if name in self.file.names_around(function):
            return False
        if name not in function.__globals__:
            return hasattr(builtins, name)
        bindings = [found for found in self.file.binding(name) if not isinstance(found.node, ast.Expr)]
        return len(bindings) == 1 and bindings[0].in_block is None

    def _is_done(self, name: str, value: Any) -> bool:
        """Whether a name is there already; from now on it is.

        Raises:
            NotSliceable: it stands for something else there.
        """
        if name in self.defined and not is_made_of(value, self.defined[name]):
            raise _several(name)
        if name not in self.done:
            self.done[name] = value
            return False
        if self.done[name] is not value:
            raise _several(name)
        return True

    def _add_free_variable(self, name: str, value: Any) -> None:
        if self._is_done(name, value):
            return
        if isinstance(value, FunctionType) and self._is_in_file(value):
            self._add_captured(name, value)
        elif isinstance(value, ModuleType):
            self.constants[name] = importing(value.__name__)
        elif not self.is_shippable(value):
            raise NotSliceable(f"it uses '{name}', which is {_shown(value)}", "pass values between tasks as arguments")
        else:
            self.constants[name] = _literal(value, name)

    def _add_captured(self, name: str, function: FunctionType) -> None:
        """A function in a closure, which may have another name there; its decorators made something else of it."""
        if self._own_decorators(function):
            found = f"it uses '{name}', which is '{function.__name__}' before it was decorated"
            raise NotSliceable(found, "use functools.wraps in the decorator")
        called = self._add_function(function)
        if called == LAMBDA:
            self.last[-1] = f"{name}{self.last[-1].removeprefix(LAMBDA)}"
        elif called != name:
            self.last.insert(0, f"{name} = {called}")

    def _add_name(self, name: str, user: FunctionType) -> None:
        """Adds the statements that bind a global name, and what those need."""
        _check_names_what_it_uses(name, user)
        if hasattr(builtins, name) and name not in user.__globals__:
            return
        if name in user.__code__.co_freevars or name not in user.__globals__:
            return  # a name that the function binds itself, or that will be a NameError there as well
        if name == "__name__":
            return  # what runs the slice names the module
        if name == FILE:
            raise NotSliceable(f"it reads {FILE}, and only a file has a path", CURE_OF_FILE)
        value = user.__globals__[name]
        if self._is_done(name, value):
            return
        if not self.is_shippable(value):
            raise NotSliceable(f"it uses '{name}', which is {_shown(value)}", "pass values between tasks as arguments")
        if name in self.literals:
            self.constants[name] = self.literals[name]
            return
        if isinstance(value, FunctionType) and self._is_in_file(value) and self._is_defined_as(name, value):
            self._add_function(value)
            return
        bindings = self.file.binding(name)
        if any(isinstance(found.node, ast.Import | ast.ImportFrom) for found in bindings):
            self._add_imports(name, bindings, user)
        elif bindings and all(found.in_block is None for found in bindings):
            for found in bindings:
                self._add_statement(found, user)
        else:
            self._add_value(name, value)  # bound in a loop or a block, or by `import *`: what it is in the end

    def _add_imports(self, name: str, bindings: list[Statement], user: FunctionType) -> None:
        """Adds what binds a name that an import binds, perhaps beside others: blocks whole, which choose among imports."""
        blocks = [found.in_block for found in bindings if found.in_block is not None]
        if not all(map(only_imports, blocks)):
            self._add_value(name, user.__globals__[name])
            return
        for block in blocks:
            self._add_block(block, user)
        for node in (found.node for found in bindings if found.in_block is None):
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._add_import(node, name)

    def _add_value(self, name: str, value: Any) -> None:
        is_own = getattr(value, "__module__", None) == self.module["__name__"]
        self.constants[name] = (None if is_own else imported(value)) or _literal(value, name)

    def _add_block(self, block: ast.stmt, user: FunctionType) -> None:
        self.pieces[block.lineno, block.col_offset] = self.file.segment(block)
        for name in names_read_in(block):
            self._add_name(name, user)

    def _add_import(self, node: ast.Import | ast.ImportFrom, name: str) -> None:
        """Of an import of several names, those that are needed."""
        wanted = [alias for alias in node.names if (alias.asname or alias.name.split(".")[0]) == name or alias.name == "*"]
        only = ast.Import(wanted) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, wanted, node.level)
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            return
        key = (node.lineno, node.col_offset + len(self.pieces))
        self.pieces[key] = ast.unparse(only)

    def _add_statement(self, found: Statement, user: FunctionType) -> None:
        key = (found.node.lineno, found.node.col_offset)
        if key in self.pieces:
            return
        self.pieces[key] = self.file.segment(found.node)
        for name in [*names_read_in(found.node), *names_in_annotations(found.node)]:
            self._add_name(name, user)


def _several(name: str) -> NotSliceable:
    return NotSliceable(f"several things are called '{name}' in what it uses", "give them different names")


def _check_names_what_it_uses(name: str, user: FunctionType) -> None:
    """Refuses functions that find globals of their file by texts, or beyond the file.

    Raises:
        NotSliceable: it is one.
    """
    if name not in user.__globals__ and hasattr(builtins, name) and name not in _BUILTINS:
        raise NotSliceable(f"it uses '{name}', which is made a builtin", "import it where it is used")
    if name in _NAME_ANYTHING and name not in user.__globals__:
        raise NotSliceable(f"'{user.__name__}' calls {name}(), which may name anything of the file", CURE_OF_NAMES)
    if name == "__name__" and any("modules" in part.co_names for part in codes_in(user.__code__)):
        raise NotSliceable(f"'{user.__name__}' looks its own module up", CURE_OF_NAMES)


def _literal(value: Any, name: str = "") -> str:
    """A value as Python text.

    Raises:
        NotSliceable: it has no spelling.
    """
    text = spelled(value)
    if text is not None:
        return text
    what = f"'{name}', which is {_shown(value)}" if name else _shown(value)
    raise NotSliceable(f"it uses {what}", "pass it as an argument, or make it at the top of the file")


def _shown(value: Any) -> str:
    kind = type(value)
    return f"a {kind.__name__}" if kind.__module__ == "builtins" else f"a {kind.__module__}.{kind.__qualname__}"
