"""Calls of templates: what a pass keeps of a node between visits, so that it comes back only where something changed.

A call is dirty if a visit could change something. Whoever causes that wakes it, which makes all calls around it dirty and
queues it with its parent's body; a pass goes down along the dirty ones and leaves the others alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from airflow_argo.argo.templates import Template, TemplateScope
from airflow_argo.local.controller.tree import NodeFlag


class Body(Protocol):
    """What runs inside a dag, steps or Retry node."""

    def queue(self, key: Hashable) -> None:
        """Visit a child at the next pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """What a template is called with, besides its arguments.

    Attributes:
        boundary: the name of the dag or steps node around it; "" for the entrypoint and the workflow's hooks.
        on_exit: it is part of an exit handler, which runs even when the workflow is being stopped.
        flag: of the nodes that it makes.
    """

    boundary: str = ""
    on_exit: bool = False
    flag: NodeFlag | None = None


@dataclass(slots=True, eq=False)
class Call:
    """One call of a template.

    Attributes:
        name: of its node.
        holder: the task, step or hook that names the template.
        kind: `tasks` for a DAG task, else `steps`.
        scope: where the holder's template is looked up.
        parent: the call around it, and which of that one's children it is, for a certain body of it.
        template: as resolved, in `inner` its own scope; `processed` with arguments filled in, in pass `processed_in`.
    """

    name: str
    holder: Mapping[str, Any]
    kind: str
    scope: TemplateScope
    arguments: Mapping[str, Any]
    options: CallOptions
    parent: Call | None = None
    key: Hashable = None
    parent_body: Body | None = None
    dirty: bool = True
    inner: TemplateScope | None = None
    template: Template | None = None
    processed: Template | None = None
    processed_in: int = -1
    body: Body | None = None
    body_node: str = ""
    released: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    def wake(self) -> None:
        """Something changed that concerns this call.

        The one around it may be clean though it is dirty: a group that has failed looks at what still runs in it no more.
        """
        call: Call | None = self
        while call is not None:
            parent = call.parent
            known = call.dirty and (parent is None or parent.dirty)
            call.dirty = True
            if not known and parent is not None and call.parent_body is not None and parent.body is call.parent_body:
                call.parent_body.queue(call.key)
            call = parent

    def again(self) -> None:
        """This call has something to do at the next pass; whoever visits it sees that it is still dirty."""
        self.dirty = True
