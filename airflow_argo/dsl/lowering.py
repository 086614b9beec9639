"""DSL → model: which step is in which graph, what it reads from where, and so what it runs after.

First every node gets an entry in a level (a graph in the making), and its values are resolved: a value from another level is
exported by each level that it leaves, and lets the entries that contain the reader run after those that contain the maker.
Then the levels become graphs, from the inside out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from airflow_argo.diagnostics import DefinitionError
from airflow_argo.dsl import params as dsl
from airflow_argo.dsl.job_lowering import lower_job
from airflow_argo.dsl.jobs import BaseJob
from airflow_argo.dsl.levels import Entry, Level, check_names, in_level, in_order, is_around
from airflow_argo.dsl.nodes import Node
from airflow_argo.dsl.steps import Loop, Step, carried_type, item_type
from airflow_argo.model import conditions, graph, values
from airflow_argo.model.conditions import SUCCESS_OR_SKIPPED, Condition, Every, Rule, State
from airflow_argo.model.values import Constant, Output, Type, Value


class Lowering:
    """The making of one workflow's model."""

    def __init__(self, inputs: Mapping[str, dsl.WorkflowInput]) -> None:
        self.inputs = dict(inputs)
        self.entries: dict[int, Entry] = {}
        self.loops: dict[tuple[int, int], Entry] = {}
        self.tests: list[tuple[Entry, Step, Any, int]] = []

    def enter_all(self, nodes: Iterable[Node]) -> Level:
        """The level of some nodes, everything in it resolved. `finished` makes the graph of it."""
        level = Level()
        for node in nodes:
            self.enter(node, level)
        check_names(level, set(), set())
        self._carry_all(level)
        self._resolve_all(level)
        for entry, step, test, outer_loops in self.tests:
            self._resolve_test(entry, step, test, outer_loops)
        self.tests.clear()
        return level

    # Entries

    def enter(self, node: Node, level: Level) -> Entry:
        """The entry of a node in a level, with all that is inside."""
        if id(node) in self.entries:
            if self.entries[id(node)].level is level:
                return self.entries[id(node)]
            raise DefinitionError(f"step '{node.name}' is in the workflow twice", "name it once", node.origin)
        if isinstance(node, BaseJob):
            entry = level.add(Entry(node.name, level, node.origin, job=node), node.origin)
        else:
            assert isinstance(node, Step)
            entry = self._enter_step(node, level)
        self.entries[id(node)] = entry
        entry.nodes.append(node)
        return entry

    def _enter_step(self, step: Step, level: Level) -> Entry:
        return self._enter_layers(step, list(step.layers), level, step.name)

    def _enter_layers(self, step: Step, layers: list[Any], level: Level, name: str) -> Entry:
        """The entry for some layers of a step, the outermost last: a loop, or a condition inside of one, has its own level."""
        tests: list[Any] = []
        while layers and not isinstance(layers[-1], Loop):
            tests.append(layers.pop())
        outer_loops = len(step.loops) - sum(isinstance(layer, Loop) for layer in layers)
        if not layers and len(step.body) == 1:
            entry = self.enter(step.body[0], level)
        else:
            loop = layers.pop() if layers else None
            entry = level.add(Entry(name, level, step.origin, step=step, loop=loop), step.origin)
            entry.inner = Level(entry)
            if loop is not None:
                self.loops[id(step), outer_loops] = entry
            if layers:
                self._enter_layers(step, layers, entry.inner, f"{step.name}-{len(layers)}")
            else:
                self._enter_body(step, entry.inner)
        self.tests += [(entry, step, test, outer_loops) for test in tests]
        return entry

    def _enter_body(self, step: Step, level: Level) -> None:
        level.is_sequence = step.is_sequence
        for node in step.body:
            self.enter(node, level)

    # Values

    def resolve(self, value: dsl.Value, reader: Entry) -> Value:
        """A value as an entry reads it, which from now on runs after what makes it.

        Raises:
            DefinitionError: nothing in the workflow makes it.
        """
        match value:
            case dsl.WorkflowParam(owner_step=None):
                return self._input(value.name, value)
            case dsl.WorkflowParam(owner_step=Node() as owner):
                return self._output(owner, value, reader)
            case dsl.WorkflowInput():
                self.inputs.setdefault(value.name, value)
                return values.Input(value.name, Type(value.type))
            case dsl.Item():
                return values.Item(self._loop_around(reader, value.loop, value.number, value).id, "item", Type(value.type))
            case dsl.Carried():
                loop = self._loop_around(reader, value.loop, _number_of_while(value.loop), value)
                return values.Carried(loop.id, value.name, Type(value.type))
            case dsl.Part():
                return values.Member(self.resolve(value.of, reader), value.key)
            case dsl.First():
                return values.FirstOf(tuple(self.resolve(part, reader) for part in value.of))
            case dsl.RunFact():
                return values.RunFact(value.name)  # type: ignore[arg-type]
            case _:
                raise AssertionError(f"an unknown kind of value: {value!r}")

    def _input(self, name: str, value: dsl.WorkflowParam) -> Value:
        if name not in self.inputs:
            cure = f"use step.output.{name}, or declare an input of that name"
            raise DefinitionError(f"value '{name}' belongs to no step", cure, value.origin)
        return values.Input(name, Type(self.inputs[name].type))

    def _output(self, owner: Node, param: dsl.WorkflowParam, reader: Entry) -> Value:
        """A reference to an output: exported by each level that it leaves on its way to a level around the reader."""
        if isinstance(owner, Step):
            owner = owner.job_with(param.name)
        maker = self._entry_of(owner, param.origin)
        declared = owner.output_named(param.name)
        value = Output(maker.id, param.name, Type(declared.type), constant(declared.default))
        level = maker.level
        while not is_around(level, reader):
            value, level = self._exported(value, level, param.name)
        self._run_after(reader, level, value.step, param)
        return value

    def leaving(self, job: Node, name: str, level: Level) -> Output:
        """An output of a job inside of a level, as what leaves that level may name it."""
        maker = self._entry_of(job, job.origin)
        declared = job.output_named(name)
        value, at = Output(maker.id, name, Type(declared.type), constant(declared.default)), maker.level
        while at is not level:
            value, at = self._exported(value, at, name)
        return value

    def is_inside(self, node: Node | None, level: Level) -> bool:
        """Whether a node is somewhere in a level."""
        return node is not None and id(node) in self.entries and is_around(level, self.entries[id(node)])

    def _exported(self, value: Output, level: Level, wanted: str) -> tuple[Output, Level]:
        around = level.around
        assert around is not None
        name = level.export(value, wanted)
        if around.loop is not None and around.loop.kind == "for":
            return Output(around.id, name, Type.JSON, Constant("[]")), around.level
        return Output(around.id, name, value.type, value.default), around.level

    def _entry_of(self, node: Node, at: Any) -> Entry:
        if id(node) not in self.entries:
            cure = f"add '{node.name}' to the steps of the workflow"
            raise DefinitionError(f"step '{node.name}' is used, and isn't part of the workflow", cure, at)
        return self.entries[id(node)]

    def _run_after(self, reader: Entry, level: Level, maker: str, what: Any) -> None:
        """Lets what contains the reader, in a level, run after the maker in the same level."""
        reader = in_level(reader, level)
        if reader.id == maker:
            name = what.name if isinstance(what, Node) else what.describe()
            raise DefinitionError(f"step '{reader.id}' waits for itself: it needs {name}", "leave that away", reader.origin)
        reader.after[maker] = None

    def _loop_around(self, reader: Entry, step: Node, number: int, value: dsl.Value) -> Entry:
        """The loop whose item or carried value a reader inside of it gets."""
        loop = self.loops.get((id(step), number))
        if loop is None or loop.inner is None or not (loop is reader or is_around(loop.inner, reader)):
            cure = "pass on an output of a job in the loop instead"
            raise DefinitionError(f"{value.describe()} exists only inside of the loop", cure, reader.origin or value.origin)
        return loop

    def output(self, value: dsl.Value, level: Level) -> Value:
        """A value as an output of the workflow whose steps are in a level."""
        return self.resolve(value, Entry("outputs of the workflow", level, None))

    def text(self, text: Any, reader: Entry) -> str | values.Text:
        """A text as it is, or with the values in it resolved."""
        if isinstance(text, dsl.Value):
            return values.Text((self._part_of_text(text, reader),))
        if not isinstance(text, str) or not dsl.has_marks(text):
            return str(text)
        parts = dsl.split_marks(text)
        return values.Text(tuple(part if isinstance(part, str) else self._part_of_text(part, reader) for part in parts))

    def _part_of_text(self, value: dsl.Value, reader: Entry) -> Value:
        """A value that is put into text. A text that is taken out of JSON has no quotes; what is passed on whole stays."""
        resolved = self.resolve(value, reader)
        return values.Text((resolved,), bare=True) if value.type == "json" and _is_taken_out(value) else resolved

    def value(self, found: Any, reader: Entry) -> Value:
        """A value of the run, or JSON that is known now.

        Raises:
            DefinitionError: it is neither.
        """
        if isinstance(found, dsl.Value):
            return self.resolve(found, reader)
        if isinstance(found, str) and dsl.has_marks(found):
            made = self.text(found, reader)
            assert isinstance(made, values.Text)
            return made
        if isinstance(found, list | tuple) and any(isinstance(part, dsl.Value) for part in found):
            return values.Listing(tuple(self.value(part, reader) for part in found))
        made_now = constant(found)
        assert made_now is not None
        return made_now

    # Conditions

    def condition(self, test: Any, reader: Entry) -> Condition:
        """A condition as an entry tests it."""
        test = dsl.as_condition(test)
        match test.kind, test.parts:
            case "compare", (left, op, right):
                return conditions.Compare(self.resolve(left, reader), op, self.value(right, reader))
            case "in", (item, of):
                return conditions.IsIn(self.resolve(item, reader), self.value(of, reader))
            case "true", (of,):
                return conditions.Truth(self.resolve(of, reader))
            case "ended", (node, states):
                return Every(self._judged(node, reader, test), frozenset(State(state) for state in states))
            case "not", (of,):
                return conditions.Not(self.condition(of, reader))
            case "all", parts:
                return conditions.all_of(self.condition(part, reader) for part in parts)
            case "any", parts:
                return conditions.any_of([self.condition(part, reader) for part in parts])
            case kind, _:
                raise AssertionError(f"an unknown kind of condition: {kind}")

    def _judged(self, node: Node, reader: Entry, test: dsl.Condition) -> str:
        """The entry whose end state a condition is about; the reader then runs whatever that is."""
        entry = self._entry_of(node, test.origin)
        if not is_around(entry.level, reader):
            inside = entry.level.around.id if entry.level.around else ""
            cure = f"test the status of '{inside}' as a whole"
            raise DefinitionError(f"the status of '{node.name}' can be seen only inside of '{inside}'", cure, test.origin)
        self._run_after(reader, entry.level, entry.id, node)
        in_level(reader, entry.level).judged.add(entry.id)
        return entry.id

    # Resolving, from the outside in

    def _carry_all(self, level: Level) -> None:
        """Names what while-loops carry, before readers outside of them make other names for what leaves an iteration."""
        for entry in level.entries.values():
            if entry.loop is not None and entry.loop.kind == "while":
                carried = CarriedValues(self, entry, entry.loop)
                for name in entry.loop.initial:
                    carried.named(name)
                test = entry.loop.condition
                entry.loop_test = carried.read_by(test if isinstance(test, dsl.Condition) else dsl.as_condition(test(carried)))
                carried.check_that_it_changes(entry.loop_test)
            if entry.inner is not None:
                self._carry_all(entry.inner)

    def _resolve_all(self, level: Level) -> None:
        for entry in list(level.entries.values()):
            for node in entry.nodes:
                for earlier in node.before:
                    self._explicit_edge(earlier, entry)
            if entry.job is not None:
                entry.body = lower_job(entry.job, self, entry)
            if entry.loop is not None:
                self._resolve_loop(entry, entry.loop)
            if entry.inner is not None:
                self._resolve_all(entry.inner)

    def _resolve_loop(self, entry: Entry, loop: Loop) -> None:
        if loop.kind == "for":
            entry.loop_values = {"item": self.value(loop.items, entry)}
            return
        entry.loop_values = {name: self.value(value, entry) for name, value in loop.initial.items()}
        entry.loop_condition = self.condition(entry.loop_test, entry)

    def _explicit_edge(self, earlier: Node, entry: Entry) -> None:
        found = self._entry_of(earlier, entry.origin)
        while not is_around(found.level, entry):
            assert found.level.around is not None
            found = found.level.around
        self._run_after(entry, found.level, found.id, earlier)

    def _resolve_test(self, entry: Entry, step: Step, test: Any, outer_loops: int) -> None:
        if callable(test) and not isinstance(test, dsl.Condition):
            if not outer_loops:
                cure = "put @for_loop above it, or compare values"
                raise DefinitionError(
                    f"the condition of '{step.name}' is a function, and there is no loop around it", cure, step.origin
                )
            loops = step.loops[:outer_loops]
            items = [dsl.Item(step, number, item_type(loop.items)) for number, loop in enumerate(loops) if loop.kind == "for"]
            test = test(*items)
        entry.when.append(self.condition(test, entry))

    # Levels → graphs

    def finished(self, level: Level) -> graph.Graph:
        """The graph of a level, its steps in an order in which they can run."""
        entries = list(level.entries.values())
        if level.is_sequence and not any(entry.after for entry in entries):
            for earlier, later in pairwise(entries):
                later.after[earlier.id] = None
        steps = {entry.id: self._finished_step(entry) for entry in entries}
        return graph.Graph(tuple(steps[id] for id in in_order(level)), tuple(level.outputs.items()))

    def _finished_step(self, entry: Entry) -> graph.Step:
        rule = None
        if entry.judged:
            succeeded = [Every(before, SUCCESS_OR_SKIPPED) for before in entry.after if before not in entry.judged]
            rule = Rule(conditions.all_of(succeeded))
        when = conditions.all_of(entry.when) if entry.when else None
        body = entry.body if entry.body is not None else self._finished_body(entry)
        return graph.Step(entry.id, body, tuple(entry.after), rule, when, origin=entry.origin)

    def _finished_body(self, entry: Entry) -> graph.Body:
        assert entry.inner is not None
        if entry.loop is None:
            return self.finished(entry.inner)
        if entry.loop.kind == "for":
            return graph.ForLoop(self.finished(entry.inner), tuple(entry.loop_values.items()), entry.loop.parallelism)
        initial = tuple(entry.loop_values.items())
        return graph.WhileLoop(self.finished(entry.inner), entry.loop_condition, initial, entry.loop.max_iterations)


