"""A run as people see it: its steps. Pods tell them from Argo's nodes too, so that `pod.airflow_task.steps` does it."""

from airflow_argo.pod.airflow_task.steps import ANNOTATION, GROUPS, PENDING, STATES, StepRun, state_of, steps_of

__all__ = ["ANNOTATION", "GROUPS", "PENDING", "STATES", "StepRun", "state_of", "steps_of"]
