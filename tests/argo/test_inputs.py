"""Arguments that a workflow doesn't have, or lacks."""

import pytest

from airflow_argo.argo.inputs import check_inputs
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
    ],
)
def test_one_that_something_may_read_is_not(more):
    check_inputs({**SPEC, **more}, ["day", "zone"])


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
