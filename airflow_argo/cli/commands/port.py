"""`airflow-argo port`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from airflow_argo.cli.files import existing, not_written
from airflow_argo.cli.report import Report
from airflow_argo.diagnostics import Diagnostic, ExitCode

Row = dict[str, Any]
"""What became of a file, as JSON has it."""


def port(options: Namespace) -> Report:
    """What has to change in DAG files for Airflow 3, as a diff; with --write, changed. What can't be read is left, and said."""
    from airflow_argo.translator.dag_file_errors import DagFileError
    from airflow_argo.translator.porting import ported

    texts, rows, unread = list[str](), list[Row](), list[Diagnostic]()
    for path in _files(options.paths):
        try:
            new = ported(path)
        except DagFileError as error:
            unread.append(error.as_diagnostic())
            continue
        texts += new.diff(str(path))
        places = [(new.new_line(line) if options.write else line, what) for line, what in new.left]
        texts += [f"{path}:{line}: left to you: {what}" for line, what in places]
        left = [{"line": line, "message": what} for line, what in places]
        rows.append({"file": str(path), "changed": new.old != new.text, "left": left})
        if options.write and new.old != new.text:
            newline = "\r\n" if b"\r\n" in path.read_bytes() else "\n"
            try:
                path.write_text(new.text, encoding="utf-8", newline=newline)
            except OSError as error:
                raise not_written(error, path) from None
    code = ExitCode.BAD_INPUT if unread else ExitCode.OK
    nothing = "" if unread else "nothing to change"
    return Report("\n".join(texts) or nothing, rows, code, findings=unread)


def _files(paths: list[str]) -> Iterator[Path]:
    """Files as given, and of folders those that may be for an older Airflow: also modules that DAG files only import.

    Raises:
        InputError: a path names nothing.
    """
    from airflow_argo.translator.porting import may_be_old

    for path in existing(paths):
        if not path.is_dir():
            yield path
            continue
        for file in sorted(path.rglob("*.py")):
            if file.is_file() and not _is_installed(file.relative_to(path)) and may_be_old(file.read_bytes()):
                yield file


def _is_installed(file: Path) -> bool:
    """Whether a file is in an environment of Python's, or in a hidden folder, and so isn't the author's to change."""
    return any(part.startswith(".") or part == "site-packages" for part in file.parts)
