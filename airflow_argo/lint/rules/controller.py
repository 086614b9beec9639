"""What else the controller refuses: its own validation, which stops at the first fault. Source: workflow/validate."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_argo.argo.expr import UnsupportedExpression
from airflow_argo.argo.templates import TemplateScope
from airflow_argo.argo.validation import InvalidSpec, check_document
from airflow_argo.argo.validation.leaf import check_leaf
from airflow_argo.lint.finding import Finding, rule
from airflow_argo.lint.located import located
from airflow_argo.lint.subjects import Document, Template


def refused(document: Document) -> Iterator[Finding]:
    """The first thing that the controller finds wrong; asked only about documents in which nothing else is."""
    documents = [one.clean for one in document.bundle.documents]
    try:
        check_document(document.clean, documents)
    except InvalidSpec as error:
        path, reason = located(error.message, document.spec, document.spec_path, document.paths)
        yield Finding(path, f"Argo refuses this: {reason}")
    except UnsupportedExpression:
        return  # it would be evaluated with values that aren't known yet
    except (KeyError, TypeError, AttributeError, ValueError, IndexError):
        return  # a part of a Kubernetes object has a wrong shape, which the schema says


@rule("AA416", on=Template)
def leaf(template: Template) -> Iterator[Finding]:
    """A pod, resource or suspend that can't be made from what is said."""
    if not template.kind or template.is_group:
        return
    document = template.document
    scope = TemplateScope("local", document.name, {}, document.defaults)
    try:
        check_leaf({**template.body, "parallelism": None}, scope)
    except InvalidSpec as error:
        path, reason = located(error.message, document.spec, document.spec_path, document.paths)
        yield Finding(path if path != document.spec_path else template.path, reason)
    except (KeyError, TypeError, AttributeError):
        return  # a part of a Kubernetes object has a wrong shape, which the schema says
