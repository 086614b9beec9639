"""What somebody may do to a run from outside. Source: workflow/util (StopWorkflow, ResumeWorkflow, SetWorkflow)."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_argo.argo.phases import SUCCEEDED
from airflow_argo.local.controller.faults import Fault
from airflow_argo.local.controller.outputs import export_outputs
from airflow_argo.local.controller.pods import owner
from airflow_argo.local.controller.state import Run
from airflow_argo.local.controller.suspend import supply_defaults
from airflow_argo.local.controller.tree import Node

STRATEGIES = ("Stop", "Terminate")


def stop(run: Run, strategy: str) -> None:
    """Stop the run: Stop lets exit handlers run, Terminate doesn't.

    Raises:
        ValueError: there is no such strategy.
    """
    if strategy not in STRATEGIES:
        raise ValueError(f"'{strategy}' is no strategy; use Stop or Terminate")
    run.shutdown = strategy
    run.wake_all()


def suspend(run: Run) -> None:
    """Start nothing more until the run is resumed."""
    run.suspended = True


def resume(run: Run, node: str | None = None, parameters: Mapping[str, str] | None = None) -> None:
    """Go on: with the run and all suspended nodes, or with one of them.

    Args:
        node: the suspended node's id, name, or name inside its template; None for all.
        parameters: outputs that the node waits for.
    Raises:
        ValueError: there is no such suspended node, or it lacks an output.
    """
    if node is None:
        run.suspended = False
        run.wake_all()
        nodes = [one for one in run.tree if one.suspended]
    else:
        nodes = [_suspended(run, node)]
    for one in nodes:
        if parameters:
            _supply(run, one, parameters)
        if node is None or parameters is not None:
            try:
                supply_defaults(one)
            except Fault as error:
                raise ValueError(str(error)) from None
        run.tree.mark(one.name, SUCCEEDED)
        run.wake(owner(run, one.name))


def set_node(run: Run, node: str, phase: str = "", message: str = "", parameters: Mapping[str, str] | None = None) -> None:
    """Give a suspended node a phase, a message or outputs, and no more than that.

    Raises:
        ValueError: there is no such suspended node, or it waits for no such output.
    """
    one = _suspended(run, node)
    if parameters:
        _supply(run, one, parameters)
    run.tree.mark(one.name, phase or one.phase, message or None)
    run.tree.touch(one)
    run.wake(owner(run, one.name))


def _suspended(run: Run, node: str) -> Node:
    found = [one for one in run.tree if one.suspended and node in (one.id, one.name, one.display_name)]
    if not found:
        waiting = ", ".join(one.name for one in run.tree if one.suspended) or "none"
        raise ValueError(f"no suspended node is called '{node}'; suspended are: {waiting}")
    return found[0]


def _supply(run: Run, node: Node, parameters: Mapping[str, str]) -> None:
    expected = {parameter["name"]: parameter for parameter in (node.outputs or {}).get("parameters") or []}
    for name in parameters:
        if name not in expected:
            raise ValueError(f"node is not expecting output parameter '{name}'")
        if ((expected[name].get("valueFrom") or {}).get("supplied")) is None:
            raise ValueError(f"cannot set output parameter '{name}' because it was already set")
    filled = [
        {**{key: value for key, value in one.items() if key != "valueFrom"}, "value": parameters[name]}
        if name in parameters
        else one
        for name, one in expected.items()
    ]
    node.outputs = {**(node.outputs or {}), "parameters": filled}
    export_outputs(run, {"parameters": [one for one in filled if one["name"] in parameters]})
    run.tree.touch(node)
