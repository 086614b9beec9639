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

_REFERENCE: Final = re.compile(r'"workflowTemplateRef":\{"name":"([^"{}]+)"\}')

Dict = dict[str, Any]


def companions_of(compiled: Compiled, path: Path, options: Namespace) -> tuple[Dict, ...]:
    """The WorkflowTemplates that a workflow needs, and those that they need. One that isn't found is left to who runs it.

    Args:
        path: of the DAG file.
    """
    found: dict[str, Compiled] = {}
    wanted = _references(compiled)
    while wanted - found.keys():
        others = {one.name: one for file in _files(path, wanted - found.keys()) for one in _translated(file, options)}
        new = {name: others[name] for name in wanted - found.keys() if name in others}
        if not new:
            break
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


def _translated(path: Path, options: Namespace) -> Iterator[Compiled]:
    from airflow_argo.cli.files import settings_for
    from airflow_argo.compiler.objects import compile_workflow
    from airflow_argo.translator.isolated import IsolatedTranslator

    try:
        with IsolatedTranslator(options.load_timeout) as translator:
            translations = translator.translate(path, settings_for(path, options), dag_id=None)
    except AirflowArgoError:
        return
    for translation in translations:
        if translation.workflow is not None:
            yield compile_workflow(translation.workflow)
