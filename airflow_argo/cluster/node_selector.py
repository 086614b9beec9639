r"""Selecting nodes by their fields, as `--node-field-selector` does: `displayName=a,phase!=Succeeded`.

    selector = requirement { "," requirement }      requirement = field ( "=" | "==" | "!=" ) value
    a value writes "," as "\,", "=" as "\=" and "\" as "\\"

Source: workflow/util.SelectorMatchesNode, apimachinery/pkg/fields/selector.go. A field that a node lacks is "".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from airflow_argo.diagnostics import InputError

_FIELDS: Final = (
    "displayName, name, id, phase, templateName, templateRef.name, templateRef.template, inputs.parameters.NAME.value"
)
_TERM: Final = re.compile(r"(?:[^,\\]|\\.)*", re.DOTALL)
_REQUIREMENT: Final = re.compile(r"(?P<field>[^=!\\]+)(?P<operator>!=|==?)(?P<value>(?:[^=\\]|\\[,=\\])*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class NodeSelector:
    """Requirements that a node must all fulfil: (field, must be equal, value)."""

    text: str
    requirements: tuple[tuple[str, bool, str], ...]

    def matches(self, node: Mapping[str, Any]) -> bool:
        """Whether a node status fulfils them."""
        fields = _fields(node)
        return all((fields.get(field, "") == value) is equal for field, equal, value in self.requirements)

    def __str__(self) -> str:
        return self.text


def parse_node_selector(text: str) -> NodeSelector:
    """The selector that a text says.

    Raises:
        InputError: at the first part that is no requirement.
    """
    return NodeSelector(text, tuple(_requirement(text, term) for term in _terms(text) if term))


def _terms(text: str) -> list[str]:
    terms, at = [], 0
    while at <= len(text):
        found = _TERM.match(text, at)
        assert found is not None  # it matches the empty text
        terms.append(found.group())
        at = found.end() + 1
    return terms


def _requirement(text: str, term: str) -> tuple[str, bool, str]:
    found = _REQUIREMENT.match(term)
    if not found:
        raise InputError(f"'{term}' in the node selector '{text}' says nothing", f"write FIELD=VALUE; fields are: {_FIELDS}")
    return found["field"], found["operator"] != "!=", re.sub(r"\\(.)", r"\1", found["value"], flags=re.DOTALL)


def _fields(node: Mapping[str, Any]) -> dict[str, str]:
    reference = node.get("templateRef") or {}
    fields = {key: str(node.get(key) or "") for key in ("displayName", "phase", "name", "id")}
    fields["templateName"] = reference.get("template") or node.get("templateName") or ""
    if reference:
        fields |= {"templateRef.name": reference.get("name", ""), "templateRef.template": reference.get("template", "")}
    for parameter in (node.get("inputs") or {}).get("parameters") or ():
        fields[f"inputs.parameters.{parameter['name']}.value"] = str(parameter.get("value") or "")
    return fields
