"""Values that a param's schema doesn't allow are refused before there is a run, as Airflow refuses them."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_argo.diagnostics import InputError
from airflow_argo.runners.sources import runnable
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment

DAG_FILE = """
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Param

PARAMS = {
    "plain": 1,
    "n": Param(5, type="integer", minimum=3),
    "word": Param("a", enum=["a", "b"]),
    "text": Param("abc", type="string", minLength=2),
    "maybe": Param(None, type=["null", "string"]),
    "needed": Param(type="integer"),
    "day": Param("2024-01-01", type="string", format="date"),
    "a b": Param([1], type="array", items={"type": "integer"}),
}
with DAG("params", schedule=None, params=PARAMS):
    EmptyOperator(task_id="a")
"""


@pytest.fixture(scope="module")
def dag(tmp_path_factory: pytest.TempPathFactory) -> Any:
    prepare_environment()
    file = tmp_path_factory.mktemp("dags") / "params.py"
    file.write_text(DAG_FILE)
    (found,) = load_dags(file)
    return found


@pytest.fixture(scope="module")
def what(dag: Any) -> Any:
    return runnable(translate(dag).required())


def airflow_takes(dag: Any, name: str, value: Any) -> bool:
    from airflow.sdk.exceptions import ParamValidationError

    try:
        dag.params.get_param(name).resolve(value)
    except ParamValidationError:
        return False
    return True


VALUES = [
    ("n", "n", 3), ("n", "n", 2), ("n", "n", "abc"), ("n", "n", 4.5), ("n", "n", None), ("n", "n", True),
    ("word", "word", "b"), ("word", "word", "c"), ("text", "text", "xy"), ("text", "text", "x"),
    ("maybe", "maybe", None), ("maybe", "maybe", 7), ("needed", "needed", 1), ("needed", "needed", "x"),
    ("day", "day", "2024-02-30"), ("day", "day", "2024-02-03"), ("a b", "a-b", [2]), ("a b", "a-b", ["x"]), ("a b", "a-b", 1),
    ("plain", "plain", "anything"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "parameter", "value"), VALUES)
def test_a_value_is_taken_or_refused_as_by_airflow(dag: Any, what: Any, name: str, parameter: str, value: Any) -> None:
    for given in ({"needed": 1, parameter: value}, {"needed": 1, "conf": {name: value}}):
        if airflow_takes(dag, name, value):
            what.inputs(given)
        else:
            with pytest.raises(InputError, match=r"is not valid|is no JSON"):
                what.inputs(given)


def test_a_param_without_a_value_has_to_be_given(what: Any) -> None:
    with pytest.raises(InputError, match="no value is given for input 'needed'; give one"):
        what.inputs({"n": 3})


def test_a_param_without_a_value_has_that_of_the_configuration(what: Any) -> None:
    """Source: airflow.sdk process_params."""
    assert what.inputs({"conf": {"needed": 1, "n": 4}}) == {"conf": {"needed": 1, "n": 4}, "needed": "1"}
    assert what.inputs({"conf": '{"needed": 1}', "needed": "2"})["needed"] == "2"
    with pytest.raises(InputError, match=r"input 'conf\.needed' is not valid: 'x' is not of type 'integer'"):
        what.inputs({"conf": '{"needed": "x"}'})


@pytest.mark.parametrize(
    ("given", "held"), [("x", '"x"'), ("5", '"5"'), ('"x"', '"x"'), ("null", "null"), ("it's {", '"it\'s {"'), (None, None)]
)
def test_text_is_made_json_where_the_schema_allows_a_text(what: Any, given: Any, held: Any) -> None:
    assert what.inputs({"needed": "1", "maybe": given})["maybe"] == held


@pytest.mark.parametrize("parameters", [{"n": "abc"}, {"n": "2"}, {"conf": '{"n": 2}'}, {"a-b": "[1"}])
def test_texts_of_the_command_line_are_read_as_tasks_read_them(what: Any, parameters: dict[str, str]) -> None:
    with pytest.raises(InputError):
        what.inputs({"needed": "1", **parameters})
    what.inputs({"needed": "1", "n": "4", "conf": '{"n": 7, "other": 1}', "maybe": '"x"'})


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"logical_date": "foo"}, "input 'logical_date' is no date: 'foo'"),
        ({"data_interval_end": "2024-13-01"}, "input 'data_interval_end' is no date"),
        ({"conf": "[1]"}, r"input 'conf' is no object: \[1\]"),
        ({"conf": "x"}, "input 'conf' is no JSON: 'x'"),
    ],
)
def test_what_a_run_is_told_about_itself_is_checked(what: Any, parameters: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        what.inputs({"needed": "1", **parameters})
    what.inputs(
        {"needed": "1", "logical_date": "2024-05-06", "data_interval_start": "2024-05-06T00:00:00Z", "data_interval_end": ""}
    )
