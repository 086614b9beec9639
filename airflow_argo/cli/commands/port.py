"""`airflow-argo port`."""

from __future__ import annotations

from argparse import Namespace

from airflow_argo.cli.files import not_written, python_files
from airflow_argo.cli.report import Report


def port(options: Namespace) -> Report:
    """What has to change in DAG files for Airflow 3, as a diff; with --write, changed."""
    from airflow_argo.translator.porting import ported

    texts, rows = [], []
    for path in python_files(options.paths):
        new = ported(path)
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
    return Report("\n".join(texts) or "nothing to change", rows)
