"""`python -m airflow_argo` is `airflow-argo`."""

import sys

from airflow_argo.cli import main

if __name__ == "__main__":
    sys.exit(main())
