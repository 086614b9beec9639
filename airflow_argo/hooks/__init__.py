"""Airflow hooks: connections of type `argo`."""
