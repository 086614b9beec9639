"""The tasks around a workflow in Airflow's DAG: they must not change which tasks' ends make that of the run.

A run ends as those of its tasks do that no others follow, or only teardowns (DagRun._tis_for_dagrun_state). So a task before
teardowns of the workflow, and nothing else, must not seem to be followed by the submission; and where a DAG has nothing but
teardowns, the submission must not seem to be the only task that counts. There it is a teardown itself.
"""

from __future__ import annotations

from typing import Any, Final

from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator
from airflow_argo.translator.leaves import counts, leaves_of

OF_ITS_OWN: Final[dict[str, Any]] = {
    "inlets": [],
    "outlets": [],
    **dict.fromkeys(("on_execute_callback", "on_success_callback", "on_skipped_callback")),
}
"""What such a task doesn't take from the defaults of the authors' tasks: nobody else is told that a workflow was submitted."""


class NotCounted:
    """For a task around a workflow, whose `workflow` is the PartOfDag."""

    @property
    def is_teardown(self) -> bool:
        """Known when all edges are drawn; asked whenever Airflow wants to know."""
        part = vars(self).get("workflow")
        if part is None:  # it is being made
            return False
        if not part.show_steps:  # it stands for the tasks
            return not any(map(counts, part.own.values()))
        tasks = part.dag.task_dict
        others = {task_id for task_id, task in tasks.items() if not isinstance(task, NotCounted)}
        if not any(counts(tasks[task_id]) for task_id in others):
            return True
        before = {above for task_id in part.around() & tasks.keys() for above in tasks[task_id].upstream_task_ids}
        return not before.isdisjoint(leaves_of(part.dag, others))

    @is_teardown.setter
    def is_teardown(self, value: bool) -> None:
        """Airflow's classes set what they begin with."""


class ArgoOffloadOperator(NotCounted, ArgoSubmitWorkflowOperator):
    """Submits the tasks that were taken out of a DAG."""

    def resolve_template_files(self) -> None:
        """Called by Airflow when it has loaded the file: all tasks are there by then, those after the workflow too."""
        super().resolve_template_files()
        self.workflow.check()
