"""What a workflow is: frozen data that knows neither Airflow nor Argo.

values: what a run will know. conditions: tests on values and on how steps ended, rules. jobs: what a step does. graph: steps,
graphs and loops. workflow: the whole.
"""
