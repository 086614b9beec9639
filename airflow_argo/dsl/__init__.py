"""Write workflows by hand: jobs, loops, conditions; data passed between steps is what makes the dependencies.

Plain classes only, and the model is imported when a workflow is made of them, so that `from airflow_argo import …` is quick.
"""
