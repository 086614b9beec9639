"""`airflow-argo lint`."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from airflow_argo.cli.commands.codes import codes
from airflow_argo.cli.report import Report
from airflow_argo.diagnostics import CODES, Diagnostic, ExitCode, InputError, Origin, Severity
from airflow_argo.lint import CrdSchema, Source, lint_sources

_ENDINGS: Final = (".yaml", ".yml")
_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
"""What GitHub calls them."""


def lint(options: Namespace) -> Report:
    """The faults of manifests. The files may refer to one another."""
    if options.explain:
        return codes(Namespace(code=options.explain, output=options.output))
    if not options.paths:
        raise InputError("there is no file to lint", "name files or folders, or - for stdin")
    sources = [_source(name) for name in _files(options.paths)]
    schema: Any = _schema_of_cluster(options) if options.cluster else "hera"
    found = lint_sources(sources, argo_version=options.argo_version, schema=schema)
    counts = Counter(finding.severity for finding in found)
    bad = counts[Severity.ERROR] + (counts[Severity.WARNING] if options.strict else 0)
    text = _github(found) if options.output == "github" else _text(found, len(sources), counts)
    data = {
        "files": len(sources),
        "errors": counts[Severity.ERROR],
        "warnings": counts[Severity.WARNING],
        "findings": [finding.to_json() for finding in found],
    }
    return Report(text, data, ExitCode.REFUSED if bad else ExitCode.OK)


# --- what is read


def _files(paths: Sequence[str]) -> list[str]:
    """Each file once, those of folders by their names' endings.

    Raises:
        InputError: a folder has none.
    """
    found: list[str] = []
    for path in paths:
        folder = Path(path)
        if path == "-" or not folder.is_dir():
            found.append(path)
            continue
        inside = sorted(str(one) for one in folder.rglob("*") if one.suffix in _ENDINGS and one.is_file())
        if not inside:
            raise InputError("there is no manifest in it", f"manifests end in {', '.join(_ENDINGS)}", Origin(path))
        found += inside
    return list(dict.fromkeys(found))


def _source(name: str) -> Source:
    from airflow_argo.argo.manifest import read_manifest_text, read_manifests

    file = "<stdin>" if name == "-" else name
    text = sys.stdin.read() if name == "-" else read_manifest_text(Path(name))
    return Source(read_manifests(text, file), text, file)


def _schema_of_cluster(options: Namespace) -> CrdSchema:
    """The schema of the CRDs of the cluster at hand.

    Raises:
        ClusterError: they can't be read.
        InputError: they have no schema.
    """
    from airflow_argo.cluster.client import connect
    from airflow_argo.cluster.config import find_connection
    from airflow_argo.cluster.definitions import argo_definitions

    api = connect(find_connection(options.kubeconfig, options.context))
    try:
        schema = CrdSchema(argo_definitions(api))
    finally:
        api.close()
    if not schema.kinds:
        raise InputError(
            "the cluster has Argo's minimal CRDs, which know no fields", "leave out --cluster, or install the full CRDs"
        )
    return schema


# --- what is said


def _text(found: Sequence[Diagnostic], files: int, counts: Mapping[Severity, int]) -> str:
    lines = [str(finding) for finding in found]
    summary = ", ".join(
        _counted(counts[severity], severity.value) for severity in (Severity.ERROR, Severity.WARNING) if counts[severity]
    )
    return "\n".join([*lines, f"{_counted(files, 'file')}: {summary or 'nothing found'}"])


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _github(found: Iterable[Diagnostic]) -> str:
    """Workflow commands, which GitHub shows beside the lines of a pull request."""
    return "\n".join(_command(finding) for finding in found)


def _command(finding: Diagnostic) -> str:
    place = finding.origin or Origin()
    properties = {
        "file": place.file,
        "line": place.line,
        "col": place.column,
        "title": f"{finding.code} {CODES[finding.code].title}",
    }
    settings = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in properties.items() if value is not None)
    where = f"{finding.path}: " if finding.path else ""
    message = f"{where}{finding.message}" + (f"; {finding.cure}" if finding.cure else "")
    return f"::{_COMMANDS[finding.severity]} {settings}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text
