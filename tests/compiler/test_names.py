"""Ids of steps → names of Argo's tasks, and back."""

from __future__ import annotations

import json

from accepted import accept
from hypothesis import example, given, settings
from hypothesis import strategies as st

from airflow_argo.argo.limits import MAX_TASK_NAME
from airflow_argo.argo.names import DEPENDS_WORDS, TASK_NAME, is_object_name, is_task_name, object_name, task_names
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.model.graph import Graph, Step
from airflow_argo.model.jobs import NoOp
from airflow_argo.model.workflow import Workflow

HOSTILE = [
    *("a_b", "a-b", "a.b", "a b", "a__b", "A_B", "ä", "日本", "a/b", "a:b", "(0)", "a(1:2)", "\U0001f600", "\ud800"),
    *("'", '"', "\n", "\x00", "\\", "{{x}}", "{{=1}}", "$(HOME)", "$$", "", " ", "-", "--a", "a-", "1", "1a", "true.", "null"),
    *("verdict", "results", "main", "noop", "fail", "fail-if", "proxy", "each", "next", "limit", "end", "on-exit", "each-2"),
    *("part-1", "part-1-1", "a-omitted", "join-1", "a-state", "iteration-1", "tasks", "inputs", "workflow", "steps"),
    *("x" * 128, "x" * 129, "x" * 250, "y" * 250, "x" * 250 + "_"),
    *sorted(DEPENDS_WORDS),
]

texts = st.one_of(st.sampled_from(HOSTILE), st.text(alphabet="aB-_. {}", max_size=6), st.text(max_size=260))
ids = st.lists(texts, unique=True, max_size=40)


@given(ids=ids)
@example(ids=HOSTILE)
def test_every_id_has_a_name_that_argo_takes_and_no_two_the_same(ids):
    names = task_names(ids, taken=["verdict"])
    assert list(names) == ids
    assert len(set(names.values())) == len(ids)
    assert all(is_task_name(name) and name != "verdict" for name in names.values())


@given(ids=ids, more=ids)
def test_an_id_that_is_a_name_keeps_it_and_others_depend_on_neighbours_only_where_they_clash(ids, more):
    names = task_names(ids)
    assert all(names[text] == text for text in ids if is_task_name(text))
    wider = task_names([*ids, *(text for text in more if text not in ids)])
    moved = [text for text in ids if wider[text] != names[text]]
    assert all(names[text] in wider.values() or names[text] in map(str, more) or _slug_is_shared(text, wider) for text in moved)


def _slug_is_shared(text, names):
    from airflow_argo.argo.names import task_slug

    return sum(task_slug(other) == task_slug(text) for other in names) > 1


@given(ids=ids)
def test_the_same_ids_give_the_same_names(ids):
    assert task_names(ids) == task_names(list(ids))


@settings(deadline=None)
@given(ids=ids.filter(bool))
@example(ids=HOSTILE)
def test_ids_come_back_from_the_manifest(ids):
    steps = [Step(text, NoOp(), (ids[number - 1],) if number else ()) for number, text in enumerate(ids)]
    manifest = compile_workflow(Workflow(name="names", graph=Graph(tuple(steps)))).manifest()
    annotations = manifest["metadata"].get("annotations", {})
    back = json.loads(annotations.get("airflow-argo.io/ids", "{}"))
    helpers = annotations["airflow-argo.io/helpers"].split(",")
    main = next(one for one in manifest["spec"]["templates"] if one["name"] == "main")
    found = [task["name"] for task in main["dag"]["tasks"] if task["name"] not in helpers]
    assert [back.get(name, name) for name in found] == ids


def test_hostile_ids_run_and_are_shown_as_they_are(tmp_path):
    from airflow_argo import LocalRunner

    ids = [text for text in HOSTILE if "\ud800" not in text]
    steps = [Step(text, NoOp(), (ids[number - 1],) if number else ()) for number, text in enumerate(ids)]
    manifest = accept(compile_workflow(Workflow(name="hostile ids", graph=Graph(tuple(steps)))).manifest())
    run = LocalRunner(folder=tmp_path).run(manifest, on_progress=lambda _: None)
    assert run.status == "Succeeded"
    assert {step.id: step.state for step in run.tree} == dict.fromkeys(ids, "success")


@given(text=st.text(max_size=300), limit=st.sampled_from([52, 57, 63]))
def test_any_text_becomes_the_name_of_an_object(text, limit):
    assert is_object_name(object_name(text, limit), limit)


@given(one=st.text(max_size=80), other=st.text(max_size=80))
def test_names_of_objects_differ_where_more_than_case_and_separators_do(one, other):
    import re

    def kept(text):
        return re.sub(r"[-_. ]+", "-", text).strip("-").lower()

    if kept(one) != kept(other):
        assert object_name(one, 57) != object_name(other, 57)


def test_the_longest_names_are_within_argos_limit():
    names = task_names(["x" * 250, "y" * 129, "x" * 128])
    assert all(len(name) <= MAX_TASK_NAME and TASK_NAME.match(name) for name in names.values())
