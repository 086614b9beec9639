"""What other tasks pushed: put together when it is asked for, since a value that nobody pulls needn't be readable."""

from __future__ import annotations

from typing import Any, Callable, Dict, Set, Tuple

from .values import ABSENT, decoded


class Xcoms:
    """What came with a task of what others pushed.

    Attributes:
        mapped: ids of the mapped ones among them, of which a value is the list of those of the instances, each at its index.
    """

    def __init__(self, call: Dict[str, Any], value: Callable[[Any], Any]) -> None:
        """What came with a task.

        Args:
            call: has `xcoms`, task id → key → node of the value, and `pushed`, task id → node of all that is there under
                keys: key → base64 of JSON; of a mapped task the list of those.
            value: puts values together from nodes.
        """
        self.mapped: Set[str] = set(call.get("mapped", ()))
        self._nodes, self._pushed, self._value = call.get("xcoms", {}), call.get("pushed", {}), value
        self._found: Dict[Tuple[str, str], Any] = {}

    def has(self, task_id: str, key: str) -> bool:
        """Whether it came with the task what another one pushed under a key, if anything."""
        return key in self._nodes.get(task_id, {}) or task_id in self._pushed

    def get(self, task_id: str, key: str) -> Any:
        """What a task pushed under a key; None if nothing. Of a mapped task a list."""
        if (task_id, key) not in self._found:
            self._found[task_id, key] = self._put_together(task_id, key)
        return self._found[task_id, key]

    def _put_together(self, task_id: str, key: str) -> Any:
        if key in self._nodes.get(task_id, {}):
            return self._value(self._nodes[task_id][key])
        found = self._value(self._pushed.get(task_id))
        if isinstance(found, list):
            return [decoded(one[key]) if one and key in one else ABSENT for one in found]
        return decoded(found[key]) if found and key in found else None

    def all(self) -> Dict[str, Dict[str, Any]]:
        """Task id → key → value, of all of them."""
        keys = {task_id: list(keys) for task_id, keys in self._nodes.items()}
        for task_id, node in self._pushed.items():
            found = self._value(node)
            dicts = found if isinstance(found, list) else [found]
            keys[task_id] = [*keys.get(task_id, ()), *dict.fromkeys(key for one in dicts for key in one or ())]
        return {task_id: {key: self.get(task_id, key) for key in names} for task_id, names in keys.items()}
