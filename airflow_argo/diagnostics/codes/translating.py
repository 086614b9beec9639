"""AA2xx: translating a DAG."""

from __future__ import annotations

from airflow_argo.diagnostics.codes.code import ERROR, NOTE, WARNING, Code

TRANSLATING: tuple[Code, ...] = (
    Code("AA202", "a function's source can't travel", ERROR, "Python tasks travel as their source and what that needs."),
    Code("AA203", "a template that only Airflow can render", ERROR, "Its expression isn't a date, param, XCom or the like."),
    Code("AA204", "an XCom of a task that isn't upstream", ERROR, "Argo passes values only along dependencies."),
    Code("AA205", "an XCom that only the run could name", ERROR, "What is pulled has to be known before the run."),
    Code("AA206", "deadlines and SLAs", WARNING, "Airflow's scheduler watches them."),
    Code("AA208", "pools", WARNING, "Pools limit tasks of many DAGs; they are Airflow's."),
    Code("AA209", "priorities", WARNING, "Argo's priority is of whole workflows."),
    Code("AA210", "queues, executors and users", WARNING, "They say which of Airflow's workers runs a task."),
    Code("AA211", "executor_config", WARNING, "It is meant for an executor; our own part of it is under the key argo."),
    Code("AA212", "dependence on earlier runs", WARNING, "Runs of a workflow don't know those before them."),
    Code("AA213", "schedules", WARNING, "Cron expressions can't say all that a timetable does."),
    Code("AA214", "catchup, start and end", WARNING, "A CronWorkflow makes up at most one missed run."),
    Code("AA215", "mapping", ERROR, "What the task is mapped over can't be said as a list."),
    Code("AA217", "times between tries", WARNING, "Argo's backoff is a duration, times a whole number."),
    Code("AA218", "assets", WARNING, "Argo knows no assets."),
    Code("AA221", "failing fast", WARNING, "What stands beside a failure runs to its end; what comes after is skipped."),
    Code("AA222", "limits on runs and instances", WARNING, "Argo limits pods of a workflow, and holders of a semaphore."),
    Code("AA225", "an unknown trigger rule", ERROR, "This Airflow has a rule that is newer than the translation."),
    Code(
        "AA227",
        "an argument that can't travel",
        ERROR,
        "Arguments travel as JSON, with tuples, sets and dates marked.",
    ),
    Code("AA228", "not a template", ERROR, "Jinja doesn't understand the text, so Airflow wouldn't either."),
    Code("AA229", "an argument of an operator", ERROR, "The operator is translated, but not this argument of it."),
    Code("AA230", "an image without a known command", WARNING, "Argo looks the image's entrypoint up in its registry."),
    Code("AA231", "runs in an Airflow image", NOTE, "The operator itself runs there, by Airflow's own task runner."),
    Code("AA232", "needs Airflow's server", ERROR, "The operator asks or changes Airflow's database, which pods don't see."),
    Code("AA233", "a DAG file that can't travel", ERROR, "Argo keeps a workflow in one object of at most 1 MiB."),
    Code("AA234", "state that a try keeps", ERROR, "Each try is a pod of its own, and nothing of it is left for the next."),
    Code(
        "AA235",
        "runs of other DAGs",
        WARNING,
        "A run is a Workflow of the other DAG's WorkflowTemplate; it has no database row.",
    ),
    Code("AA236", "needs another WorkflowTemplate", NOTE, "The run of another DAG is made of its WorkflowTemplate."),
    Code(
        "AA237",
        "a container that no pod is like",
        ERROR,
        "A Docker host has folders, volumes and users that a cluster's nodes don't.",
    ),
    Code(
        "AA238", "an XCom made of stdout", NOTE, "Argo keeps a task's standard output, and its standard error only in the log."
    ),
    Code("AA239", "a Secret that has to be there", NOTE, "Secret values are never written into a manifest."),
    Code("AA240", "looks at workflows", NOTE, "Runs of other DAGs are workflows; Kubernetes' API tells how they stand."),
    Code("AA241", "acts on Kubernetes objects", NOTE, "A resource template has the rights of the workflow's service account."),
    Code("AA242", "values of earlier runs", ERROR, "A workflow has only the values of its own run."),
    Code(
        "AA243",
        "a file that doesn't travel",
        WARNING,
        "Pods get the files of the DAGs folder that a DAG file reads, and those that it names.",
    ),
    Code("AA244", "what Argo doesn't take", ERROR, "A workflow has at most 200 templates, and 1 MiB as JSON."),
    Code("AA245", "a policy for each instance", WARNING, "Airflow asks it before it queues an instance; Argo queues none."),
    Code("AA246", "a run that may not fit", WARNING, "Argo keeps what tasks are given beside the spec, in 1 MiB."),
    Code("AA247", "sets Variables", NOTE, "A Variable is a key of a Secret, which the pod changes by Kubernetes' API."),
    Code("AA248", "files that tasks hand one another", WARNING, "Each task has a pod, and each pod a disk of its own."),
)
