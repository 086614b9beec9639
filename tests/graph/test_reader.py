"""What is drawn of a manifest of anybody's."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_argo.diagnostics import InputError
from airflow_argo.graph import draw, picture
from airflow_argo.graph.model import EdgeKind, Kind

from .drawing import NOOP, dag, edges, nodes, said_on, task, workflow


@pytest.mark.parametrize(
    ("depends", "edge"),
    [
        ("a", ""),
        ("a.Succeeded", ""),
        ("a.Succeeded || a.Skipped", ""),
        ("a.Failed", "failed"),
        ("a.Failed || a.Errored", "failed"),
        ("a.Failed || a.Omitted", "failed"),
        ("a.Skipped", "skipped"),
        ("a.Omitted", "omitted"),
        ("a || !a", "done"),
        ("!a.Failed", "not failed"),
        ("!a", "failed"),
        ("a.Failed || a.Skipped || a.Omitted", "not succeeded"),
        ("a.Succeeded || a.Failed", "ran"),
        ("!a.Skipped", "not skipped"),
        ("a.Skipped && a.Failed", "never"),
    ],
)
def test_an_edge_says_what_end_is_needed(depends: str, edge: str) -> None:
    assert said_on(depends) == ({"a": edge}, "")


@pytest.mark.parametrize(
    ("depends", "own"),
    [
        ("a.Failed && b.Failed", "all failed"),
        ("(a || !a) && (b || !b)", "all done"),
        ("!a.Skipped && !b.Skipped", "none skipped"),
        ("a.Succeeded || b.Succeeded", "any succeeded"),
        ("a || b", "any succeeded"),
        ("a.Failed || b.Failed", "any failed"),
        ("a.Failed || b.Skipped", "a failed or b skipped"),
        ("!(a.Failed && b.Skipped)", "not (a failed and b skipped)"),
    ],
)
def test_what_several_edges_have_in_common_is_said_by_the_task(depends: str, own: str) -> None:
    assert said_on(depends, "a", "b") == ({"a": "", "b": ""}, own)


def test_edges_that_differ_speak_for_themselves() -> None:
    assert said_on("a && b.Failed && (c || !c)", "a", "b", "c") == ({"a": "", "b": "failed", "c": "done"}, "")


def test_a_loop_can_be_asked_for_any_of_its_items() -> None:
    drawn = picture(workflow(dag("main", task("a", withItems=[1, 2]), task("b", "a.AnySucceeded"))))
    assert nodes(drawn)["b"].condition == "a succeeded for any item"
    assert nodes(drawn)["a"].items == "2"


def test_continue_on_widens_what_a_bare_name_accepts() -> None:
    drawn = picture(workflow(dag("main", task("a", continueOn={"failed": True}), task("b", "a"))))
    assert edges(drawn) == {("a", "b"): "not omitted"}


def test_dependencies_are_the_old_way_to_write_depends() -> None:
    assert said_on("", dependencies=["a"]) == ({"a": ""}, "")


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("{{tasks.a.outputs.result}} == heads", "a.result == heads"),
        ("{{tasks.a.outputs.parameters.n}} > 2", "a.n > 2"),
        ("{{= asInt(tasks.a.outputs.parameters.n) > 2 }}", "a.n > 2"),
        ("{{= tasks['a'].outputs?.parameters?.n != nil && tasks['a'].outputs?.parameters?.n == 'x' }}", "a.n == 'x'"),
        ("{{= !(tasks.a.outputs.parameters.n == 'x' || tasks.a.outputs.parameters.m < 1) }}", "a.n != 'x' and a.m >= 1"),
        ("{{= tasks.a.status == 'Failed' }}", "failed"),
        ("'{{tasks.a.status}}' == 'Failed'", "failed"),
        ("{{= broken( }}", "broken("),
    ],
)
def test_a_condition_on_one_task_stands_at_its_edge(when: str, words: str) -> None:
    depends = "a || !a" if words == "failed" else "a"
    assert said_on(depends, when=when) == ({"a": words}, "")


def test_a_condition_on_none_or_several_stands_in_the_node() -> None:
    assert said_on("a && b", "a", "b", when="{{workflow.parameters.go}} == yes")[1] == "go == yes"
    both = "{{tasks.a.outputs.result}} == {{tasks.b.outputs.result}}"
    assert said_on("a && b", "a", "b", when=both) == ({"a": "", "b": ""}, "a.result == b.result")


def test_the_end_of_a_task_further_up_is_named() -> None:
    drawn = picture(
        workflow(dag("main", task("a"), task("b", "a || !a"), task("c", "b", when="{{= tasks.a.status == 'Failed' }}")))
    )
    assert nodes(drawn)["c"].condition == "a failed"


@pytest.mark.parametrize(
    ("template", "kind", "note"),
    [
        ({"container": {"image": "alpine:3"}}, Kind.POD, "alpine:3"),
        ({"container": {"image": "{{inputs.parameters.image}}"}}, Kind.POD, "image"),
        ({"script": {"image": "python:3", "source": "x"}}, Kind.POD, "python:3"),
        ({"containerSet": {"containers": [{"name": "a"}, {"name": "b"}]}}, Kind.POD, "2 containers"),
        ({"suspend": {}}, Kind.WAIT, "until resumed"),
        ({"suspend": {"duration": "20"}}, Kind.WAIT, "20s"),
        ({"suspend": {"duration": "0"}}, Kind.NO_POD, ""),
        ({"resource": {"action": "create", "manifest": "kind: Job\n"}}, Kind.RESOURCE, "create Job"),
        ({"resource": {"action": "get", "manifest": "kind: {{x}}: ["}}, Kind.RESOURCE, "get"),
        ({"http": {"url": "https://me:secret@host/path?token=secret"}}, Kind.HTTP, "GET https://host/path"),
        ({"plugin": {"hello": {}}}, Kind.PLUGIN, "hello"),
        ({"data": {"source": {}}}, Kind.POD, "data"),
    ],
)
def test_kinds_of_templates(template: dict[str, Any], kind: Kind, note: str) -> None:
    drawn = picture(workflow({"name": "it", **template}, dag("main", task("a", template="it"))))
    assert (nodes(drawn)["a"].kind, nodes(drawn)["a"].note) == (kind, note)


@pytest.mark.parametrize(
    ("loop", "items"),
    [
        ({"withItems": ["x", "y", "z"]}, "3"),
        ({"withParam": "{{tasks.first.outputs.result}}"}, "first.result"),
        ({"withParam": "{{inputs.parameters.list}}"}, "list"),
        ({"withParam": '["a", "b"]'}, "2"),
        ({"withSequence": {"count": "4"}}, "4"),
        ({"withSequence": {"start": "3", "end": "1"}}, "3"),
        ({"withSequence": {"end": "{{tasks.first.outputs.parameters.n}}"}}, "0 … first.n"),
        ({"withSequence": {"count": "{{workflow.parameters.n}}"}}, "n"),
    ],
)
def test_loops_say_what_they_run_over(loop: dict[str, Any], items: str) -> None:
    drawn = picture(workflow(dag("main", task("first"), task("a", "first", **loop))))
    assert nodes(drawn)["a"].items == items


def test_groups_are_boxes() -> None:
    inner = dag("inner", task("x"), task("y", "x"))
    drawn = picture(workflow(inner, dag("main", task("a", template="inner"), task("b", "a", template="inner", withItems=[1]))))
    assert [(node.id, node.parent, node.kind) for node in drawn.nodes] == [
        ("a", None, Kind.GROUP),
        ("a/x", "a", Kind.NO_POD),
        ("a/y", "a", Kind.NO_POD),
        ("b", None, Kind.LOOP),
        ("b/x", "b", Kind.NO_POD),
        ("b/y", "b", Kind.NO_POD),
    ]
    assert set(edges(drawn)) == {("a", "b"), ("a/x", "a/y"), ("b/x", "b/y")}


def test_steps_follow_the_group_before_them_through_a_join_where_both_are_several() -> None:
    main = {
        "name": "main",
        "steps": [
            [task("a")],
            [task("b"), task("c")],
            [task("d"), task("e", when="{{steps.b.outputs.result}} == x")],
            [task("f")],
        ],
    }
    drawn = picture(workflow(main))
    (join,) = [node.id for node in drawn.nodes if node.kind is Kind.JOIN]
    assert edges(drawn) == {
        ("a", "b"): "",
        ("a", "c"): "",
        ("b", join): "",
        ("c", join): "",
        (join, "d"): "",
        (join, "e"): "b.result == x",
        ("d", "f"): "",
        ("e", "f"): "",
    }


def test_a_step_may_run_on_the_failure_of_one_before() -> None:
    main = {
        "name": "main",
        "steps": [[task("a", continueOn={"failed": True})], [task("b", when="{{steps.a.status}} == Failed")]],
    }
    assert edges(picture(workflow(main))) == {("a", "b"): "failed"}


def test_a_template_that_calls_itself_is_drawn_once() -> None:
    again = {
        "name": "main",
        "steps": [[task("flip")], [task("again", template="main", when="{{steps.flip.outputs.result}} == tails")]],
    }
    drawn = picture(workflow(again))
    assert nodes(drawn)["again"].kind is Kind.AGAIN
    assert [(edge.source, edge.target) for edge in drawn.edges if edge.kind is EdgeKind.AGAIN] == [("again", "flip")]


def test_templates_of_other_objects_are_named() -> None:
    ref = {"name": "a", "templateRef": {"name": "library", "template": "build"}}
    unknown = task("b", template="{{inputs.parameters.which}}")
    missing = task("c", template="nowhere")
    found = nodes(picture(workflow(dag("main", ref, unknown, missing))))
    assert {found[name].kind for name in "abc"} == {Kind.REFERENCE}
    assert [found[name].note for name in "abc"] == ["library/build", "template which", "there is no template nowhere"]


def test_inline_templates_are_drawn() -> None:
    inline = {"name": "a", "inline": {"container": {"image": "alpine"}}}
    group = {"name": "b", "inline": {"dag": {"tasks": [task("x")]}}}
    found = nodes(picture(workflow(dag("main", inline, group))))
    assert found["a"].note == "alpine"
    assert found["b/x"].parent == "b"


def test_hooks_hang_on_their_task_and_the_exit_handler_on_the_last() -> None:
    hooks = {"exit": {"template": "noop"}, "bad": {"template": "noop", "expression": "tasks['a'].status == 'Failed'"}}
    drawn = picture(workflow(dag("main", task("a", hooks=hooks), task("b", "a")), onExit="noop"))
    hook_edges = {(edge.source, edge.target): edge.label for edge in drawn.edges if edge.kind is EdgeKind.HOOK}
    assert hook_edges[("a", "a.hooks.bad")] == "failed"
    assert {target for _, target in hook_edges} == {"a.onExit", "a.hooks.bad", ".onExit"}
    assert ("b", ".onExit") in hook_edges


def test_with_several_ends_the_exit_handler_stands_alone() -> None:
    drawn = picture(workflow(dag("main", task("a"), task("b")), onExit="noop"))
    assert nodes(drawn)[".onExit"].label == "on exit"
    assert not drawn.edges


def test_a_hook_of_the_workflow_says_when_it_runs() -> None:
    hooks = {"begun": {"template": "noop", "expression": 'workflow.status == "Running"'}}
    assert (
        nodes(picture(workflow(dag("main", task("a")), hooks=hooks)))[".hooks.begun"].condition
        == "workflow.status == 'Running'"
    )


@pytest.mark.parametrize("kind", ["Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow"])
def test_every_kind_of_workflow_is_drawn(kind: str) -> None:
    spec = workflow(dag("main", task("a")))["spec"]
    manifest = {"kind": kind, "metadata": {"name": "it"}, "spec": {"workflowSpec": spec} if kind == "CronWorkflow" else spec}
    assert list(nodes(picture(manifest))) == ["a"]


def test_of_a_library_of_templates_those_are_drawn_that_no_other_calls() -> None:
    manifest = workflow(dag("one", task("a", template="two")), dag("two", task("b")), {**NOOP, "name": "three"})
    manifest["kind"] = "WorkflowTemplate"
    del manifest["spec"]["entrypoint"]
    assert list(nodes(picture(manifest))) == ["one", "one/a", "one/a/b", "three"]


def test_a_workflow_of_a_template_elsewhere_is_one_node_until_it_ran() -> None:
    manifest = {"kind": "Workflow", "metadata": {"name": "x"}, "spec": {"workflowTemplateRef": {"name": "elsewhere"}}}
    (only,) = picture(manifest).nodes
    assert (only.kind, only.note) == (Kind.REFERENCE, "elsewhere")
    status = {"storedWorkflowTemplateSpec": workflow(dag("main", task("a")))["spec"]}
    assert list(nodes(picture(manifest, status=status))) == ["a"]


def test_an_entrypoint_that_is_a_job_is_one_node() -> None:
    assert list(nodes(picture(workflow(entrypoint="noop")))) == ["noop"]


@pytest.mark.parametrize(
    "manifest",
    [
        {},
        {"kind": "Pod"},
        [],
        {"kind": "Workflow", "spec": []},
        {"kind": "Workflow", "spec": {"templates": {}}},
        {"kind": "Workflow", "spec": {"entrypoint": 3}},
        workflow({"name": "main", "dag": []}),
        workflow({"name": "main", "dag": {"tasks": ["a"]}}),
        workflow({"name": "main", "steps": "a"}),
        workflow(dag("main", {"name": ["a"], "template": "noop"})),
        workflow(dag("main", task("a", dependencies="b"))),
        workflow(dag("main", task("a", hooks=[1]))),
    ],
)
def test_what_has_not_the_shape_of_a_workflow_is_refused(manifest: Any) -> None:
    with pytest.raises(InputError):
        draw(manifest, "mermaid")


def test_a_task_that_names_one_that_is_not_there_is_drawn_without() -> None:
    assert edges(picture(workflow(dag("main", task("a", "gone && b"), task("b"))))) == {("b", "a"): ""}


def test_a_circle_is_no_picture_in_layers() -> None:
    manifest = workflow(dag("main", task("a", "b"), task("b", "a")))
    with pytest.raises(InputError, match="tasks wait for one another: "):
        draw(manifest, "svg")
    assert "n0 --> n1" in draw(manifest, "mermaid")


def test_a_picture_without_end_is_refused() -> None:
    doubling = [
        dag(f"t{number}", task("a", template=f"t{number + 1}"), task("b", template=f"t{number + 1}")) for number in range(60)
    ]
    with pytest.raises(InputError, match="nodes"):
        draw(workflow(*doubling, dag("t60", task("x")), entrypoint="t0"), "json")


def test_inline_templates_that_are_too_deep_are_refused() -> None:
    inner: dict[str, Any] = {"suspend": {}}
    for _ in range(150):
        inner = {"dag": {"tasks": [{"name": "a", "inline": inner}]}}
    with pytest.raises(InputError, match="deep"):
        draw(workflow({"name": "main", **inner}), "json")


def test_two_steps_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="two tasks are named 'a'"):
        draw(workflow({"name": "main", "steps": [[task("a")], [task("a")]]}), "svg")


def test_calls_that_are_too_deep_are_refused() -> None:
    chain = [dag(f"t{number}", task("a", template=f"t{number + 1}")) for number in range(200)]
    with pytest.raises(InputError, match="deep"):
        draw(workflow(*chain, dag("t200", task("x")), entrypoint="t0"), "json")
