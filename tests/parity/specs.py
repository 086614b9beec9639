"""A DAG as plain data, and the file that it is written as. Made by `strategies`; prints as a DAG file, and shrinks."""

from __future__ import annotations

from dataclasses import dataclass

HEADER = """
from datetime import timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup, task, task_group

AGAIN = {"retries": 1, "retry_delay": timedelta(0)}

with DAG("fuzz", schedule=None) as dag:
    g1, g2 = TaskGroup("g1"), TaskGroup("g2")
    g3, g4 = TaskGroup("g3", parent_group=g1), TaskGroup("g4", prefix_group_id=False)
"""
PREFIXES = {"": "", "g1": "g1.", "g2": "g2.", "g3": "g1.g3.", "g4": ""}
"""Group → what its tasks' ids begin with."""

PARENTS = {"g3": "g1"}
OVER_XCOM = ("over", "over_keys", "over_product", "over_zip", "over_concat", "over_map")
"""Kinds of tasks that are mapped over what a lister returns."""

MAPPED = ("mapped", "keyed", "product", *OVER_XCOM)


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """A task.

    Attributes:
        kind: what it does.
        after: the numbers of the tasks directly before it.
        group: the task group that it is in; none is "".
        codes: how it ends, or its instances do, by exit codes; of a lister: what it returns, those codes.
        choice: of a branch: numbers of tasks and names of groups; None chooses nothing.
        flag: of a short circuit: its answer.
        ignores: of a short circuit: whether it skips whatever comes after it.
        source: of a task that is mapped over an XCom: the number of the lister.
    """

    kind: str
    after: tuple[int, ...] = ()
    rule: str = "all_success"
    group: str = ""
    codes: tuple[int, ...] = (0,)
    choice: tuple[int | str, ...] | None = None
    flag: bool = True
    ignores: bool = True
    source: int = 0


@dataclass(frozen=True, slots=True)
class SetupSpec:
    """A setup, and its teardown if it has one.

    Attributes:
        enters: the tasks directly after the setup; those after them are in its scope too.
        leaves: the tasks directly before the teardown.
        inside: the setup before this one, in whose scope it is; its teardown comes after this one's.
        codes: how setup and teardown end.
        counts: whether the teardown's failure fails the run.
        later: the rule of a task after the teardown; none is "".
    """

    enters: tuple[int, ...]
    leaves: tuple[int, ...]
    inside: bool = False
    codes: tuple[int, int] = (0, 0)
    has_teardown: bool = True
    counts: bool = False
    later: str = ""


@dataclass(frozen=True, slots=True)
class MemberSpec:
    """A member of the mapped group: after which other member, by which rule, and whether it branches."""

    after: int
    rule: str = "all_success"
    branches: bool = False


@dataclass(frozen=True, slots=True)
class MappedGroupSpec:
    """A mapped task group; it is over a lister's XCom, or over codes.

    Attributes:
        before: the task before one of its members; None is none.
        later: the rule of a task after one of its members.
        whole: the rule of a task after the whole group.
    """

    codes: tuple[int, ...]
    members: tuple[MemberSpec, ...]
    source: int | None = None
    before: int | None = None
    later: str = "all_done"
    whole: str = "all_success"


@dataclass(frozen=True, slots=True)
class DagSpec:
    """A DAG.

    Attributes:
        group_edges: (group, task): the task comes after the whole group; (task, group): before it.
    """

    tasks: tuple[TaskSpec, ...]
    setups: tuple[SetupSpec, ...] = ()
    mapped_group: MappedGroupSpec | None = None
    group_edges: tuple[tuple[int | str, int | str], ...] = ()

    def task_id(self, number: int) -> str:
        """Airflow's id of a task."""
        return f"{PREFIXES[self.tasks[number].group]}t{number}"

    def as_dag_file(self) -> str:
        """The text of a DAG file with the DAG `fuzz`."""
        lines = [line for number in range(len(self.tasks)) for line in _in_group(self, number)]
        lines += [f"t{before} >> t{number}" for number, one in enumerate(self.tasks) for before in one.after]
        lines += [f"{_name(one)} >> {_name(other)}" for one, other in self.group_edges]
        lines += [line for number in range(len(self.setups)) for line in _setup(self, number)]
        lines += _mapped_group(self.mapped_group) if self.mapped_group else []
        return HEADER + "".join(f"    {line}\n" for line in lines)

    def __repr__(self) -> str:
        """What has no default, to be pasted as an example."""
        given = [f"{name}={getattr(self, name)!r}" for name in ("setups", "mapped_group", "group_edges") if getattr(self, name)]
        return f"DagSpec({', '.join([f'tasks={self.tasks!r}', *given])})"


