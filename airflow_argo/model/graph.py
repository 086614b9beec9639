"""Steps and the graphs, loops and groups that they form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from airflow_argo.diagnostics import Origin
from airflow_argo.model.conditions import Condition, Rule
from airflow_argo.model.jobs import Job
from airflow_argo.model.values import Value


@dataclass(frozen=True, slots=True)
class Graph:
    """Steps with edges between them.

    Attributes:
        steps: each after those that it depends on.
        outputs: what the graph gives to those outside of it, by name.
        parallelism: how many of its steps run at once.
    """

    steps: tuple[Step, ...]
    outputs: tuple[tuple[str, Value], ...] = ()
    parallelism: int | None = None


@dataclass(frozen=True, slots=True)
class ForLoop:
    """A body run once for each item, all at once unless `parallelism` says how many.

    Attributes:
        axes: name → list; with several, every combination, the last one varying fastest. An axis over an int n is 0 … n-1.
            A loop over nothing ends skipped.
        reports: an item's failure doesn't fail the loop: rules and readers see the state of each item, as with Airflow's
            mapped tasks. Otherwise the loop fails if an item does.
        rule: of a loop that reports: judges for each item whether it runs, as a step's rule does for the step.
        keyed: its items are objects, so a step whose value is one has to return an object.
    """

    body: Graph
    axes: tuple[tuple[str, Value], ...]
    parallelism: int | None = None
    reports: bool = False
    rule: Rule | None = None
    keyed: bool = False


@dataclass(frozen=True, slots=True)
class WhileLoop:
    """A body run again and again, one iteration after the other, as long as a condition on the last one holds.

    Attributes:
        body: its outputs are those of the iteration; the last iteration's are the loop's.
        condition: reads `Carried` values. Judged before the first iteration too, if `initial` has all that it reads.
        initial: carried name → value for the first iteration; later ones get the body's output of that name.
        max_iterations: where the condition still holds after so many, the loop fails.
    """

    body: Graph
    condition: Condition
    initial: tuple[tuple[str, Value], ...] = ()
    max_iterations: int = 1000


Body: TypeAlias = Job | Graph | ForLoop | WhileLoop


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a graph.

    Attributes:
        id: unique in its graph; any text.
        after: ids of the steps, of the same graph, that must have ended before.
        rule: judges how those ended; None is Argo's own: each of them succeeded or was skipped.
        when: where it is false, the step ends skipped; judged after the rule, on values.
        skips_first: `when` is judged before the rule, so that the step is skipped even if the rule would let it fail.
        counts: whether its failure makes the run fail if nothing follows it.
    """

    id: str
    body: Body
    after: tuple[str, ...] = ()
    rule: Rule | None = None
    when: Condition | None = None
    skips_first: bool = False
    counts: bool = True
    origin: Origin | None = field(default=None, compare=False)
