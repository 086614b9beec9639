"""What DAG files read as they are imported, however they ask for it."""

import pytest

from airflow_argo.translator.loading import load_dags, prepare_environment
from airflow_argo.translator.parse_time import reads_of

FILE = """
from airflow.sdk import DAG, BaseHook, Connection, Variable

with DAG("reads", description={read}) as dag:
    pass
"""


@pytest.mark.parametrize(
    ("read", "kind", "key", "found"),
    [
        ("Variable.get('word')", "Variable", "word", "hello"),
        ("Variable.get(key='word')", "Variable", "word", "hello"),
        ("Variable.get(key='nope', default='none')", "Variable", "nope", "none"),
        ("Connection.get('place').host", "Connection", "place", "example.com"),
        ("Connection.get(conn_id='place').host", "Connection", "place", "example.com"),
        ("BaseHook.get_connection(conn_id='place').host", "Connection", "place", "example.com"),
    ],
)
def test_arguments_may_be_named(tmp_path, monkeypatch, read, kind, key, found):
    monkeypatch.setenv("AIRFLOW_VAR_WORD", "hello")
    monkeypatch.setenv("AIRFLOW_CONN_PLACE", "http://example.com")
    prepare_environment()
    file = tmp_path / "reads.py"
    file.write_text(FILE.format(read=read))
    [dag] = load_dags(file)
    assert dag.description == found
    assert [(one.kind, one.name) for one in reads_of(dag)] == [(kind, key)]
