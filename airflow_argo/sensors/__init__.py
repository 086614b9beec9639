"""Airflow sensors: waits for workflows that others submit."""
