"""All example DAGs that Airflow and its installed providers ship, through Airflow and through translation and engine."""
