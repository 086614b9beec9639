"""`airflow-argo submit`."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from airflow_argo.cli.files import Source, one_source, parameters_of
from airflow_argo.cli.report import Report, show_findings, show_ported


def submit(options: Namespace) -> Report:
    """Submits a workflow; as a template or a CronWorkflow it is applied instead."""
    from airflow_argo.compiler.yaml import to_yaml

    source = one_source(options)
    documents: list[dict[str, Any]] = list(source.documents)
    if source.compiled is not None:
        from airflow_argo.cli.commands.translate import manifest_of

        documents = [*source.compiled.config_maps(), manifest_of(source, options.kind or "Workflow")]
    hint = _needed(source)
    if options.dry_run == "client":
        return Report(to_yaml(documents), documents, findings=source.diagnostics, ported=source.ported, hint=hint)
    from airflow_argo.cli.clusters import runner

    cluster = runner(options).cluster
    if not any(document.get("kind") == "Workflow" for document in documents):
        applied = cluster.apply(documents, dry_run=options.dry_run)
        return Report("\n".join(f"{one} applied" for one in applied) or "nothing to change", {"applied": list(applied)})
    parameters = source.runnable().inputs(parameters_of(options))
    done = cluster.submit(documents, name=options.run_name, parameters=parameters, dry_run=options.dry_run)
    if options.dry_run == "server":
        name = done.name or "the workflow"
        return Report(
            f"{name} is accepted", _readable(done.workflow.manifest), findings=source.diagnostics, ported=source.ported
        )
    text = f"{done.name} " + ("is there already" if done.adopted else "submitted")
    if options.wait:
        show_ported(source.ported)
        show_findings(source.diagnostics)
        print(*filter(None, [text, hint]), sep="\n", file=sys.stderr)
        from airflow_argo.cli.commands.wait import waited

        return waited(runner(options).find(done.name), options.timeout)
    data = {"name": done.name, "uid": done.uid, "namespace": cluster.namespace, "adopted": done.adopted}
    return Report(text, data, findings=source.diagnostics, ported=source.ported, hint=hint)


def _needed(source: Source) -> str:
    """Which templates have to be on the cluster, since a DAG creates runs of them."""
    templates = [one["metadata"]["name"] for one in source.documents if one.get("kind") == "WorkflowTemplate"]
    if source.compiled is None or not templates:
        return ""
    found = f"it creates runs of other DAGs, whose WorkflowTemplates have to be there: {', '.join(templates)}"
    return f"{found}; airflow-argo submit FILE --kind WorkflowTemplate applies one"


def _readable(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest as kubectl shows it: without the record of who set which field."""
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "managedFields"}
    return {**manifest, "metadata": metadata}