def _name(one: int | str) -> str:
    return one if isinstance(one, str) else f"t{one}"


def _in_group(dag: DagSpec, number: int) -> list[str]:
    lines, group = _task(dag, number), dag.tasks[number].group
    return [f"with {group}:", *(f"    {line}" for line in lines)] if group else lines


def _commands(codes: tuple[int, ...]) -> list[str]:
    return [f"echo {number}; exit {code}" for number, code in enumerate(codes)]


def _task(dag: DagSpec, number: int) -> list[str]:  # noqa: C901 - one case a kind
    one, name = dag.tasks[number], f"t{number}"
    own = f'task_id="{name}", trigger_rule="{one.rule}"'
    commands, given = _commands(one.codes), f"t{one.source}.output"
    partial = f"{name} = BashOperator.partial({own})"
    match one.kind:
        case "empty":
            return [f"{name} = EmptyOperator({own})"]
        case "bash":
            return [f'{name} = BashOperator(bash_command="{commands[0]}", {own})']
        case "branch":
            chosen = (
                None if one.choice is None else [dag.task_id(c) if isinstance(c, int) else _group_id(c) for c in one.choice]
            )
            return _python(dag, number, "task.branch", "", [f"return {chosen!r}"])
        case "short":
            decorator = f"task.short_circuit(ignore_downstream_trigger_rules={one.ignores})"
            return _python(dag, number, decorator, "", [f"return {one.flag}"])
        case "lister":
            return _python(dag, number, "task", "", [f"return {commands!r}"])
        case "mapped":
            return [f"{partial}.expand(bash_command={commands!r})"]
        case "keyed":
            return [f"{partial}.expand_kwargs({[{'bash_command': one} for one in commands]!r})"]
        case "product":
            return [f"{partial}.expand(bash_command={commands!r}, cwd=['/', '/tmp'])"]
        case "over":
            return [f"{partial}.expand(bash_command={given})"]
        case "over_product":
            return [f"{partial}.expand(cwd=['/', '/tmp'], bash_command={given})"]
        case "over_keys" | "over_zip" | "over_concat" | "over_map":
            return _mapped_function(number, one, own, given)
        case "pull":
            ids = [dag.task_id(before) for before in one.after]
            pulls = [f"ti.xcom_pull(task_ids={ids!r})"] + [
                f"ti.xcom_pull(task_ids={each!r}, key={key!r})" for each in ids for key in ("return_value", "own", "a")
            ]
            return _python(dag, number, "task", "ti", [f"return [{', '.join(pulls)}]"])
        case "keys":
            return _python(
                dag, number, "task(multiple_outputs=True)", "ti", ['ti.xcom_push("own", [1])', 'return {"a": 1, "b": None}']
            )
        case "none":
            return _python(dag, number, "task", "ti", ['ti.xcom_push("own", "x")'])
        case "final":
            return _python(dag, number, "task(**AGAIN)", "", _raising("AirflowFailException"))
        case "skip":
            return _python(dag, number, "task", "", _raising("AirflowSkipException"))
        case "retry":
            lines = ["if ti.try_number < 2:", '    raise ValueError("no")', "return ti.try_number"]
            return _python(dag, number, "task(**AGAIN)", "ti", lines)
        case _:
            return _value(dag, number)


def _group_id(group: str) -> str:
    return f"{PARENTS[group]}.{group}" if group in PARENTS else group


def _raising(name: str) -> list[str]:
    return [f"from airflow.sdk.exceptions import {name}", f'raise {name}("no")']


