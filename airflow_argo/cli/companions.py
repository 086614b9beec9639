"""The other DAGs that a DAG creates runs of, as WorkflowTemplates: found in its file and in those beside it."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from airflow_argo.diagnostics import AirflowArgoError

if TYPE_CHECKING:
    from airflow_argo.compiler.objects import Compiled
    from airflow_argo.model.workflow import Workflow
    from airflow_argo.translator.isolated import IsolatedTranslator

_REFERENCE: Final = re.compile(r'"workflowTemplateRef":\{"name":"([^"{}]+)"\}')

Dict = dict[str, Any]


def companions_of(compiled: Compiled, path: Path, options: Namespace) -> tuple[Dict, ...]:
    """The WorkflowTemplates that a workflow needs, and those that they need. One that isn't found is left to who runs it.

    Args:
        path: of the DAG file.
    """
    from airflow_argo.argo.names import workflow_name
    from airflow_argo.compiler.objects import compile_workflow
    from airflow_argo.translator.isolated import IsolatedTranslator

    found: dict[str, Compiled] = {}
    read: dict[Path, dict[str, Workflow]] = {}
    wanted = _references(compiled)
    with IsolatedTranslator(options.load_timeout) as translator:
        while missing := wanted - found.keys():
            for file in _files(path, missing):
                if file not in read:
                    read[file] = {workflow_name(one.name): one for one in _workflows(translator, file, options)}
            there = {name: workflow for workflows in read.values() for name, workflow in workflows.items()}
            new = {name: compile_workflow(there[name]) for name in sorted(missing & there.keys())}
            found |= new
            wanted = {name for one in new.values() for name in _references(one)}
    return tuple(document for one in found.values() for document in (*one.config_maps(), one.template()))


def _references(compiled: Compiled) -> set[str]:
    manifests = (str((one.get("resource") or {}).get("manifest") or "") for one in compiled.spec["templates"])
    return {name for manifest in manifests for name in _REFERENCE.findall(manifest)}


def _files(path: Path, names: set[str]) -> Iterator[Path]:
    """The file, and those beside it in which a DAG's id may stand. A name differs from its id in case and separators."""
    words = {re.sub(r"[^a-z0-9]", "", name) for name in names}
    for file in [path, *(one for one in sorted(path.parent.glob("*.py")) if one != path)]:
        text = re.sub(r"[^a-z0-9]", "", file.read_text(encoding="utf-8", errors="replace").lower())
        if file == path or any(word in text for word in words):
            yield file


def _workflows(translator: IsolatedTranslator, path: Path, options: Namespace) -> list[Workflow]:
    from airflow_argo.cli.files import settings_for
    from airflow_argo.translator.isolated import translated

    result = translated(translator, path, settings_for(path, options))
    return [] if isinstance(result, AirflowArgoError) else [one.workflow for one in result if one.workflow is not None]
