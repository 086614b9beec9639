"""AA5xx: what the embedded engine doesn't do."""

from __future__ import annotations

from airflow_argo.diagnostics.codes.code import ERROR, Code

RUNNING: tuple[Code, ...] = (
    Code(
        "AA501",
        "a field that the engine doesn't do",
        ERROR,
        "The field would change how a node ends, and needs a cluster, Argo's agent or the kubelet. Nothing was run. Leave it "
        "out, or run the workflow on a cluster. docs/engine.md lists all fields; those that matter only on Kubernetes are "
        "left out without a word.",
    ),
    Code(
        "AA502",
        "an object that isn't there",
        ERROR,
        "A container refers to a ConfigMap or Secret. Put it into the file as a document of its own, or mark the reference as "
        "optional.",
    ),
    Code(
        "AA503",
        "a document that a run here can't have",
        ERROR,
        "Beside Workflows, CronWorkflows and WorkflowTemplates a file may hold ConfigMaps and Secrets. Service accounts, roles "
        "and claims are left out; other objects act on a cluster.",
    ),
    Code(
        "AA504",
        "a function that expressions don't have here",
        ERROR,
        "Argo's expressions have all of expr-lang and of sprig. Here they lack what makes keys, certificates and password "
        "hashes, encrypts, looks up names or compares versions (semver).",
    ),
)
