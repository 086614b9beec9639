"""Waiting until a moment, without a pod.

Argo resolves arguments anew whenever it comes by a task, and counts the duration of a suspended node from its start: seconds
that are left as they are read would be fewer each time, and it would wait too short (executeDAGTask in dag.go, executeSuspend
in operator.go). Here they are the output of a task before, which is made once.
"""

from __future__ import annotations

from airflow_argo.compiler.drafts import Argument, Bare, Dict, Plain
from airflow_argo.model.values import Value

WAIT_UNTIL, SECONDS_LEFT, WAIT = "wait-until", "seconds-left", "wait-seconds"
INNER = frozenset({SECONDS_LEFT, WAIT})
"""The templates whose tasks nobody sees: what is inside of the one that waits."""

_NO_LIMIT = 10**10
"""Seconds: three centuries."""

_LEFT = "int(date(inputs.parameters.moment).Unix()) - int(now().Unix()) + 1"
_TOO_FAR = "'it is more than ' + inputs.parameters.limit + ' seconds away'"
_INPUTS: Dict = {"parameters": [{"name": "moment"}, {"name": "limit"}]}


def pause_templates(noop: str) -> dict[str, Dict]:
    """The templates of a wait until a moment: name → body.

    Its inputs are the moment, and a limit in seconds: a moment that is further away makes it an Error, whose message says so.

    Args:
        noop: the name of the template that does nothing.
    """
    passed = [{"name": name, "value": f"{{{{inputs.parameters.{name}}}}}"} for name in ("moment", "limit")]
    seconds = "{{= tasks['left'].outputs?.parameters?.seconds ?? 'nobody knows how long' }}"
    left = f"{_LEFT} > int(inputs.parameters.limit) ? {_TOO_FAR} : string(max(0, {_LEFT}))"
    return {
        WAIT_UNTIL: {
            "inputs": _INPUTS,
            "retryStrategy": {"limit": "0"},
            "dag": {
                "failFast": False,
                "tasks": [
                    {"name": "left", "template": SECONDS_LEFT, "arguments": {"parameters": passed}},
                    {
                        "name": "wait",
                        "template": WAIT,
                        "arguments": {"parameters": [{"name": "seconds", "value": seconds}]},
                        "depends": "left",
                    },
                ],
            },
        },
        SECONDS_LEFT: {
            "inputs": _INPUTS,
            "dag": {"tasks": [{"name": "nothing", "template": noop, "when": "false"}]},
            "outputs": {"parameters": [{"name": "seconds", "valueFrom": {"expression": left}}]},
        },
        WAIT: {
            "inputs": {"parameters": [{"name": "seconds"}]},
            "suspend": {"duration": "{{inputs.parameters.seconds}}"},
        },
    }


def pause_arguments(until: Value, limit: int | None) -> dict[str, Argument]:
    """What a wait is given."""
    return {"moment": Bare(until), "limit": Plain(str(_NO_LIMIT if limit is None else limit))}