class CarriedValues:
    """What a while-loop's condition sees, and its function is given: the outputs of the last iteration, by name."""

    def __init__(self, lowering: Lowering, entry: Entry, loop: Loop) -> None:
        assert entry.step is not None
        assert entry.inner is not None
        self._lowering, self._entry, self._loop = lowering, entry, loop
        self._step, self._inner = entry.step, entry.inner

    def __getattr__(self, name: str) -> dsl.Value:
        return self.named(name)

    def named(self, name: str) -> dsl.Carried:
        """The value of that name; the loop's graph then gives it to the next iteration.

        Raises:
            DefinitionError: neither an output of an iteration nor an initial value has that name.
        """
        makes = self._step.makes(name)
        if makes:
            job = self._step.job_with(name)
            type = job.output_named(name).type
            self._inner.outputs[name] = self._lowering.leaving(job, name, self._inner)
        elif name in self._loop.initial:
            type = carried_type(self._loop.initial[name])
            self._inner.outputs[name] = values.Carried(self._entry.id, name, Type(type))
        else:
            raise self._step.unknown_output(name)
        return dsl.Carried(self._step, name, type)

    def read_by(self, test: dsl.Condition) -> dsl.Condition:
        """The condition, with what an iteration makes read as carried values."""
        if test.kind in ("not", "all", "any"):
            return dsl.Condition(test.kind, tuple(self.read_by(part) for part in test.parts))
        if test.kind == "ended":
            cure = "test an output of the last iteration"
            raise DefinitionError(f"the condition of loop '{self._step.name}' tests a status", cure, test.origin)
        return dsl.Condition(test.kind, tuple(self._read(part) for part in test.parts))

    def check_that_it_changes(self, test: dsl.Condition) -> None:
        """That iterations give something of what the condition reads.

        Raises:
            DefinitionError: nothing of it, so that the loop ends at once or never.
        """
        names = {name for part in _leaves(test) for name in _carried_names(part, self._step)}
        if names and not any(self._step.makes(name) for name in names):
            found = f"the condition of loop '{self._step.name}' reads {', '.join(sorted(names))}, which no iteration changes"
            raise DefinitionError(found, "let a job of the loop have an output of that name", test.origin)

    def _read(self, part: Any) -> Any:
        match part:
            case dsl.WorkflowParam(owner_step=None, name=name):
                return self.named(name)
            case dsl.WorkflowParam(owner_step=owner, name=name) if self._lowering.is_inside(owner, self._inner):
                return self.named(name)
            case dsl.Part(of=of, key=key):
                return dsl.Part(self._read(of), key)
            case _:
                return part


