"""Airflow's UI: a page beside each DAG run that lists its workflows."""
