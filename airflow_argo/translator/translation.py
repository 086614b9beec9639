"""What becomes of a DAG: a workflow, or the reasons why not."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_argo.diagnostics import Diagnostic, DiagnosticsError
from airflow_argo.model.workflow import Workflow


class TranslationError(DiagnosticsError):
    """A DAG can't be translated, or not without losing something that was to be kept."""


@dataclass(frozen=True, slots=True)
class Translation:
    """What became of a DAG.

    Attributes:
        workflow: None if the DAG is refused; then a diagnostic is an error.
        diagnostics: in the order in which they were found; empty if nothing was lost.
        made_in: the file whose code made the DAG; that of a DAG which a file imports is another.
        ported: what was changed in its file and modules before Airflow read them, as lines of unified diffs.
    """

    dag_id: str
    workflow: Workflow | None
    diagnostics: tuple[Diagnostic, ...]
    tasks: int
    ported: tuple[str, ...] = ()
    made_in: str = ""

    def required(self) -> Workflow:
        """The workflow.

        Raises:
            TranslationError: the DAG is refused.
        """
        if self.workflow is None:
            raise self.refused()
        return self.workflow

    def refused(self, *more: Diagnostic) -> TranslationError:
        """That the DAG is refused, for its diagnostics and for more."""
        return TranslationError(f"DAG '{self.dag_id}' can't be translated", (*self.diagnostics, *more))
