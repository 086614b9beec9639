"""Operators that run themselves: what travels with them, what they read, and their secrets. They run in tests/parity."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.diagnostics import Severity
from airflow_argo.model.graph import ForLoop, Graph
from airflow_argo.model.jobs import NoOp, PythonCall
from airflow_argo.model.values import SameItem
from airflow_argo.model.walk import found_in
from airflow_argo.pod.airflow_task.task import not_passed
from airflow_argo.runners.local import LocalRunner
from airflow_argo.runners.sources import runnable
from airflow_argo.settings import load_settings
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from airflow_argo.translator.pulled_names import Named, names_pulled
from airflow_argo.translator.shipping import MAX_BYTES
from airflow_argo.translator.translation import Translation

prepare_environment()

HEAD = """
from datetime import datetime, timedelta
from airflow.sdk import DAG, BaseOperator, task
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator


class Own(BaseOperator):
    template_fields = ("text", "sql")
    template_ext = (".sql",)

    def __init__(self, text="", sql="", **kwargs):
        super().__init__(**kwargs)
        self.text, self.sql = text, sql

    def execute(self, context):
        return self.text


with DAG("d", schedule=None):
"""


@pytest.fixture
def translated(tmp_path: Path) -> Any:
    def made(body: str, head: str = HEAD, **flags: str) -> Translation:
        file = tmp_path / "dag.py"
        file.write_text(head + "\n".join("    " + line for line in body.strip().splitlines()) + "\n")
        (dag,) = load_dags(file)
        return translate(dag, settings=load_settings(file, flags, {}))

    return made


def call_of(translation: Translation, task_id: str) -> PythonCall:
    assert translation.workflow is not None, translation.diagnostics
    body = next(step.body for step in translation.workflow.graph.steps if step.id == task_id)
    if isinstance(body, ForLoop):
        body = body.body.steps[0].body
    assert isinstance(body, PythonCall)
    return body


def facts_of(translation: Translation, task_id: str) -> dict[str, Any]:
    facts: dict[str, Any] = call_of(translation, task_id).facts.value
    return facts


def test_own_operator_runs_itself_in_an_airflow_image(translated: Any) -> None:
    made = translated("Own(task_id='a')")
    call = call_of(made, "a")
    assert call.image.startswith("apache/airflow:")
    assert facts_of(made, "a")["kind"] == "operator"
    assert [(one.code, one.severity) for one in made.diagnostics] == [("AA231", Severity.NOTE)]


@pytest.mark.parametrize(
    "task",
    [
        "BashOperator(task_id='a', bash_command='x', on_failure_callback=print)",
        "BashOperator(task_id='a', bash_command='{% for i in [1] %}{{ ds }}{% endfor %}')",
        "BashOperator(task_id='a', bash_command='x', output_processor=str.upper)",
        "BashOperator(task_id='a', bash_command='x', email='a@b.c')",
        "EmptyOperator(task_id='a', on_success_callback=print)",
        "PythonOperator(task_id='a', python_callable=lambda logical_date: 1)",
        "PythonOperator(task_id='a', python_callable=print, templates_dict={'a': 'b'})",
        "PythonOperator(task_id='a', python_callable=DAG)",
        "task.run_if(lambda context: True)(task(task_id='a')(lambda: 1))()",
    ],
)
def test_what_a_translation_cant_say_the_operator_does_itself(task: str, translated: Any) -> None:
    made = translated(task)
    assert facts_of(made, "a")["kind"] == "operator"
    assert [one.code for one in made.diagnostics] == ["AA231"]


def test_callbacks_and_mails_of_an_empty_task_that_never_come_need_no_pod(translated: Any) -> None:
    never = "email='a@b.c', on_failure_callback=print, on_retry_callback=print, on_skipped_callback=print"
    made = translated(f"EmptyOperator(task_id='a', retries=1, {never})")
    assert isinstance(made.required().graph.steps[0].body, NoOp)
    assert made.diagnostics == ()


def test_image_that_the_author_names_is_not_replaced(translated: Any) -> None:
    function = "def f():\n    import airflow\n    return airflow.__version__\n"
    head = HEAD.replace("with DAG", function + "\n\nwith DAG")
    made = translated("PythonOperator(task_id='a', python_callable=f, executor_config={'argo': {'image': 'mine'}})", head)
    assert call_of(made, "a").image == "mine"
    assert call_of(made, "a").function == "f"


def test_dag_file_and_its_own_modules_travel_once(tmp_path: Path, translated: Any) -> None:
    (tmp_path / "pack_of_real_operator").mkdir()
    (tmp_path / "pack_of_real_operator" / "__init__.py").write_text("")
    (tmp_path / "pack_of_real_operator" / "inner.py").write_text("X = 1\n")
    (tmp_path / "query.sql").write_text("select {{ ds }} {% include 'part.sql' %}")
    (tmp_path / "part.sql").write_text("limit 1")
    head = "from pack_of_real_operator.inner import X\n" + HEAD
    made = translated("Own(task_id='a', sql='query.sql') >> Own(task_id='b')", head)
    beside = dict(call_of(made, "a").beside)
    assert beside["dag_file"].startswith("from pack_of_real_operator")
    assert set(json.loads(beside["dag_files"])) == {
        "pack_of_real_operator/__init__.py",
        "pack_of_real_operator/inner.py",
        "query.sql",
        "part.sql",
    }
    assert call_of(made, "a").beside is call_of(made, "b").beside


def test_files_that_the_dag_file_reads_travel(tmp_path: Path, translated: Any) -> None:
    (tmp_path / "tasks.yaml").write_text("a: 1")
    head = "from pathlib import Path\nTASKS = (Path(__file__).parent / 'tasks.yaml').read_text()\n" + HEAD
    beside = dict(call_of(translated("Own(task_id='a')", head), "a").beside)
    assert json.loads(beside["dag_files"]) == {"tasks.yaml": "a: 1"}


def test_pods_program_is_beside_the_dag_file(translated: Any) -> None:
    beside = [name for name, _ in call_of(translated("Own(task_id='a')"), "a").beside]
    assert {"airflow_task/task.py", "airflow_task/supervisor.py", "dag_file"} <= set(beside)


def test_dags_in_the_image_dont_travel(translated: Any) -> None:
    made = translated("Own(task_id='a')", dags_in_image="/opt/airflow/dags/")
    assert facts_of(made, "a")["path"] == "/opt/airflow/dags/dag.py"
    assert "dag_file" not in dict(call_of(made, "a").beside)


def test_dag_file_too_large_to_travel_is_said(translated: Any) -> None:
    large = f"TEXT = '{'x' * MAX_BYTES}'\n"
    made = translated("Own(task_id='a')", large + HEAD)
    assert made.workflow is None
    assert [one.code for one in made.diagnostics] == ["AA233"]
    assert translated("Own(task_id='a')", large + HEAD, dags_in_image="/dags").workflow is not None


def test_connections_and_variables_come_from_secrets_and_no_value_is_in_the_manifest(
    translated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_DB", "postgres://user:hidden-word@host")
    made = translated("Own(task_id='a', text='{{ conn.db.host }}')", connections_secret="my-conns")
    sources = json.loads(call_of(made, "a").pod.container)["envFrom"]
    assert {"prefix": "AIRFLOW_CONN_", "secretRef": {"name": "my-conns", "optional": True}} in sources
    assert "hidden-word" not in repr(made.workflow)


def test_reads_what_its_templates_and_arguments_name(translated: Any) -> None:
    made = translated(
        """