def _mapped_function(number: int, one: TaskSpec, own: str, given: str) -> list[str]:
    over = {
        "over_keys": "[{'x': 1}, {'x': 2}]",
        "over_zip": f"{given}.zip({given}, fillvalue='-')",
        "over_concat": f"{given}.concat({given})",
        "over_map": f"{given}.map(lambda x: x.upper())",
    }[one.kind]
    expand = f"expand_kwargs({over})" if one.kind == "over_keys" else f"expand(x={over})"
    body = f"    return [list(x) if isinstance(x, tuple) else x][{1 if one.codes == (1,) else 0}]"
    return [f"@task({own})", f"def t{number}_f(x):", body, f"t{number} = t{number}_f.{expand}.operator"]


def _value(dag: DagSpec, number: int) -> list[str]:
    """A function of what those before it returned; it may fail."""
    one = dag.tasks[number]
    given = [before for before in one.after if dag.tasks[before].kind != "empty"] if one.rule != "always" else []
    names = [f"x{before}" for before in given]
    listed = [f"{name} if {name} is None or isinstance({name}, (str, int, bool, dict)) else list({name})" for name in names]
    lines = ['raise ValueError("no")'] if one.codes[0] else [f"return [{', '.join([repr(f't{number}'), *listed])}]"]
    return _python(dag, number, "task", ", ".join(names), lines, ", ".join(f"t{before}.output" for before in given))


def _python(dag: DagSpec, number: int, decorator: str, parameters: str, body: list[str], arguments: str = "") -> list[str]:
    own = f'task_id="t{number}", trigger_rule="{dag.tasks[number].rule}"'
    decorated = f"@{decorator[:-1]}, {own})" if decorator.endswith(")") else f"@{decorator}({own})"
    made = f"t{number} = t{number}_f({arguments}).operator"
    return [decorated, f"def t{number}_f({parameters}):", *(f"    {line}" for line in body), made]


def _setup(dag: DagSpec, number: int) -> list[str]:
    one, s, t = dag.setups[number], f"s{number}", f"d{number}"
    lines = [f'{s} = BashOperator(task_id="{s}", bash_command="exit {one.codes[0]}").as_setup()']
    lines += [f"{s} >> t{enters}" for enters in one.enters]
    if one.inside:
        lines.append(f"s{number - 1} >> {s}")
    if one.has_teardown:
        lines.append(f'{t} = BashOperator(task_id="{t}", bash_command="exit {one.codes[1]}")')
        lines.append(f"{t}.as_teardown(setups={s}, on_failure_fail_dagrun={one.counts})")
        lines += [f"t{leaves} >> {t}" for leaves in one.leaves]
        if one.inside and dag.setups[number - 1].has_teardown:
            lines.append(f"{t} >> d{number - 1}")
        if one.later:
            lines.append(f'{t} >> EmptyOperator(task_id="after_{t}", trigger_rule="{one.later}")')
    return lines


def _mapped_group(group: MappedGroupSpec) -> list[str]:
    items = repr([f"exit {code}" for code in group.codes]) if group.source is None else f"t{group.source}.output"
    lines = ["@task_group", "def mg(command):", '    m0 = BashOperator(task_id="m0", bash_command=command)']
    for number, member in enumerate(group.members, 1):
        own = f'task_id="m{number}", trigger_rule="{member.rule}"'
        if member.branches:
            lines += [f"    @task.branch({own})", f"    def m{number}_f():", f'        return "mg.m{number + 1}"']
            lines.append(f"    m{number} = m{number}_f().operator")
        else:
            lines.append(f"    m{number} = EmptyOperator({own})")
        lines.append(f"    m{member.after} >> m{number}")
    lines.append(f"whole = mg.expand(command={items})")
    if group.before is not None:
        lines.append(f't{group.before} >> dag.get_task("mg.m{min(1, len(group.members))}")')
    lines.append(f'dag.get_task("mg.m{len(group.members)}") >> EmptyOperator(task_id="after_mg", trigger_rule="{group.later}")')
    lines.append(f'whole >> EmptyOperator(task_id="after_whole", trigger_rule="{group.whole}")')
    return lines
