"""What a template runs, in a word and a few more: its kind, and a note such as the image."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import yaml

from airflow_argo.argo.templates import template_type
from airflow_argo.graph.model import Kind
from airflow_argo.graph.source import Dict, mapping, mappings, text


def kind_of(template: Dict) -> tuple[Kind, str]:
    """The kind of a template's node, and what it is made of."""
    type_ = template_type(template)
    if type_ in ("container", "script"):
        return Kind.POD, text(mapping(template, type_), "image")
    if type_ == "containerSet":
        return Kind.POD, f"{len(mappings(mapping(template, type_), 'containers'))} containers"
    if type_ == "resource":
        return Kind.RESOURCE, _resource(mapping(template, type_))
    if type_ == "http":
        return Kind.HTTP, _request(mapping(template, type_))
    if type_ == "suspend":
        return _pause(str(mapping(template, type_).get("duration") or ""))
    if type_ in ("dag", "steps"):
        return Kind.GROUP, ""
    if type_ == "plugin":
        return Kind.PLUGIN, ", ".join(mapping(template, type_))
    return Kind.POD, type_


def reference(holder: Dict) -> str:
    """What a task calls that isn't in the manifest."""
    ref = mapping(holder, "templateRef")
    if ref:
        return "/".join(filter(None, (text(ref, "name"), text(ref, "template"))))
    name = text(holder, "template")
    return f"template {name}" if "{{" in name else f"there is no template {name or 'here'}"


def _pause(duration: str) -> tuple[Kind, str]:
    """`suspend: {duration: "0"}` is a step that does nothing, and without a duration it waits to be resumed."""
    if duration in ("0", "0s"):
        return Kind.NO_POD, ""
    if not duration:
        return Kind.WAIT, "until resumed"
    return Kind.WAIT, f"{duration}s" if duration.isdigit() else duration


def _resource(resource: Dict) -> str:
    return " ".join(filter(None, (text(resource, "action"), _kind_in(resource))))


def _kind_in(resource: Dict) -> str:
    """The kind of the object in a manifest, which may have tags in it that make it no YAML."""
    try:
        found = yaml.safe_load(text(resource, "manifest"))
    except (yaml.YAMLError, RecursionError, ValueError):
        return ""
    return str(found.get("kind") or "") if isinstance(found, Mapping) else ""


def _request(http: Dict) -> str:
    """Method and address, without what may be secret in it: user, password, query."""
    url = text(http, "url")
    try:
        parts = urlsplit(url)
        address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.scheme else parts.path
    except ValueError:
        address = ""
    return f"{text(http, 'method') or 'GET'} {address}".strip()
