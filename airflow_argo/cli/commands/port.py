"""`airflow-argo port`."""

from __future__ import annotations

from argparse import Namespace
from difflib import unified_diff
from pathlib import Path

from airflow_argo.cli.files import python_files
from airflow_argo.cli.report import Report


def port(options: Namespace) -> Report:
    """What has to change in DAG files for Airflow 3, as a diff; with --write, changed."""
    from airflow_argo.translator.porting import ported

    texts, rows = [], []
    for path in python_files(options.paths):
        old, new = path.read_text(encoding="utf-8"), ported(path)
        texts += _diff(path, old, new.text)
        texts += [f"{path}:{line}: left to you: {what}" for line, what in new.left]
        left = [{"line": line, "message": what} for line, what in new.left]
        rows.append({"file": str(path), "changed": old != new.text, "left": left})
        if options.write and old != new.text:
            path.write_text(new.text, encoding="utf-8")
    return Report("\n".join(texts) or "nothing to change", rows)


def _diff(path: Path, old: str, new: str) -> list[str]:
    return list(unified_diff(old.splitlines(), new.splitlines(), str(path), str(path), lineterm=""))
