"""Links from Airflow's UI to workflows."""

PAGES = "/argo"
"""Where in Airflow's UI the pages of the provider are."""
