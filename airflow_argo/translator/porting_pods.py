"""Pods as Airflow 1.10 and early providers described them, by classes of Airflow instead of those of Kubernetes' client.

Ruff moves the names. What they are called with, and arguments of KubernetesPodOperator, are changed here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from airflow_argo.translator.porting_imports import called

if TYPE_CHECKING:
    from airflow_argo.translator.porting_edits import Edit

_HOMES = frozenset(
    f"airflow.{package}kubernetes.{module}"
    for package in ("", "contrib.")
    for module in ("pod", "pod_runtime_info_env", "volume", "volume_mount")
)
_PARAMETERS = {
    "PodRuntimeInfoEnv": ("name", "field_path"),
    "Port": ("name", "container_port"),
    "Resources": ("request_memory", "request_cpu", "request_ephemeral_storage", "limit_memory", "limit_cpu", "limit_gpu"),
    "Volume": ("name", "configs"),
    "VolumeMount": ("name", "mount_path", "sub_path", "read_only"),
}
"""The classes, and their parameters in order. Source: Airflow 1.10's airflow.kubernetes."""

_POD_OPERATORS = frozenset({"EksPodOperator", "GKEPodOperator", "GKEStartPodOperator", "KubernetesPodOperator"})
_LATER_NAMES = {"node_selectors": "node_selector", "resources": "container_resources"}
_KINDS = {"request": "requests", "limit": "limits"}
_RESOURCES = {"gpu": "nvidia.com/gpu", "ephemeral_storage": "ephemeral-storage"}


def descriptions_of_pods(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """Calls of those classes with the arguments of today's, and KubernetesPodOperator's arguments by their later names."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    classes = {called(one): one.name for node in imports if node.module in _HOMES for one in node.names}
    operators = {called(one) for node in imports for one in node.names if one.name in _POD_OPERATORS}
    if not classes and not operators:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and classes.get(node.func.id) in _PARAMETERS:
            yield from _of_class(node, classes[node.func.id], tree, data)
    for call in _calls_of(operators, tree):
        given = {keyword.arg for keyword in call.keywords}
        for keyword in call.keywords:
            if _LATER_NAMES.get(str(keyword.arg)) not in (None, *given):
                yield from _of_operator(keyword, tree, data)


def _of_class(node: ast.Call, name: str, tree: ast.Module, data: bytes) -> Iterator[Edit]:
    from airflow_argo.translator.porting_edits import span_of, text_in

    if any(isinstance(one, ast.Starred) for one in node.args) or any(one.arg is None for one in node.keywords):
        return
    given = dict(zip(_PARAMETERS[name], node.args, strict=False)) | {str(one.arg): one.value for one in node.keywords}
    texts = {key: text_in(value, data).decode() for key, value in given.items()}
    match name:
        case "Volume":
            parts = _parts_of(given.pop("configs", ast.Dict([], [])), tree, data)
            if parts is None:
                return  # Kubernetes' class says what it can't take
            texts = {key: texts[key] for key in given} | {_snake(key): text for key, text in parts.items()}
        case "PodRuntimeInfoEnv":
            texts["value_from"] = f'{{"fieldRef": {{"fieldPath": {texts.pop("field_path", None)}}}}}'
        case "Resources":
            texts = {key: _dict(value) for key, value in _resources(texts).items()}
    arguments = ", ".join(f"{key}={text}" for key, text in texts.items())
    yield (*span_of(node, data), f"{text_in(node.func, data).decode()}({arguments})".encode())


def _calls_of(operators: set[str], tree: ast.Module) -> Iterator[ast.Call]:
    """Calls of the operators, of the author's subclasses, and of their constructors by `super()`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and {getattr(base, "id", None) for base in node.bases} & operators:
            operators = operators | {node.name}
            yield from (one for one in ast.walk(node) if isinstance(one, ast.Call) and _is_constructor(one.func))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            of = node.func.value if isinstance(node.func, ast.Attribute) and node.func.attr == "partial" else node.func
            if getattr(of, "id", None) in operators:
                yield node


def _is_constructor(of: ast.expr) -> bool:
    return isinstance(of, ast.Attribute) and of.attr == "__init__"


def _of_operator(keyword: ast.keyword, tree: ast.Module, data: bytes) -> Iterator[Edit]:
    from airflow_argo.translator.porting_edits import span_of

    start, end = span_of(keyword, data)
    name = str(keyword.arg)
    parts = _parts_of(keyword.value, tree, data) if name == "resources" else None
    if parts and all(key.partition("_")[0] in _KINDS for key in parts):
        made = {key: _dict(value) for key, value in _resources(parts).items()}
        yield start, end, f"container_resources={_dict(made)}".encode()
    else:
        yield start, start + len(name), _LATER_NAMES[name].encode()


def _parts_of(of: ast.expr, tree: ast.Module, data: bytes) -> dict[str, str] | None:
    """Key → text of the value, of a dict that is written down, there or once at the top of the file; None of another."""
    from airflow_argo.translator.porting_edits import text_in

    if isinstance(of, ast.Name):
        bound = [node.value for node in tree.body if isinstance(node, ast.Assign) and of.id in map(_name, node.targets)]
        return _parts_of(bound[0], tree, data) if len(bound) == 1 and isinstance(bound[0], ast.Dict) else None
    if not isinstance(of, ast.Dict) or not all(isinstance(key, ast.Constant) and isinstance(key.value, str) for key in of.keys):
        return None
    keys = [str(key.value) for key in of.keys if isinstance(key, ast.Constant)]
    return {key: text_in(value, data).decode() for key, value in zip(keys, of.values, strict=True)}


def _name(of: ast.expr) -> str | None:
    return of.id if isinstance(of, ast.Name) else None


def _resources(texts: dict[str, str]) -> dict[str, dict[str, str]]:
    """`request_memory` and the like as Kubernetes has them: requests and limits. Source: Airflow 2's Resources."""
    made: dict[str, dict[str, str]] = {}
    for key, text in texts.items():
        kind, _, of = key.partition("_")
        made.setdefault(_KINDS[kind], {})[_RESOURCES.get(of, of)] = text
    return made


def _dict(texts: dict[str, str]) -> str:
    return "{" + ", ".join(f'"{key}": {text}' for key, text in texts.items()) + "}"


def _snake(key: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()