first, second, third = (BashOperator(task_id=name, bash_command='x') for name in ("first", "second", "third"))
a = Own(task_id='a', text="{{ ti.xcom_pull('first') }} {{ ti.xcom_pull(task_ids=['second'], key='k') }}", sql=third.output)
[first, second, third] >> a
"""
    )
    read = {(task_id, key) for task_id, keys in call_of(made, "a").xcoms for key, _ in keys}
    assert read == {("first", "return_value"), ("second", "k"), ("third", "return_value")}


@pytest.mark.parametrize(
    "task", ["Own(task_id='a', sql='q.sql')", "Own.partial(task_id='a', sql='q.sql').expand(text=['x', 'y'])"]
)
def test_reads_what_its_template_files_and_those_that_they_include_name(task: str, translated: Any, tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_text("{% include 'part.sql' %} {{ ti.xcom_pull('first') }}")
    (tmp_path / "part.sql").write_text("{{ ti.xcom_pull('second', key='k') }}")
    made = translated(f"[BashOperator(task_id=name, bash_command='x') for name in ('first', 'second')] >> {task}")
    read = {(task_id, key) for task_id, keys in call_of(made, "a").xcoms for key, _ in keys}
    assert read == {("first", "return_value"), ("second", "k")}


def test_reads_all_before_it_where_a_pull_names_no_task(translated: Any) -> None:
    head = HEAD.replace(
        "return self.text", "return [context['ti'].xcom_pull(one) for one in context['task'].upstream_task_ids]"
    )
    made = translated("BashOperator(task_id='x', bash_command='x') >> Own(task_id='a')", head)
    assert [task_id for task_id, _ in call_of(made, "a").xcoms] == ["x"]


@pytest.mark.parametrize(
    ("pull", "is_passed"),
    [
        ("ti.xcom_pull('first', key=params.k)", True),
        ("ti.xcom_pull('first', None, 'k' ~ ds)", True),
        ("(ti.xcom_pull)(*['first'])", True),
        ("ti.xcom_pull('first', key='k')", False),
    ],
)
def test_reads_all_keys_where_a_pull_names_none(translated: Any, pull: str, is_passed: bool) -> None:
    made = translated(
        f"""
