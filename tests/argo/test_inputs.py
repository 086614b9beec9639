"""Arguments that a workflow doesn't have, or lacks."""

import pytest

from airflow_argo.argo.inputs import check_inputs, specs_among
from airflow_argo.diagnostics import InputError

SPEC = {"arguments": {"parameters": [{"name": "day"}]}, "templates": [{"name": "main", "container": {"args": ["x"]}}]}


@pytest.mark.parametrize(
    ("more", "name", "cure"),
    [({}, "days", "did you mean 'day'"), ({}, "zone", "it has: day"), ({"arguments": {}}, "zone", "it has: none")],
)
def test_one_that_nothing_reads_is_refused(more, name, cure):
    with pytest.raises(InputError, match=f"no input '{name}'; {cure}"):
        check_inputs({**SPEC, **more}, ["day"] * (not more) + [name])


@pytest.mark.parametrize(
    "more",
    [
        {"entrypoint": "{{workflow.parameters.zone}}"},
        {"entrypoint": "{{=workflow.parameters['zone']}}"},
        {"templates": [{"name": "main", "steps": [[{"name": "a", "templateRef": {"name": "others", "template": "t"}}]]}]},
        {"workflowTemplateRef": {"name": "others"}},
        {"entrypoint": "{{workflow.parameters.json}}"},
        {"entrypoint": "{{=toJson(workflow.parameters)}}"},
        {"entrypoint": "main", "templates": [{"name": "main", "inputs": {"parameters": [{"name": "zone"}]}}]},
        {"onExit": "end", "templates": [{"name": "end", "inputs": {"parameters": [{"name": "zone"}]}}]},
    ],
)
def test_one_that_something_may_read_is_not(more):
    check_inputs({**SPEC, **more}, ["day", "zone"])


@pytest.mark.parametrize(
    "more", [{"entrypoint": "{{workflow.parameters.zones}}"}, {"entrypoint": "main", "templates": {"a": 1}}]
)
def test_names_that_are_only_alike_are_others(more):
    with pytest.raises(InputError, match="no input 'zone'; it has: day"):
        check_inputs({**SPEC, **more}, ["day", "zone"])


def document(name, spec, kind="WorkflowTemplate"):
    return {"kind": kind, "metadata": {"name": name}, "spec": spec}


def called(name, **more):
    return {"name": "main", "dag": {"tasks": [{"name": "a", "templateRef": {"name": name, "template": "t", **more}}]}}


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("day", None),
        ("zone", None),  # read by a template that the template's template calls
        ("size", None),  # of the entrypoint alone
        ("days", "no input 'days'; did you mean 'day'\\? it has: city, day, size"),
        (None, "no value is given for input 'city'"),
    ],
)
def test_templates_of_others_have_inputs_and_read_them(name, finding):
    declared = {"parameters": [{"name": "day", "value": "1"}, {"name": "city"}]}
    main = {**called("one"), "inputs": {"parameters": [{"name": "size", "default": "1"}]}}
    script = {"name": "t", "script": {"source": "{{workflow.parameters.zone}}"}}
    documents = [
        document("whole", {"arguments": declared, "entrypoint": "main", "templates": [main]}),
        document("one", {"templates": [{**called("two", clusterScope=True), "name": "t"}]}),
        document("two", {"templates": [script]}, "ClusterWorkflowTemplate"),
    ]
    spec = {"workflowTemplateRef": {"name": "whole"}}
    given = ["city", name] if name else []
    if finding is None:
        check_inputs(spec, given, specs_among(documents))
        return
    with pytest.raises(InputError, match=finding):
        check_inputs(spec, given, specs_among(documents))
    if name:
        check_inputs(spec, given, specs_among(documents[:2]))  # nobody knows what the third reads


def test_inputs_without_a_value_are_to_be_given():
    some = [
        {"name": "day"},
        {"name": "zone", "value": ""},
        {"name": "key", "valueFrom": {"configMapKeyRef": {}}},
        {"name": "n"},
    ]
    spec = {**SPEC, "arguments": {"parameters": some}}
    check_inputs(spec, ["day", "n"])
    check_inputs({**spec, "workflowTemplateRef": {"name": "others"}}, [])
    with pytest.raises(InputError, match="no value is given for input 'day', 'n'; give one"):
        check_inputs(spec, ["zone"])
