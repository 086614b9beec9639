"""Run workflows: here, on the embedded engine, or on Argo. Both give a `Run` with the same surface."""
