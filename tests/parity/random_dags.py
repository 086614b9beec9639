"""Random DAG files: any rule, branches, short circuits, mapping, groups, setups, failures, skips, values between tasks.

A DAG is made of a random number generator alone, so a seed names it for ever (of one version of this file).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

RULES = (
    "all_success", "all_failed", "all_done", "all_done_min_one_success", "all_skipped", "none_failed",
    "none_failed_min_one_success", "none_skipped", "one_done", "one_failed", "one_success",
)  # fmt: skip
CODES = (0, 0, 0, 1, 99)
KINDS = ("bash", "bash", "empty", "value", "value", "branch", "short", "mapped", "mapped_over", "lister", "pull")
HEADER = """
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup, task, task_group

with DAG("fuzz", schedule=None) as dag:
    g1, g2 = TaskGroup("g1"), TaskGroup("g2")
"""


@dataclass(slots=True)
class Node:
    """A task in the making.

    Attributes:
        after: names of those directly before it.
        group: the id of the group that it is in; None is no group.
    """

    name: str
    kind: str
    after: list[str]
    rule: str
    group: str | None = None
    lines: list[str] = field(default_factory=list)

    @property
    def task_id(self) -> str:
        """Airflow's id of it."""
        return f"{self.group}.{self.name}" if self.group else self.name


def random_dag(random: Random) -> str:
    """The text of a DAG file with one DAG, `fuzz`."""
    nodes: list[Node] = []
    for number in range(random.randint(2, 8)):
        nodes.append(_node(f"t{number}", nodes, random))
    for node in nodes:
        _write(node, nodes, random)
    lines = [line for node in nodes for line in _in_group(node)]
    lines += [f"{before} >> {node.name}" for node in nodes for before in node.after]
    lines += _mapped_group(nodes, random) if random.random() < 0.25 else []
    lines += _setup(nodes, random) if random.random() < 0.25 else []
    return HEADER + "".join(f"    {line}\n" for line in lines)


def _node(name: str, before: list[Node], random: Random) -> Node:
    after = sorted(random.sample([one.name for one in before], min(len(before), random.choice((0, 1, 1, 2, 3)))))
    rule = random.choice(RULES) if random.random() < 0.6 else "all_success"
    kind = random.choice(KINDS)
    if kind == "mapped_over" and not any(one.kind == "lister" for one in before):
        kind = "lister"
    return Node(name, kind, after, rule, random.choice((None, None, "g1", "g2")))


def _in_group(node: Node) -> list[str]:
    if node.group is None:
        return node.lines
    return [f"with {node.group}:", *(f"    {line}" for line in node.lines)]


def _write(node: Node, nodes: list[Node], random: Random) -> None:
    own = f'task_id="{node.name}", trigger_rule="{node.rule}"'
    children = [one.task_id for one in nodes if node.name in one.after]
    match node.kind:
        case "empty":
            node.lines = [f"{node.name} = EmptyOperator({own})"]
        case "bash":
            command = f"echo {node.name}; exit {random.choice(CODES)}"
            node.lines = [f'{node.name} = BashOperator(bash_command="{command}", {own})']
        case "branch":
            choice = sorted(random.sample(children, random.randint(0, len(children)))) or random.choice(([], None))
            node.lines = _python(node, "task.branch", "", [f"return {choice!r}"])
        case "short":
            ignores = random.random() < 0.5
            decorator = f"task.short_circuit(ignore_downstream_trigger_rules={ignores})"
            node.lines = _python(node, decorator, "", [f"return {random.random() < 0.5}"])
        case "lister":
            codes = [f"echo {number}; exit {random.choice(CODES)}" for number in range(random.randint(0, 3))]
            node.lines = _python(node, "task", "", [f"return {codes!r}"])
        case "mapped":
            codes = [f"echo {number}; exit {random.choice(CODES)}" for number in range(random.randint(0, 3))]
            node.lines = [f"{node.name} = BashOperator.partial({own}).expand(bash_command={codes!r})"]
        case "mapped_over":
            source = random.choice([one for one in nodes[: nodes.index(node)] if one.kind == "lister"])
            node.lines = [f"{node.name} = BashOperator.partial({own}).expand(bash_command={source.name}.output)"]
        case "pull":
            ids = [one.task_id for one in nodes if one.name in node.after]
            node.lines = _python(node, "task", "ti", [f"return [ti.xcom_pull(task_ids={ids!r}), {_pulls(ids)}]"])
        case _:
            _write_value(node, nodes, random)


