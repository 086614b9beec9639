"""A DAG of more tasks than Argo allows → parts, with the same end states (golden/parts/nested-dags).

Tasks are filled into parts in their order, so a part needs earlier ones only. Each part is a DAG whose one leaf waits for all
its tasks, so it always succeeds; its output `given` tells the end states and outputs that later parts need. There, two tasks
stand for each such task: `a` ends as the real one did and gives what it gave; `a-omitted` lets it be Omitted. So the texts that
refer to task `a` are the same wherever they stand. Parts that don't need one another run at once.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, field

from airflow_argo.argo.limits import MAX_DAG_TASKS
from airflow_argo.compiler.code import a_map, index, quote, tag
from airflow_argo.compiler.rules import in_any_state
from airflow_argo.compiler.tasks import Cut, Dict, PlannedTask
from airflow_argo.compiler.templates import FAIL, NOOP, PROXY, arguments_of
from airflow_argo.diagnostics import DefinitionError

GIVEN = "given"
TASKS_A_STAND_IN = 2


@dataclass(slots=True)
class _Part:
    """A part in the making: its own tasks, and those of earlier parts that it needs."""

    name: str
    tasks: list[PlannedTask] = field(default_factory=list)
    stand_ins: dict[str, None] = field(default_factory=dict)
    given: dict[str, None] = field(default_factory=dict)

    def has_room_for(self, task: PlannedTask, home: dict[str, _Part]) -> bool:
        """Whether a task, what must stand in for what it needs, and the part's last task are within the limit."""
        size = len(self.tasks) + 2 + TASKS_A_STAND_IN * len(self.stand_ins)
        if size + TASKS_A_STAND_IN * len(task.needs) <= MAX_DAG_TASKS:
            return True
        new = [need for need in set(task.needs) if home[need] is not self and need not in self.stand_ins]
        return size + TASKS_A_STAND_IN * len(new) <= MAX_DAG_TASKS


def needs_parts(tasks: list[PlannedTask]) -> bool:
    """Whether there are too many tasks for one DAG."""
    return len(tasks) > MAX_DAG_TASKS


def cut(tasks: list[PlannedTask], prefix: str, inputs: list[str], needed_outside: tuple[str, ...]) -> Cut:
    """The DAG of some tasks, in parts.

    Args:
        tasks: each after those that it needs.
        prefix: names of the parts' templates begin with it.
        inputs: the input parameters of the DAG's template, which the parts get as well.
        needed_outside: tasks that the outputs of the DAG's template refer to.
    """
    movable = [task for task in tasks if not task.stays]
    by_name = {task.name: task for task in movable}
    parts, home = _fill(movable)
    staying = _Part("")
    for task in tasks:
        if task.stays:
            staying.tasks.append(task)
            _stand_ins(staying, task.needs, home)
    _stand_ins(staying, needed_outside, home)
    if len(parts) + len(staying.tasks) + TASKS_A_STAND_IN * len(staying.stand_ins) > MAX_DAG_TASKS:
        raise DefinitionError(f"{len(tasks)} steps are too many for one workflow", "divide it, or loop over a list")
    outer = [_part_task(part, prefix, inputs, home) for part in parts]
    outer += _stand_in_tasks(
        staying, by_name, lambda part: f"tasks['{part}'].outputs.parameters.{GIVEN}", home, after_parts=True
    )
    outer += [task.fields for task in staying.tasks]
    templates = {_template_of(part, prefix): _part_template(part, inputs, by_name, home) for part in parts}
    helpers = {str(body["dag"]["tasks"][-1]["name"]) for body in templates.values()} | {part.name for part in parts}
    helpers |= {_omitted(need, by_name) for part in (*parts, staying) for need in part.stand_ins}
    return Cut(outer, templates, _proxy_templates([*parts, staying], by_name), helpers)


def _fill(tasks: list[PlannedTask]) -> tuple[list[_Part], dict[str, _Part]]:
    parts = [_Part("part-1")]
    home: dict[str, _Part] = {}
    for task in tasks:
        if parts[-1].tasks and not parts[-1].has_room_for(task, home):
            parts.append(_Part(f"part-{len(parts) + 1}"))
        if not parts[-1].tasks and not parts[-1].has_room_for(task, home):
            cure = "let it loop over a list, or read a file that one step wrote"
            raise DefinitionError(f"step '{task.name}' reads values of {len(task.needs)} steps", cure)
        home[task.name] = parts[-1]
        _stand_ins(parts[-1], task.needs, home)
        parts[-1].tasks.append(task)
    return parts, home


def _stand_ins(part: _Part, needs: tuple[str, ...], home: dict[str, _Part]) -> None:
    for need in needs:
        if need in home and home[need] is not part:
            part.stand_ins[need] = None
            home[need].given[need] = None


def _template_of(part: _Part, prefix: str) -> str:
    return f"{prefix}{part.name.removeprefix('part')}"


