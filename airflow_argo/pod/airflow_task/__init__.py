"""Runs an operator of a DAG file as Airflow does, in an image that has Airflow, without its server or database.

Airflow's own task runner does the work; what it asks its supervisor is answered from what travelled with the task. These files
lie beside the pod's program, so they import nothing of the package around them.
"""