@task
def first():
    ...
@task
def unread():
    ...
[first(), BashOperator(task_id='bash', bash_command='x')] >> Own(task_id='a', text="{{{{ {pull} }}}}")
"""
    )
    assert [task_id for task_id, _ in call_of(made, "a").pushed] == ["first"] * is_passed


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ti.xcom_pull('a')", Named(frozenset({"a"}))),
        ("ti.xcom_pull(task_ids=['a', 'b'], key='k')", Named(frozenset({"a", "b"}), frozenset({"k"}))),
        ("ti.xcom_pull(name)", Named(any_task=True)),
        ("ti.xcom_pull(task_ids='a', default=x, map_indexes=i)", Named(frozenset({"a"}))),
        ("ti.xcom_pull('a', None, key)", Named(frozenset({"a"}), any_key=True)),
        ("self.xcom_pull(context, 'a', key='k')", Named(frozenset({"a"}), frozenset({"k"}), any_task=True)),
        ("self._xcom_pull('k', 'a')", Named(frozenset({"a", "k"}), frozenset({"a", "k"}))),
        ("ti.xcom_pull(**given)", Named(any_task=True, any_key=True)),
        ("ti.xcom_pull(task_ids='a' if x else ['b', 'c'])", Named(frozenset({"a", "b", "c"}))),
        ("pull('a')", Named()),
    ],
)
def test_what_pulls_name(code: str, expected: Named) -> None:
    assert names_pulled([code]) == expected


@pytest.mark.parametrize(
    "ids",
    [
        "f'load_{table}.rows'",
        "'load_' + table + '.rows'",
        "'load_%s.rows' % table",
        "'load_%(table)5s.rows' % vars()",
        "'load_{}.rows'.format(table)",
        "[f'load_{one}.rows' for one in tables]",
    ],
)
def test_ids_that_are_put_together_are_those_of_tasks_like_them(ids: str) -> None:
    named = names_pulled([f"ti.xcom_pull(task_ids={ids})"])
    assert (named.any_task, named.any_key) == (False, False)
    assert [one for one in ("load_a.b.rows", "load_.rows", "load_arows", "xload_a.rows") if named.may_mean(one)] == [
        "load_a.b.rows",
        "load_.rows",
    ]
    assert names_pulled([f"ti.xcom_pull(key={ids})"]).any_key


@pytest.mark.parametrize("ids", ["f'{a}'", "names + more", "['a'] + more", "'a'.join(x)", "'{'.format(a)", "f'a_{x}'.upper()"])
def test_ids_that_say_nothing_may_be_those_of_any_task(ids: str) -> None:
    assert names_pulled([f"ti.xcom_pull({ids})"]).may_mean("anything")


@pytest.mark.parametrize(
    ("task", "why"),
    [
        ("operators.hitl import HITLOperator as H; H(task_id='a', subject='b', options=['c'])", "user interface"),
        ("operators.hitl import ApprovalOperator as A; A(task_id='a', subject='b')", "user interface"),
    ],
)
def test_operators_of_airflows_server_are_refused(task: str, why: str, translated: Any) -> None:
    made = translated("\n".join(f"from airflow.providers.standard.{task}".split("; ")))
    assert made.workflow is None
    assert [one.code for one in made.diagnostics] == ["AA232"]
    assert why in made.diagnostics[0].message


def test_decisions_reach_those_after(translated: Any) -> None:
    made = translated(
        """
