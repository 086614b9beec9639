"""What functions ask of Airflow's context that only Airflow can give."""

from __future__ import annotations

import pytest

from airflow_argo.translator.context_use import asks_for_airflow, taken_from_context

LOGGED = """
def logged(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        {body}
        return function(*args, **kwargs)
    return wrapper
"""
OWNER = "kwargs['ti'].task.owner"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(x, ti): return ti.task_id", None),
        ("def f(ti): return ti.task.owner", "asks for ti.task"),
        ("def f(ti):\n    mine = ti\n    return mine.task_id", None),
        ("def f(ti):\n    mine = ti\n    its = mine\n    return its.task", "asks for its.task"),
        ("def f(ti):\n    one = two = ti\n    return two.task", "asks for two.task"),
        ("def f(ti):\n    its.one = two = ti\n    return two.task_id", "passes ti on"),
        ("def f(**c):\n    ti = c['ti']\n    mine = ti\n    return [mine]", "passes mine on"),
        ("def f(**c):\n    ti = c['ti']\n    return ti.map_index", None),
        ("def f(ti): return ti.xcom_pull('a')", None),
        ("def f(ti):\n    pull = ti.xcom_pull\n    return pull('a')", "passes ti.xcom_pull on"),
        ("def f(ti): return list(map(ti.xcom_pull, 'ab'))", "passes ti.xcom_pull on"),
        ("def f(ti): return [ti.xcom_push(k, 1) for k in map(ti.xcom_push, 'ab')]", None),
        ("def f(ti): return eval('ti.task')", "calls eval, which may find its context"),
        ("def f(x): return eval('x')", None),
        ("def f(**c): return c['dag'].dag_id", "takes dag"),
        ("def f(**c): return show(**c)", "uses all of c"),
        (LOGGED.format(body="print(args)") + "@logged\ndef f(x, ti=None): return x", None),
        (LOGGED.format(body=OWNER) + "@logged\ndef f(x): return x", None),
        (LOGGED.format(body=OWNER) + "@logged\ndef f(x, ti=None): return x", "asks for ti.task"),
        (LOGGED.format(body=OWNER) + "@logged\ndef f(x, **context): return x", "asks for ti.task"),
        (LOGGED.format(body="note(**kwargs)") + "@logged\ndef f(**context): return 1", "uses all of kwargs"),
        (LOGGED.format(body=OWNER).replace("@wraps(function)", "") + "@logged\ndef f(x): return x", "asks for ti.task"),
        (LOGGED.format(body=OWNER) + "def twice(f): return logged(logged(f))\n@twice\ndef f(ti): return 1", "asks for ti.task"),
        (LOGGED.format(body=OWNER) + "def f(x, ti=None): return x", None),
    ],
)
def test_what_a_function_asks_for(source: str, found: str | None) -> None:
    assert asks_for_airflow(source, "f") == found


def test_decorators_may_be_in_modules_beside() -> None:
    source = "from beside import logged\n@logged\ndef f(ti): return 1"
    assert asks_for_airflow(source, "f", [LOGGED.format(body=OWNER)]) == "asks for ti.task"


@pytest.mark.parametrize(
    ("source", "taken"),
    [
        ("def f(x, /, ds=None, *, var=None): return x", {"x", "ds", "var"}),
        ("def f(x, **context): return context['var'], context.get('macros'), x['conn']", {"x", "var", "macros"}),
        ("f = lambda dag: dag.dag_id", {"dag"}),
        ("def g(): pass", set()),
    ],
)
def test_what_a_function_takes_from_the_context_is_known_by_name(source, taken):
    assert taken_from_context(source, "f") == taken
