"""Whether a DAG ends the same in Airflow and as a workflow: both run it, and what became of its tasks is compared."""