def _part_task(part: _Part, prefix: str, inputs: list[str], home: dict[str, _Part]) -> Dict:
    earlier = list(dict.fromkeys(home[need].name for need in part.stand_ins))
    passed = [(one, f"{{{{inputs.parameters.{one}}}}}") for one in inputs]
    given = [(one, tag(f"tasks['{one}'].outputs?.parameters?.{GIVEN}")) for one in earlier]
    task: Dict = {"name": part.name, "template": _template_of(part, prefix), **arguments_of([*passed, *given])}
    if earlier:
        task["depends"] = " && ".join(earlier)
    return task


def _part_template(part: _Part, inputs: list[str], by_name: dict[str, PlannedTask], home: dict[str, _Part]) -> Dict:
    earlier = list(dict.fromkeys(home[need].name for need in part.stand_ins))
    tasks = _stand_in_tasks(part, by_name, lambda one: f"inputs.parameters['{one}']", home)
    tasks += [task.fields for task in part.tasks]
    followed = {need for task in part.tasks for need in task.needs}
    followed |= {_omitted(need, by_name) for need in part.stand_ins}
    leaves = [str(task["name"]) for task in tasks if task["name"] not in followed]
    tasks.append(
        {"name": _unused("end", by_name), "template": NOOP, "depends": " && ".join(in_any_state(leaf) for leaf in leaves)}
    )
    body: Dict = {}
    if inputs or earlier:
        body["inputs"] = {"parameters": [{"name": one} for one in (*inputs, *earlier)]}
    body |= {"retryStrategy": {"limit": "0"}, "dag": {"failFast": False, "tasks": tasks}}
    if part.given:
        codes = [(need, _given(by_name[need])) for need in part.given]
        body["outputs"] = {"parameters": [{"name": GIVEN, "valueFrom": {"expression": f"toJson({a_map(codes)})"}}]}
    return body


def _unused(name: str, by_name: Container[str]) -> str:
    while name in by_name:
        name += "-x"
    return name


def _omitted(need: str, by_name: Container[str]) -> str:
    """The task by which a stand-in may be Omitted."""
    return _unused(f"{need}-omitted", by_name)


def _given(task: PlannedTask) -> str:
    """Code for what is told of a task: its phase, and its outputs as base64."""
    ref = f"tasks{index(task.name)}"
    outputs = [(name, f"{ref}.outputs?.parameters?{_member(name)}") for name in task.gives]
    fields = [("status", f"{ref}.status"), *((name, f"({code} == nil ? nil : sprig.b64enc({code}))") for name, code in outputs)]
    return a_map(fields)


def _member(name: str) -> str:
    return f".{name}" if name.isidentifier() else f".[{quote(name)}]"


def _stand_in_tasks(
    part: _Part,
    by_name: dict[str, PlannedTask],
    given: Callable[[str], str],
    home: dict[str, _Part],
    *,
    after_parts: bool = False,
) -> list[Dict]:
    """Two tasks for each task of an earlier part that a part needs; `given` is code for what an earlier part tells."""
    tasks: list[Dict] = []
    for need in part.stand_ins:
        told = f"fromJSON({given(home[need].name)}){index(need)}"
        omitted: Dict = {"name": _omitted(need, by_name), "template": NOOP, "when": tag(f"{told}.status == 'Omitted'")}
        # who names a proxy of a step asks for the step too, and can where it is further up
        own = by_name[need].needs if by_name[need].step is None else ()
        waits = [in_any_state(one) for one in own if one in part.stand_ins]
        if after_parts:
            waits.append(home[need].name)
        if waits:
            omitted["depends"] = " && ".join(waits)
        proxy: Dict = {
            "name": need,
            "template": _proxy_name(by_name[need].gives),
            **arguments_of([("told", tag(f"toJson({told})"))]),
            "depends": f"{omitted['name']}.Skipped" + (f" && {home[need].name}" if after_parts else ""),
            "when": tag(f"{told}.status != 'Skipped'"),
        }
        tasks += [omitted, proxy]
    return tasks


def _proxy_name(gives: tuple[str, ...]) -> str:
    return "-".join([PROXY, *gives]).replace("_", "-")[:100]


def _proxy_templates(parts: list[_Part], by_name: dict[str, PlannedTask]) -> dict[str, Dict]:
    sets = dict.fromkeys(by_name[need].gives for part in parts for need in part.stand_ins)
    return {_proxy_name(gives): _proxy_template(gives) for gives in sets}


def _proxy_template(gives: tuple[str, ...]) -> Dict:
    """No pod: fails if the real task did, else gives what it gave."""
    told = "fromJSON(inputs.parameters.told)"
    fail: Dict = {
        "name": "fail",
        "template": FAIL,
        "when": tag(f"{told}.status in ['Failed', 'Error']"),
        **arguments_of([("reason", "it failed in an earlier part")]),
    }
    body: Dict = {
        "inputs": {"parameters": [{"name": "told"}]},
        "retryStrategy": {"limit": "0"},
        "steps": [[fail]],
    }
    if gives:
        outputs = [(name, f"sprig.b64dec({told}{index(name)} ?? '')") for name in gives]
        body["outputs"] = {"parameters": [{"name": name, "valueFrom": {"expression": code}} for name, code in outputs]}
    return body
