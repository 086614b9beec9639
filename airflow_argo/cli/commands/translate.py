"""`airflow-argo translate`."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_argo.cli.files import Source, dsl_sources, found_files, is_ours, not_written, settings_for, source_of, take_values
from airflow_argo.cli.names import Named, imported, named_alike
from airflow_argo.cli.report import Report, show_ported, with_progress
from airflow_argo.diagnostics import AirflowArgoError, ExitCode, InputError, Severity

if TYPE_CHECKING:
    from airflow_argo.translator.translation import Translation

Dict = dict[str, Any]


def translate(options: Namespace) -> Report:
    """The manifests of all DAGs and workflows that the paths name. Either all are written, or none."""
    take_values(options)
    found, failures = _sources(options)
    findings = [finding for source in found for finding in source.diagnostics]
    ported = tuple(line for diff in dict.fromkeys(source.ported for source in found) for line in diff)
    if options.strict:
        failures += [str(finding) for finding in findings if finding.severity is not Severity.NOTE]
    if failures:
        show_ported(ported)
        raise Refused(failures)
    manifests = [(source.name, [manifest_of(source, options.kind), *source.compiled.config_maps()]) for source in found]
    if options.output_dir:
        report = _written(manifests, Path(options.output_dir), options)
    else:
        documents = [document for _, made in manifests for document in made]
        report = Report(_text(documents, options.output), documents)
    report.findings, report.ported = findings, ported
    return report


class Refused(AirflowArgoError):
    """Some DAGs can't be translated; nothing is written."""

    exit_code = ExitCode.REFUSED

    def __init__(self, failures: list[str]) -> None:
        super().__init__(failures)
        self.failures = failures

    def __str__(self) -> str:
        return "nothing is written, because of:\n" + "\n".join(self.failures)

    def to_json(self) -> Dict:
        """All reasons."""
        return {"error": "nothing is written", "failures": self.failures}


def manifest_of(source: Source, kind: str | None) -> Dict:
    """The manifest of a kind; by default a CronWorkflow for what has a schedule."""
    compiled = source.compiled
    if kind == "CronWorkflow" or (kind is None and compiled.workflow.schedule is not None):
        manifest: Dict = compiled.cron()
    else:
        manifest = compiled.template() if kind == "WorkflowTemplate" else compiled.manifest()
    return manifest


def _sources(options: Namespace) -> tuple[list[Source], list[str]]:
    """The workflows of all files, and why others can't be had."""
    from airflow_argo.translator.translators import Translators, processes_for

    found: list[tuple[Named, Source]] = []
    failures: list[str] = []
    with Translators(options.load_timeout, processes_for(options.paths)) as translators:
        files = found_files(options, translators)
        if not files:
            raise InputError("there is no file with a DAG there", "check the path")
        ours = {path for path, _ in files if is_ours(path)}
        dags = ((path, settings_for(path, options, folder)) for path, folder in files if path not in ours)
        results = translators.translated(dags)
        for path, _ in with_progress(files):
            if path in ours:
                sources = list(dsl_sources(path))
            else:
                result = next(results)
                if isinstance(result, AirflowArgoError):
                    failures.append(str(result))
                    continue
                sources, refused = _of_translations(result, path, options.dag_id)
                failures += refused
            found += ((Named(path, source.name, source.made_in), source) for source in sources)
    twice = imported([named for named, _ in found])
    found = [(named, source) for named, source in found if named not in twice]
    failures += map(str, named_alike(named for named, _ in found).values())
    if options.dag_id is not None and not found and not failures:
        raise InputError(f"there is no DAG '{options.dag_id}' there", "check the id")
    return [source for _, source in found], failures


def _of_translations(translations: Iterable[Translation], path: Path, dag_id: str | None) -> tuple[list[Source], list[str]]:
    from airflow_argo.translator.translation import TranslationError

    found: list[Source] = []
    refused: list[str] = []
    for translation in translations:
        if dag_id is not None and translation.dag_id != dag_id:
            continue
        try:
            found.append(source_of(translation, path))
        except TranslationError as error:
            refused += [str(finding) for finding in error.diagnostics if finding.severity is Severity.ERROR]
    return found, refused


def _text(manifests: list[Dict], output: str) -> str:
    from airflow_argo.compiler.yaml import to_yaml

    return json.dumps(manifests if len(manifests) != 1 else manifests[0], indent=2) if output == "json" else to_yaml(manifests)


def _written(manifests: list[tuple[str, list[Dict]]], folder: Path, options: Namespace) -> Report:
    texts = dict(_files(manifests, folder, options.output))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise not_written(error, folder) from None
    return Report("\n".join(f"{path}" for path in texts), [str(path) for path in texts])


def _files(manifests: list[tuple[str, list[Dict]]], folder: Path, output: str) -> Iterator[tuple[Path, str]]:
    from airflow_argo.argo.names import object_name

    for name, made in manifests:
        yield folder / f"{object_name(name, 100)}.{output}", _text(made, output)
