"""Which arguments a workflow takes, and needs.

Argo itself ignores those that nothing reads, so that a typo would go unnoticed; and takes a workflow that lacks one, to end it
as an Error.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from airflow_argo.diagnostics import InputError


def check_inputs(spec: Mapping[str, Any], names: Iterable[str]) -> None:
    """Checks that a workflow has these inputs, or reads them at least, and that no other of its inputs lacks a value.

    Args:
        spec: of a Workflow or WorkflowTemplate. Where it refers to templates of others, those may read what this doesn't show.
    Raises:
        InputError: it has no such input, or another one that has no value.
    """
    given, parameters = list(names), (spec.get("arguments") or {}).get("parameters") or ()
    declared = [str(one.get("name")) for one in parameters]
    _check_unknown(spec, [name for name in given if name not in declared], declared)
    if "workflowTemplateRef" in spec:  # there may be values in it
        return
    lacking = [
        f"'{one.get('name')}'"
        for one in parameters
        if one.get("name") not in given and one.get("value") is None and one.get("valueFrom") is None
    ]
    if lacking:
        raise InputError(f"no value is given for input {', '.join(lacking)}", "give one: the manifest has none")


def _check_unknown(spec: Mapping[str, Any], unknown: list[str], declared: list[str]) -> None:
    if not unknown:
        return
    text = json.dumps(spec)
    if "workflow.parameters[" in text or '"templateRef"' in text or '"workflowTemplateRef"' in text:
        return
    for name in unknown:
        if f"workflow.parameters.{name}" not in text:
            near = get_close_matches(name, declared, 1)
            cure = f"did you mean '{near[0]}'?" if near else f"it has: {', '.join(declared) or 'none'}"
            raise InputError(f"the workflow has no input '{name}'", cure)
