"""Airflow task decorators: `@task.argo`."""
