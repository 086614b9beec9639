"""Counts and sizes that Argo, its CRDs or Kubernetes enforce. Sources: the full CRDs of v4.1.2, workflow/packer, etcd."""

MAX_TEMPLATES = 200
"""Templates in one spec (CRD: spec.templates, maxItems)."""

MAX_DAG_TASKS = 200
"""Tasks in one DAG template (CRD: dag.tasks, maxItems). Steps have no such limit."""

MAX_PARAMETERS = 500
"""Input or output parameters of one template (CRD: inputs.parameters, maxItems)."""

MAX_TASK_NAME = 128
"""Characters in the name of a template, task or step (CRD: maxLength)."""

MAX_WORKFLOW_NAME = 63
"""Characters in the name of a Workflow or WorkflowTemplate (workflow/validate)."""

MAX_CRON_WORKFLOW_NAME = 52
"""Characters in the name of a CronWorkflow: its runs get `-<unix time>` behind it (workflow/validate)."""

MAX_WORKFLOW_BYTES = 1024 * 1024
"""A workflow's JSON, status included, that Argo stores (workflow/packer: MAX_WORKFLOW_SIZE); nodes are compressed first."""

MAX_REQUEST_BYTES = 3 * 1024 * 1024
"""A request that the API server takes."""

MAX_ANNOTATION_BYTES = 256 * 1024
"""All annotations of an object (Kubernetes: TotalAnnotationSizeLimitB). A pod's have its node's name, with a loop's item."""

MAX_RESULT_BYTES = 256 * 1024
"""Of a longer standard output only this many last bytes become `outputs.result` (executor.CaptureScriptResult)."""

MAX_ARGUMENT_BYTES = 128 * 1024
"""One argument or environment variable of a process (Linux: MAX_ARG_STRLEN)."""

MAX_TEMPLATE_DEPTH = 100
"""Nested template calls: this one fails, one less runs (controller.maxAllowedStackDepth)."""

MAX_LABEL_VALUE = 63
"""Characters in the value of a Kubernetes label."""
