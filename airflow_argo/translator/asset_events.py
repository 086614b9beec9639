"""What functions and templates say to, and ask of, events of assets: Argo knows none."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import FunctionType
from typing import Any, Final

from airflow_argo.translator.airflow_names import is_mapped, operator_class_of
from airflow_argo.translator.code_objects import codes_in
from airflow_argo.translator.readers import rendered_by
from airflow_argo.translator.template_files import texts_in

TRIGGERING: Final = "triggering_asset_events"
INLET: Final = "inlet_events"
ASKED: Final = (TRIGGERING, "triggering_dataset_events", INLET)
WRITTEN: Final = ("outlet_events", "Metadata")
"""Names in Airflow's context, and the class of what a function yields for its outlets."""


def events_in(task: Any) -> list[str]:
    """Those of the names that a task uses: in its function, in the class that its author has written, or in its templates."""
    used = {name for function in _functions_of(task) for name in _names_in(function)}
    texts = [text for text in texts_in(rendered_by(task)) if "_events" in text]
    return [name for name in (*ASKED, *WRITTEN) if name in used or any(name in text for text in texts)]


def _functions_of(task: Any) -> Iterator[FunctionType]:
    given = task.partial_kwargs.get("python_callable") if is_mapped(task) else None
    found = [getattr(task, "python_callable", None) or given]
    authors = [one for one in operator_class_of(task).__mro__ if not one.__module__.startswith(("airflow.", "airflow_argo."))]
    found += [vars(one).get("execute") for one in authors]
    for one in found:
        function = inspect.unwrap(one) if callable(one) else None
        if isinstance(function, FunctionType):
            yield function


def _names_in(function: FunctionType) -> Iterator[str]:
    """What is named in a function: globals and attributes, arguments, keys of the context."""
    codes = list(codes_in(function.__code__))
    known = function.__globals__.get("Metadata")
    if known is None or str(getattr(known, "__module__", "")).startswith("airflow."):
        yield from (name for code in codes for name in code.co_names)
    else:
        yield from (name for code in codes for name in code.co_names if name != "Metadata")
    for code in codes:
        yield from (name for name in (*code.co_varnames, *code.co_consts) if isinstance(name, str) and name.endswith("_events"))
