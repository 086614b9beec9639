"""Artifacts that tasks and steps refer to. Source: resolveArtifact in scope.go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_argo.argo.expr import ExprError, evaluate
from airflow_argo.argo.golang.strconv import quote
from airflow_argo.argo.scope import Scope
from airflow_argo.argo.tags import replace_text, resolve_variable
from airflow_argo.local.controller.faults import TAG_ERRORS, Fault

Artifact = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ArtifactScope:
    """The artifacts that can be referred to, by dotted key.

    Args:
        artifacts: by key; shared, and growing as nodes end.
        visible: whether a key may be seen.
        variables: makes the variables of the template alone, and the outputs of the workflow, for a fromExpression.
    """

    artifacts: Mapping[str, Artifact]
    visible: Callable[[str], bool]
    variables: Callable[[], Scope]

    def with_node(self, reference: str, outputs: Mapping[str, Any]) -> ArtifactScope:
        """With the artifacts of one node more."""
        more = {f"{reference}.outputs.artifacts.{art['name']}": art for art in outputs.get("artifacts") or []}
        if not more:
            return self
        return ArtifactScope({**self.artifacts, **more}, lambda key: key in more or self.visible(key), self.variables)

    def in_arguments(self, arguments: Mapping[str, Any], scope: Scope, *, in_steps: bool) -> Mapping[str, Any]:
        """The arguments with each artifact in place of its reference.

        Args:
            in_steps: an optional artifact may fail in any way; in a DAG it may only not be there.
        Raises:
            Fault: there is none.
        """
        if not any(art.get("from") or art.get("fromExpression") for art in arguments.get("artifacts") or []):
            return arguments
        resolved = []
        for artifact in arguments["artifacts"]:
            if not artifact.get("from") and not artifact.get("fromExpression"):
                resolved.append(artifact)
                continue
            try:
                resolved.append({**self.resolve(artifact, scope), "name": artifact["name"]})
            except Fault as error:
                if artifact.get("optional") and (in_steps or "Unable to resolve" in str(error)):
                    continue
                raise Fault(f"unable to resolve references: {error}" if in_steps else str(error)) from None
        return {**arguments, "artifacts": resolved}

    def resolve(self, artifact: Mapping[str, Any], scope: Scope) -> Artifact:
        """The artifact that `from` or `fromExpression` names.

        Raises:
            Fault: there is none.
        """
        found = self._expression(artifact["fromExpression"]) if artifact.get("fromExpression") else self._named(artifact)
        if not isinstance(found, Mapping):
            raise Fault(f"Variable {{{{{artifact.get('name', '')}}}}} is not an artifact")
        if not artifact.get("subPath"):
            return dict(found)
        try:
            return _below(found, replace_text(artifact["subPath"], scope, allow_unresolved=True))
        except TAG_ERRORS as error:
            raise Fault(str(error)) from None

    def _named(self, artifact: Mapping[str, Any]) -> Any:
        key = artifact["from"].removeprefix("{{").removesuffix("}}").strip()
        if key in self.artifacts and self.visible(key):
            return self.artifacts[key]
        if key.startswith("="):
            return self._expression(key[1:])
        try:
            return resolve_variable(artifact["from"], self.variables())[1]
        except TAG_ERRORS:
            raise Fault(f"Unable to resolve: {quote(key)}") from None

    def _expression(self, source: str) -> Any:
        visible = {key: artifact for key, artifact in self.artifacts.items() if self.visible(key)}
        try:
            return evaluate(source, self.variables().child(visible))
        except ExprError as error:
            raise Fault(str(error)) from None


def _below(artifact: Mapping[str, Any], path: str) -> Artifact:
    located = {
        kind: {**location, "key": f"{location['key'].rstrip('/')}/{path}"}
        for kind, location in artifact.items()
        if isinstance(location, Mapping) and "key" in location
    }
    return {**artifact, **located}
