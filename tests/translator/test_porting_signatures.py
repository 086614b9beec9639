"""Arguments of functions and classes of the author's that are called as some of Airflow's were."""

from __future__ import annotations

from typing import Any

import pytest

OWN = """
from airflow.models import BaseOperator
from shop.operators import Load


class Figure:
    def __init__(self, orientation=None): ...


class Export(BaseOperator):
    def __init__(self, google_cloud_storage_conn_id, sla=None, **kwargs): ...


class Later(Export):
    def __init__(self, xcom_push=0, **kwargs): ...


def bar(values, default_view="x"): ...


def make(name, provide_context, sla, auto_remove): ...


"""


@pytest.mark.parametrize(
    "call",
    [
        "bar([1], default_view='y')",
        "Figure(orientation='h')",
        "plot(orientation='h', sla=1)",
        "dict(orientation='h')",
        "client.containers.run(auto_remove=True)",
        "make('a', provide_context=True, sla=1, auto_remove=True)",
        "Export(task_id='a', google_cloud_storage_conn_id='g', sla=1)",
        "Later(task_id='a', google_cloud_storage_conn_id='g', sla=1, xcom_push=1)",
        "Load(task_id='a', bigquery_conn_id='b')",
    ],
)
def test_arguments_of_others_stay(call: str, port: Any) -> None:
    assert port(f"{OWN}{call}\n").text.endswith(f"\n{call}\n")


@pytest.mark.parametrize(
    ("call", "new"),
    [
        ("Export(task_id='a', provide_context=True)", "Export(task_id='a')"),
        ("Figure(provide_context=True)", "Figure()"),
        ("BaseOperator.partial(orientation=1)", "BaseOperator.partial()"),
        ("dict(owner='a', sla=1)", "dict(owner='a')"),
        ("Load(task_id='a', sla=1, auto_remove=True)", "Load(task_id='a', auto_remove=\"success\")"),
        ("class A(BaseOperator):\n    def __init__(self): super().__init__(sla=1)", None),
    ],
)
def test_arguments_of_airflows_go(call: str, new: str | None, port: Any) -> None:
    assert port(f"{OWN}{call}\n").text.endswith(f"\n{new or call.replace('sla=1', '')}\n")


SQL = """
from airflow.providers.mysql.operators.mysql import MySqlOperator


class Returning(MySqlOperator):
    def execute(self, context):
        return self.{0}


class Own(Returning):
    def __init__(self, mysql_conn_id="m", **kwargs):
        super().__init__({0}=mysql_conn_id, **kwargs)


Returning(task_id="a", sql="b", {0}="c")
Returning({1}task_id="d", sql="e")
Own(task_id="f", sql="g", mysql_conn_id="h")
"""


def test_classes_on_operators_of_single_databases(port: Any) -> None:
    made = port(SQL.format("mysql_conn_id", "")).text
    assert made.partition("\n\n\n")[2] == SQL.format("conn_id", 'conn_id="mysql_default", ').partition("\n\n\n")[2]
