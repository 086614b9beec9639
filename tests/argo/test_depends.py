"""`depends` and `dependencies`."""

import itertools
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_argo.argo.depends import (
    AllOf,
    AnyOf,
    ContinueOn,
    DependsError,
    Ended,
    InvalidTaskResult,
    Not,
    Rule,
    TaskResult,
    TaskResults,
    check_results,
    evaluate_depends,
    expanded,
    from_dependencies,
    named_tasks,
    parse_depends,
)

NAMES = st.sampled_from(["a", "b-c", "D2", "x-1-y"])
RESULTS = st.builds(TaskResults, **{name: st.booleans() for name in TaskResults.__slots__})
RULES = st.recursive(
    st.builds(Ended, NAMES, st.sampled_from(TaskResult)),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: AllOf(tuple(parts))),
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: AnyOf(tuple(parts))),
        inner.map(Not),
    ),
)


def written(rule: Rule) -> str:
    match rule:
        case Ended(task, result):
            return f"{task}.{result.value}"
        case AllOf(parts):
            return f"({' && '.join(map(written, parts))})"
        case AnyOf(parts):
            return f"({' || '.join(map(written, parts))})"
        case Not(part):
            return f"!{written(part)}"


def directly(rule: Rule, results: dict[str, TaskResults]) -> bool:
    """The same rule by Python's own operators."""
    text = written(rule).replace("&&", " and ").replace("||", " or ").replace("!", " not ")
    for name in results:
        text = text.replace(f"{name}.", f"{name.replace('-', '_')}.")
    fields = {
        name.replace("-", "_"): type("R", (), {result.value: value.has(result) for result in TaskResult})
        for name, value in results.items()
    }
    return eval(text, fields)


@given(RULES, st.fixed_dictionaries(dict.fromkeys(("a", "b-c", "D2", "x-1-y"), RESULTS)))
def test_evaluation_is_pythons(rule, results):
    assert evaluate_depends(written(rule), results) is directly(rule, results)
    assert evaluate_depends(written(rule), results.__getitem__) is directly(rule, results)


@given(RULES, st.fixed_dictionaries(dict.fromkeys(("a", "b-c", "D2", "x-1-y"), RESULTS)))
def test_the_general_way_agrees(rule, results):
    """What is no plain rule goes through the expression language; a comparison with `true` makes it so."""
    assert evaluate_depends(f"{written(rule)} != (1 == 2)", results | {"1": TaskResults(), "2": TaskResults()}) is directly(
        rule, results
    )


@pytest.mark.parametrize(
    ("depends", "text"),
    [
        ("a", "(a.Succeeded || a.Skipped || a.Daemoned)"),
        ("a.Failed", "a.Failed"),
        ("a && !b-c", "(a.Succeeded || a.Skipped || a.Daemoned) && !(b-c.Succeeded || b-c.Skipped || b-c.Daemoned)"),
        ("(a||b.AnySucceeded)", "((a.Succeeded || a.Skipped || a.Daemoned)||b.AnySucceeded)"),
        ("cont", "(cont.Succeeded || cont.Skipped || cont.Daemoned || cont.Errored || cont.Failed)"),
    ],
)
def test_expansion(depends, text):
    both = ContinueOn(error=True, failed=True)
    assert expanded(depends, lambda name: both if name == "cont" else ContinueOn()) == text


def test_dependencies():
    assert from_dependencies([]) == ""
    assert from_dependencies(["a", "b"], lambda name: ContinueOn(failed=name == "b")) == (
        "(a.Succeeded || a.Skipped || a.Daemoned) && (b.Succeeded || b.Skipped || b.Daemoned || b.Failed)"
    )


@pytest.mark.parametrize(
    ("depends", "names"),
    [
        ("a && b.Failed || !c-d", {"a": False, "b": False, "c-d": False}),
        ("a.AnySucceeded || a.AllFailed", {"a": True}),
        ("a.AnySucceeded || a.Failed", {"a": True}),
        ("a.AnySucceeded || a", {"a": False}),
        ("a and true", {"a": False, "and": False, "true": False}),
        ("a_b", {"a": False, "b": False}),
        ("a.failed", {"a": False, "failed": False}),
        ("-a", {"a": False}),
        ("", {}),
    ],
)
def test_named_tasks(depends, names):
    assert named_tasks(depends) == names


def test_unknown_results_are_refused():
    check_results("a.Succeeded && b || c.AllFailed")
    with pytest.raises(InvalidTaskResult) as caught:
        check_results("a.Succeeded && b-c.Success")
    assert str(caught.value) == "task result 'Success' for task 'b-c' is invalid"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    "name", ["in", "not", "and", "or", "let", "if", "else", "matches", "contains", "startsWith", "endsWith"]
)
def test_words_of_the_language_are_no_names(name):
    with pytest.raises(DependsError, match=r"unable to evaluate expression '\(.*': unexpected token Operator"):
        evaluate_depends(expanded(name), {name: TaskResults(succeeded=True)})


@pytest.mark.parametrize("name", ["nil", "true", "false"])
def test_constants_are_no_names(name):
    with pytest.raises(DependsError):
        evaluate_depends(expanded(name), {name: TaskResults(succeeded=True)})


@pytest.mark.parametrize("name", ["all", "any", "len", "map", "filter", "count", "now", "tasks"])
def test_functions_are_good_names(name):
    assert evaluate_depends(expanded(name), {name: TaskResults(succeeded=True)}) is True


@pytest.mark.parametrize(
    ("depends", "reason"),
    [
        ("(a.Succeeded", "unexpected token EOF (1:12)"),
        ("a.Succeeded &&", "unexpected token EOF (1:14)"),
        ("a.Succeeded b.Succeeded", 'unexpected token Identifier("b") (1:13)'),
        ("a.Success", "type controller.TaskResults has no field Success (1:3)"),
        ("a.Succeeded + b.Succeeded", "invalid operation: + (mismatched types bool and bool) (1:13)"),
        ("[a.Succeeded]", "unable to cast expression result '[%!s(bool=true)]' to bool"),
    ],
)
def test_errors(depends, reason):
    results = {"a": TaskResults(succeeded=True), "b": TaskResults()}
    with pytest.raises(DependsError) as caught:
        evaluate_depends(depends, results)
    assert str(caught.value).split("\n")[0] == f"unable to evaluate expression '{depends}': {reason}"


def test_hyphens_are_read_as_underscores():
    with pytest.raises(DependsError) as caught:
        evaluate_depends("b-c.Foo", {"b-c": TaskResults()})
    assert caught.value.depends == "b_c.Foo"


def test_hundreds_of_names_are_one_flat_rule():
    names = [f"t-{number}" for number in range(800)]
    depends = expanded(" && ".join(names))
    rule = parse_depends(depends)
    assert isinstance(rule, AllOf)
    assert len(rule.parts) == 800
    assert evaluate_depends(depends, lambda name: TaskResults(succeeded=True)) is True
    assert evaluate_depends(depends, lambda name: TaskResults(succeeded=name != "t-799")) is False


def test_more_than_the_language_allows():
    """Argo too fails here: an expression has at most 10,000 nodes."""
    with pytest.raises(DependsError, match="exceeds maximum allowed nodes"):
        evaluate_depends(expanded(" && ".join(f"t{number}" for number in range(900))), lambda name: TaskResults())


def test_all_results_of_all_phases():
    for flags in itertools.product((False, True), repeat=3):
        results = TaskResults(succeeded=flags[0], skipped=flags[1], daemoned=flags[2])
        assert evaluate_depends(expanded("a"), {"a": results}) is any(flags)
