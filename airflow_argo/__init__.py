"""Airflow DAGs as Argo Workflows: translate them, write your own, run them here or on Kubernetes."""

__version__ = "0.1.0"
