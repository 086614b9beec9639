"""Whatever can be run → manifests: a workflow of the DSL or the model, an Airflow DAG, a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow_argo.argo.inputs import check_inputs, specs_among
from airflow_argo.compiler.objects import Compiled, compile_workflow
from airflow_argo.diagnostics import InputError
from airflow_argo.model.workflow import Workflow
from airflow_argo.runners.input_values import input_values

Dict = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Runnable:
    """A workflow's manifest, and what it refers to.

    Attributes:
        documents: templates, ConfigMaps and the like, as they are to be applied before.
    """

    manifest: Dict
    documents: tuple[Dict, ...] = ()
    compiled: Compiled | None = None

    def inputs(self, parameters: Mapping[str, Any]) -> Dict:
        """The values for the workflow's inputs, checked: a typo would be no input, and no error of Argo's.

        Raises:
            InputError: it has no such input, one has no value, or the value isn't what the input's schema says.
        """
        values = input_values(self.manifest, parameters)
        check_inputs(self.manifest.get("spec") or {}, values, specs_among(self.documents))
        return values


def runnable(source: Any) -> Runnable:
    """What to run.

    Args:
        source: a Workflow of the DSL or of the model, an Airflow DAG, a manifest, or a list of documents with one Workflow.
    Raises:
        AirflowArgoError: it can't be compiled or translated, or is none of these.
    """
    if isinstance(source, Runnable):
        return source
    if isinstance(source, Mapping):
        return _of_documents([dict(source)])
    if isinstance(source, list | tuple):
        return _of_documents([dict(document) for document in source])
    compiled = compile_workflow(_model_of(source))
    return Runnable(compiled.manifest(), tuple(compiled.config_maps()), compiled)


def _model_of(source: Any) -> Workflow:
    if isinstance(source, Workflow):
        return source
    if hasattr(source, "to_model"):
        model = source.to_model()
        assert isinstance(model, Workflow)
        return model
    if hasattr(source, "dag_id") and hasattr(source, "task_dict"):
        from airflow_argo.translator.dags import translate

        return translate(source).required()
    raise InputError(f"{source!r} is nothing that runs", "give a Workflow, an Airflow DAG or a manifest")


def _of_documents(documents: list[Dict]) -> Runnable:
    workflows = [document for document in documents if document.get("kind") == "Workflow"]
    if len(workflows) != 1:
        found = f"there are {len(workflows)} Workflows" if workflows else "there is no Workflow"
        raise InputError(f"{found} in the manifest", "give one Workflow, and what it refers to")
    others = tuple(document for document in documents if document is not workflows[0])
    return Runnable(workflows[0], others)
