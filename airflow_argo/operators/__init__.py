"""Airflow operators: a workflow as a task."""
