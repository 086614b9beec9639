"""Which arguments a workflow takes: Argo itself ignores those that nothing reads, so that a typo would go unnoticed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from airflow_argo.diagnostics import InputError


def check_inputs(spec: Mapping[str, Any], names: Iterable[str]) -> None:
    """Checks that a workflow has these inputs, or reads them at least.

    Args:
        spec: of a Workflow or WorkflowTemplate. Where it refers to templates of others, those may read what this doesn't show.
    Raises:
        InputError: it has no such input.
    """
    declared = [str(one.get("name")) for one in (spec.get("arguments") or {}).get("parameters") or ()]
    unknown = [name for name in names if name not in declared]
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