from airflow.providers.standard.operators.latest_only import LatestOnlyOperator
LatestOnlyOperator(task_id='latest') >> [EmptyOperator(task_id='b'), EmptyOperator(task_id='a')]
"""
    )
    assert facts_of(made, "latest")["decides"] == ["a", "b"]
    assert made.workflow is not None
    assert all(step.when is not None for step in made.workflow.graph.steps if step.id in ("a", "b"))


def test_callbacks_of_the_dag_run_at_the_end(translated: Any) -> None:
    made = translated("EmptyOperator(task_id='a')", HEAD.replace("schedule=None", "schedule=None, on_failure_callback=print"))
    assert made.workflow is not None
    assert isinstance(made.workflow.on_exit, Graph)
    (step,) = made.workflow.on_exit.steps
    assert step.id == "on_failure_callback"
    assert made.workflow.graph.steps[0].id == "a"


def test_callback_on_failure_gets_the_task_that_failed(translated: Any, tmp_path: Path) -> None:
    told = "def told(context):\n    print('told of', context['ti'].task_id, context['ti'].state.value, context['reason'])\n\n\n"
    head = HEAD.replace("with DAG", f"{told}with DAG").replace("schedule=None", "schedule=None, on_failure_callback=told")
    made = translated(
        """
last = BashOperator(task_id='z', bash_command='true')
BashOperator(task_id='a', bash_command='true') >> BashOperator(task_id='the_one', bash_command='exit 1') >> last
""",
        head,
    )
    run = LocalRunner(folder=tmp_path / "runs").run(runnable(made.required()), on_progress=lambda _: None)
    assert "told of the_one failed task_failure" in [line.text for line in run.logs()]


def test_pulls_that_chance_decides_are_refused_or_fail(translated: Any) -> None:
    bash = """
a = BashOperator(task_id="a", bash_command="echo")
BashOperator(task_id="b", bash_command="echo {{ ti.xcom_pull('a') | upper }}")
"""
    refused = [one for one in translated(bash).diagnostics if one.severity is Severity.ERROR]
    assert [(one.code, one.message) for one in refused] == [("AA204", "it pulls from task 'a', which isn't before it")]


def test_tasks_whose_xcoms_do_not_all_come_are_told_of_by_the_dag_in_the_pod(translated: Any, tmp_path: Path) -> None:
    python = """
def pull(who, ti):
    return ti.xcom_pull(task_ids=who)
