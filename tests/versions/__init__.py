"""What is tested with each version of Airflow, in an environment of its own: `make versions`."""
