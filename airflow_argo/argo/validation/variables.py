"""Which variables a text may refer to, as validation sees it: names only. Source: resolveAllVariables in workflow/validate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from airflow_argo.argo.scope import PLACEHOLDER_PREFIX
from airflow_argo.argo.tags import TagKind, TemplateError, refuse_open_tag, tags
from airflow_argo.argo.validation.faults import InvalidSpec

ANY_ITEM: Final = "item.*"
ANY_OUTPUT_PARAMETER: Final = "workflow.outputs.parameters.*"
ANY_OUTPUT_ARTIFACT: Final = "workflow.outputs.artifacts.*"
_CHECKED: Final = ("item.", "steps.", "inputs.", "outputs.", "pod.", "workflow.", "tasks.")
"""Tags that begin otherwise are nobody's variables, and stay as they are."""
_KNOWN_LATER: Final = (
    "outputs.",
    "workflow.creationTimestamp",
    "workflow.scheduledTime",
    "workflow.duration",
    "tasks.name",
    "steps.name",
    "node.name",
)


def _nothing(_tag: str) -> bool:
    return False


@dataclass(slots=True)
class Known:
    """The names of the variables that can be used at a place.

    Args:
        names: of this template.
        everywhere: of the workflow.
        isolated: a WorkflowTemplate is looked at alone, whose users may have more parameters.
        more: whether a name is known besides.
    """

    names: set[str]
    everywhere: dict[str, object]
    isolated: bool
    more: Callable[[str], bool] = field(default=_nothing)

    def check(self, text: str) -> None:
        """Look up all simple tags of a text; expressions are not looked into.

        Raises:
            InvalidSpec: one isn't known, or is not closed.
        """
        if "{{" not in text:
            return
        try:
            refuse_open_tag(text)
        except TemplateError as error:
            raise InvalidSpec(str(error)) from None
        for tag in tags(text):
            if tag.kind is TagKind.SIMPLE and tag.key.startswith(_CHECKED) and not self._knows(tag.key):
                raise InvalidSpec(f"failed to resolve {{{{{tag.text}}}}}")

    def _knows(self, name: str) -> bool:
        if name in self.names or name in self.everywhere or self.more(name) or name.startswith(_KNOWN_LATER):
            return True
        if name.startswith("item."):
            return ANY_ITEM in self.names
        if name.startswith("workflow.outputs.parameters."):
            return self._has(ANY_OUTPUT_PARAMETER)
        if name.startswith("workflow.outputs.artifacts."):
            return self._has(ANY_OUTPUT_ARTIFACT)
        return self.isolated and name.startswith("workflow.parameters")

    def _has(self, name: str) -> bool:
        return name in self.names or name in self.everywhere


class Placeholders:
    """Values that stand for others which are not known yet, no two alike. Source: common.PlaceholderGenerator."""

    def __init__(self) -> None:
        self._count = 0

    def next(self) -> str:
        """A new one."""
        self._count += 1
        return f"{PLACEHOLDER_PREFIX}{self._count}"


def is_placeholder(text: object) -> bool:
    """Whether a value is not known yet."""
    return isinstance(text, str) and text.startswith(PLACEHOLDER_PREFIX)
