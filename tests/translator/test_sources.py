"""The texts of DAG files, in whatever encoding and with whatever ends of lines they are written."""

from __future__ import annotations

import ast
from importlib.util import decode_source
from pathlib import Path

import pytest

from airflow_argo.cli.files import is_ours
from airflow_argo.translator.loading import load_dags, prepare_environment
from airflow_argo.translator.porting import ported
from airflow_argo.translator.sources import text_of

prepare_environment()

DAG_FILE = """{cookie}
from datetime import datetime
from airflow.sdk import DAG, task

WORD = "café"
LINES = '''one
two'''


def helper():
    return [WORD, LINES]


with DAG("encoded", schedule=None, start_date=datetime(2024, 1, 1)) as dag:

    @task
    def words():
        return helper()

    words()
"""
WRITTEN = {
    "mark": DAG_FILE.format(cookie="").encode("utf-8-sig"),
    "mark and name": DAG_FILE.format(cookie="# coding: utf-8").encode("utf-8-sig"),
    "CRLF": DAG_FILE.format(cookie="").replace("\n", "\r\n").encode(),
    "mark and CRLF": DAG_FILE.format(cookie="").replace("\n", "\r\n").encode("utf-8-sig"),
    "latin-1": DAG_FILE.format(cookie="# -*- coding: latin-1 -*-").encode("latin-1"),
    "cp1252, second line": DAG_FILE.format(cookie="#!/usr/bin/env python\n# vim: set fileencoding=cp1252 :").encode("cp1252"),
}


@pytest.mark.parametrize("data", WRITTEN.values(), ids=WRITTEN)
def test_a_file_is_read_as_python_reads_it(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "encoded.py"
    file.write_bytes(data)
    text = text_of(file)
    assert ast.dump(ast.parse(text.encode())) == ast.dump(ast.parse(data)), "whoever has it as UTF-8 reads what Python reads"
    assert text.splitlines()[3:] == decode_source(data).removeprefix("\ufeff").splitlines()[3:]
    [dag] = load_dags(file)
    assert dag.get_task("words").python_callable() == ["café", "one\ntwo"]
    assert ast.dump(ast.parse(ported(file).old)) == ast.dump(ast.parse(data))


def test_a_workflow_of_ours_may_begin_with_a_mark(tmp_path: Path) -> None:
    file = tmp_path / "flow.py"
    file.write_bytes("from airflow_argo import Workflow\n".encode("utf-8-sig"))
    assert is_ours(file)
