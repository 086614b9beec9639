"""Airflow DAGs → workflows of the model.

loading: reading DAG files. dags: one DAG. registry and operators/: one operator. trigger_rules, branches, mapping, xcom,
templates, params, tries, schedules: what all operators have in common. left_out: what is not carried over, said so.
"""