def _pulls(ids: list[str]) -> str:
    return ", ".join(f"ti.xcom_pull(task_ids={one!r})" for one in ids)


def _write_value(node: Node, nodes: list[Node], random: Random) -> None:
    """A function of what those before it returned; it may fail."""
    given = [one.name for one in nodes if one.name in node.after and one.kind != "empty"]
    names = [f"x{number}" for number in range(len(given))]
    listed = [f"{name} if {name} is None or isinstance({name}, (str, int, bool)) else list({name})" for name in names]
    lines = ['raise ValueError("no")'] if random.random() < 0.15 else [f"return [{', '.join([repr(node.name), *listed])}]"]
    node.lines = _python(node, "task", ", ".join(names), lines, ", ".join(f"{one}.output" for one in given))


def _python(node: Node, decorator: str, parameters: str, body: list[str], arguments: str = "") -> list[str]:
    named = f'task_id="{node.name}", trigger_rule="{node.rule}"'
    decorated = f"@{decorator[:-1]}, {named})" if decorator.endswith(")") else f"@{decorator}({named})"
    made = f"{node.name} = {node.name}_f({arguments}).operator"
    return [decorated, f"def {node.name}_f({parameters}):", *(f"    {line}" for line in body), made]


def _mapped_group(nodes: list[Node], random: Random) -> list[str]:
    """A mapped group of a chain or a fan of tasks, after and before some others."""
    listers = [one.name for one in nodes if one.kind == "lister"]
    codes = [f"exit {random.choice(CODES)}" for _ in range(random.randint(0, 3))]
    items = f"{random.choice(listers)}.output" if listers and random.random() < 0.6 else repr(codes)
    lines = ["@task_group", "def mg(command):", '    m0 = BashOperator(task_id="m0", bash_command=command)']
    for number in range(1, random.randint(2, 4)):
        rule = random.choice(RULES)
        before = f"m{random.randrange(number)}"
        lines.append(f'    m{number} = EmptyOperator(task_id="m{number}", trigger_rule="{rule}")')
        lines.append(f"    {before} >> m{number}")
    lines.append(f"mg.expand(command={items})")
    if random.random() < 0.7:
        lines.append(f'{random.choice(nodes).name} >> dag.get_task("mg.m1")')
    lines.append(f'dag.get_task("mg.m1") >> EmptyOperator(task_id="after_mg", trigger_rule="{random.choice(RULES)}")')
    return lines


def _setup(nodes: list[Node], random: Random) -> list[str]:
    """A setup and its teardown around a task of their own, after one of the others."""
    counts = random.random() < 0.3
    lines = [
        f'made = BashOperator(task_id="made", bash_command="exit {random.choice(CODES)}").as_setup()',
        f'used = BashOperator(task_id="used", bash_command="exit {random.choice(CODES)}")',
        'later = EmptyOperator(task_id="later")',
        f'gone = BashOperator(task_id="gone", bash_command="exit {random.choice(CODES)}")',
        f"gone.as_teardown(setups=made, on_failure_fail_dagrun={counts})",
        "made >> used >> later >> gone",
    ]
    if random.random() < 0.5:
        lines.append(f"{random.choice(nodes).name} >> made")
    if random.random() < 0.5:
        lines.append(f'gone >> EmptyOperator(task_id="after_gone", trigger_rule="{random.choice(RULES)}")')
    return lines