def _leaves(test: dsl.Condition) -> Iterator[Any]:
    for part in test.parts:
        if isinstance(part, dsl.Condition):
            yield from _leaves(part)
        else:
            yield part


def _carried_names(part: Any, loop: Node) -> set[str]:
    while isinstance(part, dsl.Part):
        part = part.of
    return {part.name} if isinstance(part, dsl.Carried) and part.loop is loop else set()


def constant(found: Any) -> Constant | None:
    """A constant for JSON; None for a default that isn't there.

    Raises:
        DefinitionError: it is no JSON.
    """
    if found is dsl.MISSING:
        return None
    try:
        return Constant.of(found)
    except (TypeError, ValueError) as error:
        from airflow_argo.diagnostics import Origin

        raise DefinitionError(
            f"{found!r} is no JSON value: {error}", "use texts, numbers, lists and dicts", Origin.of_author()
        ) from None


def _is_taken_out(value: dsl.Value) -> bool:
    """Whether a value is part of some JSON, and may be any part."""
    if isinstance(value, dsl.First):
        return any(map(_is_taken_out, value.of))
    return isinstance(value, dsl.Item | dsl.Part)


def _number_of_while(step: Node) -> int:
    assert isinstance(step, Step)
    return next(number for number, loop in enumerate(step.loops) if loop.kind == "while")
