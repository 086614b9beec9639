"""The tasks of a DAG template in the making: what stands in the manifest, and what it refers to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from airflow_argo.compiler.scope import OUTCOME, OUTCOMES, VALUES, parameter_name
from airflow_argo.model.graph import ForLoop, Graph, Step, WhileLoop
from airflow_argo.model.jobs import reports

Dict = dict[str, Any]


@dataclass(slots=True)
class PlannedTask:
    """A task.

    Attributes:
        fields: as they stand in the manifest.
        needs: names of the tasks whose end states or outputs it refers to.
        step: the author's step that it stands for.
        stays: it belongs to the graph as a whole, and is in none of the parts of a graph that is cut.
    """

    fields: Dict
    needs: tuple[str, ...] = ()
    step: Step | None = None
    stays: bool = False

    @property
    def gives(self) -> tuple[str, ...]:
        """Names of the output parameters that others may read."""
        return () if self.step is None else given_outputs(self.step)

    @property
    def name(self) -> str:
        """The task's name."""
        return str(self.fields["name"])


@dataclass(slots=True)
class Cut:
    """A DAG that is within Argo's limit: the tasks of the template itself, and templates for the rest.

    Attributes:
        helpers: names of tasks that stand for no step.
    """

    tasks: list[Dict]
    parts: dict[str, Dict] = field(default_factory=dict)
    proxies: dict[str, Dict] = field(default_factory=dict)
    helpers: set[str] = field(default_factory=set)


def given_outputs(step: Step) -> tuple[str, ...]:
    """The output parameters of the template of a step's body."""
    match step.body:
        case ForLoop(reports=True):
            return (OUTCOMES,)
        case Graph(outputs=outputs) | ForLoop(body=Graph(outputs=outputs)) | WhileLoop(body=Graph(outputs=outputs)):
            return (VALUES,) if outputs else ()
        case job if reports(job):
            return (OUTCOME,)
        case job:
            return tuple(parameter_name(spec.name) for spec in getattr(job, "outputs", ()) if spec.path is not None)
