"""The rules, a module a topic. Importing this fills `airflow_argo.lint.finding.RULES`."""

from airflow_argo.lint.rules import (
    absent,
    calls,
    conditions,
    controller,
    depth,
    expressions,
    graphs,
    labels,
    loops,
    lost_groups,
    names,
    schedules,
    shapes,
    size,
    templates,
    variables,
    versions,
)
from airflow_argo.lint.rules.controller import refused

__all__ = [
    "absent",
    "calls",
    "conditions",
    "controller",
    "depth",
    "expressions",
    "graphs",
    "labels",
    "loops",
    "lost_groups",
    "names",
    "refused",
    "schedules",
    "shapes",
    "size",
    "templates",
    "variables",
    "versions",
]
