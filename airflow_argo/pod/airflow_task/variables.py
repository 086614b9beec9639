"""Variables that a task sets: keys of the Secret from which all pods have them, changed by Kubernetes' API.

Pods that begin later find them in their environment. Those that run have what they began with; so has the task itself, but for
what it sets.
"""

from __future__ import annotations

import base64
import os
import re
from typing import List, Optional

from .workflows import Api, ApiError

PREFIX = "AIRFLOW_VAR_"
CORE = "api/v1"
NOT_FOUND, CONFLICT = 404, 409
_IS_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")


def put_variable(secret: str, name: str, value: Optional[str], api: Optional[Api] = None) -> None:
    """Sets a Variable, or removes it.

    Args:
        secret: the name of the Secret.
        value: None if it is to be no more.
    Raises:
        ApiError: the service account may not change the Secret.
        ValueError: no key of a Secret can be called so.
    """
    if not _IS_KEY.fullmatch(name):
        raise ValueError(f"Variable '{name}' can't be set here: a key of a Secret has letters, digits, '-', '_' and '.'")
    _change(api or Api(), secret, name, value)
    for variable in {PREFIX + name, PREFIX + name.upper()}:
        os.environ.pop(variable, None)
    if value is not None:
        os.environ[PREFIX + name] = os.environ[PREFIX + name.upper()] = value


def variable_names() -> List[str]:
    """The names of all Variables, as the Secret has them: beside each is one in capitals, by which Airflow looks for it."""
    names = {variable[len(PREFIX) :] for variable in os.environ if variable.startswith(PREFIX)}
    doubles = {name.upper() for name in names if name != name.upper()}
    return sorted(names - doubles)


def _change(api: Api, secret: str, name: str, value: Optional[str]) -> None:
    data = {name: None if value is None else base64.b64encode(value.encode()).decode()}
    try:
        api.send("PATCH", "secrets", secret, body={"data": data}, group=CORE)
    except ApiError as error:
        if error.status != NOT_FOUND:
            raise
        if value is None:
            return
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": secret}, "data": data}
        try:
            api.send("POST", "secrets", body=body, group=CORE)
        except ApiError as other:
            if other.status != CONFLICT:
                raise
            api.send("PATCH", "secrets", secret, body={"data": data}, group=CORE)  # another task was faster
