"""Where the shape of a manifest comes from: the models of hera, or the CRDs of a cluster."""

from airflow_argo.lint.schemas.crds import CrdSchema
from airflow_argo.lint.schemas.fault import Schema, ShapeFault
from airflow_argo.lint.schemas.hera import HeraSchema, hera_is_installed

__all__ = ["CrdSchema", "HeraSchema", "Schema", "ShapeFault", "hera_is_installed"]
