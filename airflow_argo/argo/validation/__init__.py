"""What Argo refuses: the API server by its CRDs (`crd`), the controller when it first sees a workflow (`spec`).

`schema` is the table of fields that both, and the engine's list of what it supports, are made from.
"""

from airflow_argo.argo.validation.crd import Fault, crd_faults
from airflow_argo.argo.validation.faults import InvalidSpec
from airflow_argo.argo.validation.schema import fields_below, fields_of, normalized
from airflow_argo.argo.validation.spec import check_document, check_workflow

__all__ = [
    "Fault",
    "InvalidSpec",
    "check_document",
    "check_workflow",
    "crd_faults",
    "fields_below",
    "fields_of",
    "normalized",
]
