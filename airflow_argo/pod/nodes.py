"""Values put together from nodes: the JSON in a call in which `{"$": kind, …}` stands for what was made at run time."""

from __future__ import annotations

import ast
import os
from datetime import timedelta
from typing import Any, Dict

from .run import Run
from .values import decoded, from_json

Json = Any

RUN_FACTS = {"name": "name", "namespace": "namespace", "created": "created", "run_id": "id"}
"""What a pod knows of its run by itself: how nodes call it, and `Run`."""


class Nodes:
    """Puts values together from nodes, `{"$": kind, …}`.

    Attributes:
        values: base64 of JSON of what was made at run time.
    """

    def __init__(self, run: Run, values: list[str], code: str) -> None:
        self.run, self.values, self.code = run, values, code

    def value(self, node: Json) -> Any:
        """The value of a node, or of JSON with nodes in it."""
        if isinstance(node, list):
            return [self.value(part) for part in node]
        if not isinstance(node, dict):
            return node
        if "$" not in node:
            return from_json({key: self.value(part) for key, part in node.items()})
        return getattr(self, "_" + node["$"])(node)

    def _value(self, node: Json) -> Any:
        return decoded(self.values[node["index"]])

    def _code(self, _node: Json) -> Any:
        return self.code

    def _input(self, node: Json) -> Any:
        return self.run.parameter(node["name"], node["type"])

    def _run(self, node: Json) -> Any:
        return getattr(self.run, RUN_FACTS[node["name"]])

    def _override(self, node: Json) -> Any:
        by = self.value(node["by"])
        return by[node["key"]] if node["key"] in by else self.value(node["of"])

    def _evaluated(self, node: Json) -> Any:
        """Source: jinja2.nativetypes.native_concat."""
        found = self.value(node["of"])
        if not isinstance(found, str):
            return found
        try:
            return ast.literal_eval(ast.parse(found, mode="eval"))
        except (ValueError, SyntaxError, MemoryError):
            return found

    def _env(self, node: Json) -> Any:
        if node["name"] in os.environ:
            return os.environ[node["name"]]
        if "absent" in node:
            return self.value(node["absent"])
        raise LookupError(f"the Secret has no key '{node['what']}'")

    def _date(self, node: Json) -> Any:
        dates: Dict[str, Any] = {
            "logical_date": self.run.date,
            "data_interval_start": self.run.start,
            "data_interval_end": self.run.end,
            "run_after": self.run.due,
        }
        moment = dates[node.get("of", "logical_date")] + timedelta(seconds=node["shift"])
        format = node["format"].replace("%:S", "%S.%f" if moment.microsecond else "%S")  # as isoformat() has it
        return "+00:00".join(moment.strftime(part) for part in format.split("%:z"))

    def _member(self, node: Json) -> Any:
        of, key = self.value(node["of"]), node["key"]
        if node.get("attribute") and hasattr(of, key):
            return getattr(of, key)
        try:
            return of[key]
        except (KeyError, IndexError, TypeError):
            if node.get("required"):
                raise LookupError(f"a {type(of).__name__} has no '{key}'") from None
            return self.value(node.get("absent"))

    def _text(self, node: Json) -> Any:
        parts = [self.value(part) for part in node["of"]]
        for part in parts if node.get("only") else ():
            if not isinstance(part, str):
                raise TypeError(f"expected str, bytes or os.PathLike object, not {type(part).__name__}")  # as Popen says it
        return "".join(map(str, parts))

    def _first(self, node: Json) -> Any:
        return next((value for value in map(self.value, node["of"]) if value is not None), None)

    def _object(self, node: Json) -> Any:
        return from_json({key: self.value(part) for key, part in node["of"]})
