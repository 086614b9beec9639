"""Manifests as YAML for people: fields in Argo's order, long texts as blocks, expressions without doubled quotes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


_READ_OTHERWISE = re.compile(r"[yYnN]\Z|[-+]?\.?[0-9][-+.0-9a-fA-FxXoO_]*\Z")
"""Texts that Go reads as bools or numbers, though PyYAML doesn't: `n`, `1e3`, `0o7`."""


class _ManifestDumper(_Dumper):  # type: ignore[misc]
    """libyaml's emitter, and how texts look."""

    def ignore_aliases(self, _data: Any) -> bool:
        """No anchors: what stands twice is written twice."""
        return True


def _represent_text(_dumper: Any, text: str) -> yaml.ScalarNode:
    style = None
    if "\n" in text:
        style = "|"
    elif _READ_OTHERWISE.match(text):
        style = "'"
    elif "'" in text and '"' not in text and "\\" not in text:
        style = '"'
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style=style)


_ManifestDumper.add_representer(str, _represent_text)


def to_yaml(documents: Iterable[Mapping[str, Any]]) -> str:
    """The YAML text of some manifests, one document each."""
    made = yaml.dump_all(
        documents, Dumper=_ManifestDumper, sort_keys=False, allow_unicode=True, width=1_000_000, default_flow_style=False
    )
    return str(made)
