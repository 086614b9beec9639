"""By what the runs of a DAG are found on a cluster."""

from airflow_argo.pod.airflow_task.workflows import DAG_ID_LABEL, NAMESPACE_VARIABLE, RUN_ID, label_of

__all__ = ["DAG_ID_LABEL", "NAMESPACE_VARIABLE", "RUN_ID", "label_of"]
