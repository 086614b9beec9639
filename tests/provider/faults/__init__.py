"""Campaigns of faults: many tasks of one real Airflow, each hit by a fault; then it is counted what became of them."""
