raise RuntimeError("airflow never imports this dag")