BashOperator(task_id="a", bash_command="echo") >> BashOperator(task_id="later", bash_command="echo")
called = PythonOperator(task_id="called", python_callable=pull, op_args=["a"])
called >> BashOperator(task_id="after", bash_command="echo")
BashOperator(task_id="before", bash_command="echo") >> EmptyOperator(task_id="nothing") >> called
"""
    made = translated(python)
    called = json.loads(call_of(made, "called").facts.json)
    assert called["silent"] == ["nothing"]
    task = load_dags(tmp_path / "dag.py")[0].get_task("called")
    assert not_passed(task, called) == {"unknown": {"before"}, "unordered": {"a", "later"}}
    assert not_passed(task, {**called, "callback": "failure"}) == {
        "unknown": {"a", "later", "before", "after", "called"},
    }
    outside = {"outside": ["a", "before"]}
    assert not_passed(task, {**called, **outside}) == {"unknown": set(), "unordered": {"later"}}
    assert not_passed(task, {**called, **outside, "unsure": ["a"]}) == {"unknown": {"a"}, "unordered": {"later"}}


@pytest.mark.parametrize(
    ("function", "is_refused"),
    [
        ("def pull(n, ti): return [ti.xcom_pull('a')]", True),
        ("def pull(n, ti):\n    with open(n):\n        x = ti.xcom_pull(task_ids=['a'])[0]", True),
        ("def pull(n, ti): return ti.xcom_pull('a') if n else None", False),
        ("def pull(n, ti):\n    if n:\n        return ti.xcom_pull('a')", False),
        ("def pull(n, ti):\n    def inner(): return ti.xcom_pull('a')\n    return n and inner()", False),
    ],
)
def test_what_a_function_pulls_under_a_condition_is_judged_in_the_pod(translated: Any, function: str, is_refused: bool) -> None:
    body = 'BashOperator(task_id="a", bash_command="echo")\nPythonOperator(task_id="b", python_callable=pull, op_args=[""])'
    found = translated(f"{function}\n{body}")
    assert [one.code for one in found.diagnostics if one.severity is Severity.ERROR] == ["AA204"] * is_refused
    if not is_refused:
        assert json.loads(call_of(found, "b").facts.json)["unordered"] == ["a"]


OF_AUTHOR = f"""{HEAD.split("class Own")[0]}
class Echo(BashOperator):
    def __init__(self, what, **kwargs):
        super().__init__(bash_command="echo %s" % what, **kwargs)

class Raw(BashOperator):
    template_fields = ("env",)

class More(BashOperator):
    template_fields = (*BashOperator.template_fields, "append_env")

class Other(BashOperator):
    template_fields = (*BashOperator.template_fields, "note")
    note = ""

with DAG("d", schedule=None):
"""


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        pytest.param('Echo(task_id="t", what="a")', None, id="of a constructor"),
        pytest.param('Echo.partial(task_id="t").expand(what=["a", "b"])', "constructor of its own", id="mapped"),
        pytest.param('Raw(task_id="t", bash_command="echo {{ ds }}")', "no translation of Raw", id="renders less"),
        pytest.param('More(task_id="t", bash_command="true")', "no translation of More", id="renders an argument more"),
        pytest.param('Other(task_id="t", bash_command="true")', None, id="renders what is its own"),
    ],
)
def test_classes_of_the_author_that_are_made_or_rendered_in_their_own_way(
    translated: Any, task: str, reason: str | None
) -> None:
    found = [one.message for one in translated(task, OF_AUTHOR).diagnostics if one.code == "AA231"]
    assert len(found) == (reason is not None)
    assert all(str(reason) in one for one in found)


IN_GROUP = """
from airflow.sdk import task_group

@task_group
def g(x):
    BashOperator(task_id="first", bash_command=x) >> Own(task_id="own", text="{{{{ {pull} }}}}")

g.expand(x=["echo a", "echo b"])
"""


@pytest.mark.parametrize(
    ("pull", "is_one"),
    [
        ("ti.xcom_pull('g.first', map_indexes=ti.map_index)", True),
        ("ti.xcom_pull('g.first')", False),
        ("ti.xcom_pull(['g.first', 'else'], map_indexes=[0, 1])", False),
        ("ti.xcom_pull('g.' ~ 'first')", False),
    ],
)
def test_instances_of_a_member_of_the_same_group_come_as_they_are_pulled(translated: Any, pull: str, is_one: bool) -> None:
    own = translated(IN_GROUP.format(pull=pull)).required().graph.steps[-1]
    assert bool(list(found_in(own.body, SameItem))) is is_one
