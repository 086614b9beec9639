"""AA4xx: shape and limits of a manifest."""

from __future__ import annotations

from airflow_argo.diagnostics.codes.code import ERROR, WARNING, Code

SHAPE: tuple[Code, ...] = (
    Code("AA401", "no Kubernetes object", ERROR, "Every document has an apiVersion and a kind."),
    Code(
        "AA402", "no such field", ERROR, "Neither hera's models nor the CRDs know the field; a cluster drops it or refuses it."
    ),
    Code(
        "AA403", "a value of another type", ERROR, "Texts that look like numbers or booleans need quotes: y, no, on, 1, null."
    ),
    Code("AA404", "a field that is missing", ERROR, "The API server refuses the document without it."),
    Code(
        "AA405", "a value that isn't allowed", ERROR, "The API server refuses values beyond a field's list, pattern or range."
    ),
    Code(
        "AA406",
        "a bad name",
        ERROR,
        "Templates, tasks and steps have letters, digits and hyphens, and begin with a letter or digit; parameters and "
        "artifacts underscores too; documents are DNS names.",
    ),
    Code(
        "AA407",
        "too long",
        ERROR,
        "Names of templates, tasks and steps have up to 128 characters, of Workflows and WorkflowTemplates 63, of "
        "CronWorkflows 52, since their runs get a time behind the name.",
    ),
    Code(
        "AA408", "a name given twice", ERROR, "Of two things with one name only the last is ever meant, or Argo refuses both."
    ),
    Code(
        "AA409",
        "too many, or none",
        ERROR,
        "The full CRDs allow 200 templates a spec, 200 tasks a DAG and 500 input parameters a template; lists of tasks and "
        "steps are not empty. Steps have no such limit.",
    ),
    Code(
        "AA410",
        "over 1 MiB",
        ERROR,
        "Argo can't store a workflow of more than 1 MiB. One whose spec has more has no phase; one whose nodes add more ends "
        "as Error, or hangs if its last tasks add it. Nodes are compressed; they keep what templates are given.",
    ),
    Code(
        "AA411",
        "fields not checked",
        WARNING,
        "Fields and types are checked by the models of hera, which is not installed: pip install 'airflow-argo[lint]'.",
    ),
    Code("AA412", "fields that exclude one another", ERROR, "A rule between fields of the full CRDs (CEL)."),
    Code("AA413", "a setting in the wrong place", ERROR, "Times limit pods, parallelism limits groups."),
    Code("AA414", "an output from nowhere", ERROR, "Outputs of pods come from files, of groups from tasks or expressions."),
    Code("AA415", "an input that can't be had", ERROR, "Artifacts of pods have a path, and those of groups none."),
    Code(
        "AA416", "a pod that can't be made", ERROR, "No image, a path mounted twice, a reserved name, no action, and the like."
    ),
    Code(
        "AA417", "refused by Argo", ERROR, "Argo's own validation refuses the manifest for a reason without a code of its own."
    ),
    Code("AA418", "a field of a later version", ERROR, "The Argo of --argo-version doesn't have the field yet."),
    Code("AA419", "a field of an earlier version", ERROR, "The Argo of --argo-version doesn't have the field any more."),
    Code("AA420", "a deprecated field", WARNING, "A later version of Argo doesn't have the field."),
    Code("AA421", "no schedule", ERROR, "Five fields as cron has them, @daily and the like, or @every 1h; a known time zone."),
    Code("AA422", "no duration", WARNING, "Seconds, or Go's durations: 30s, 2m, 1h30m."),
    Code("AA423", "a backoff without a limit", WARNING, "Argo waits between attempts only where their number is limited."),
    Code("AA424", "no whole number", ERROR, "Limits and factors of retries are whole numbers."),
    Code(
        "AA425",
        "a value of a suspend",
        ERROR,
        "An output of a suspend template with a plain value crashes the controller's pass.",
    ),
)
