"""Patches of a pod's spec. The judge is Kubernetes' API server, which patches the pods of a PodTemplate in the same way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from airflow_argo.argo.pod_spec_patch import InvalidPatch, directives_in, patched, read_patch

NAMES = st.sampled_from(["a", "b", "c", "d"])


def listed(items: st.SearchStrategy[dict[str, Any]], key: str, least: int = 0) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(items, min_size=least, max_size=3, unique_by=lambda item: item[key])


def container(*, whole: bool) -> st.SearchStrategy[dict[str, Any]]:
    """A container, or what a patch says of one."""
    texts = st.lists(NAMES, max_size=2)
    env = listed(st.fixed_dictionaries({"name": NAMES, "value": NAMES}), "name")
    sources = st.lists(st.fixed_dictionaries({"secretRef": st.fixed_dictionaries({"name": NAMES})}), max_size=2)
    mounts = listed(st.fixed_dictionaries({"name": st.just("v"), "mountPath": NAMES.map("/{}".format)}), "mountPath")
    ports = listed(st.fixed_dictionaries({"containerPort": st.integers(1, 3), "name": NAMES}), "containerPort")
    limits = st.fixed_dictionaries({"limits": st.dictionaries(st.sampled_from(["cpu", "memory"]), st.just("1"), max_size=2)})
    fields = {"command": texts, "args": texts, "env": env, "envFrom": sources, "volumeMounts": mounts, "resources": limits}
    if not whole:
        fields = {name: st.none() | value for name, value in fields.items()}
    del ports
    required: dict[str, Any] = {"name": NAMES, "image": NAMES} if whole else {"name": NAMES}
    return st.fixed_dictionaries(required, optional=fields)


SPECS = st.fixed_dictionaries(
    {
        "containers": listed(container(whole=True), "name", 1),
        "volumes": st.just([{"name": "v", "emptyDir": {}}]),
        "restartPolicy": st.just("Never"),
    },
    optional={
        "nodeSelector": st.dictionaries(NAMES, NAMES, max_size=2),
        "tolerations": st.lists(st.fixed_dictionaries({"key": NAMES, "operator": st.just("Exists")}), max_size=2),
        "imagePullSecrets": listed(st.fixed_dictionaries({"name": NAMES}), "name"),
    },
)
PATCHES = st.fixed_dictionaries(
    {},
    optional={
        "containers": listed(container(whole=False), "name"),
        "nodeSelector": st.dictionaries(NAMES, st.none() | NAMES, max_size=2),
        "tolerations": st.lists(st.fixed_dictionaries({"key": NAMES, "operator": st.just("Exists")}), max_size=2),
        "imagePullSecrets": listed(st.fixed_dictionaries({"name": NAMES}), "name"),
        "hostname": NAMES,
    },
)


def known(patch: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    """The patch without containers that the pod doesn't have."""
    names = {one["name"] for one in spec["containers"]}
    found = [one for one in patch.get("containers", []) if one["name"] in names]
    return {**patch, "containers": found} if "containers" in patch else patch


@pytest.fixture(scope="module")
def pod_templates() -> Iterator[Any]:
    """(spec, patch) → the spec after the patch, by the API server."""
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    from kubernetes import client, config

    config.load_kube_config(os.environ["KUBECONFIG"])
    api, namespace = client.CoreV1Api(), f"test-patches-{uuid4().hex[:6]}"
    api.create_namespace({"metadata": {"name": namespace}})

    def patch(spec: dict[str, Any], patch_: dict[str, Any]) -> Any:
        item = {"metadata": {"name": f"p-{uuid4().hex[:8]}"}, "template": {"spec": spec}}
        made = api.create_namespaced_pod_template(namespace, item)
        after = api.patch_namespaced_pod_template(made.metadata.name, namespace, {"template": {"spec": patch_}})
        return api.api_client.sanitize_for_serialization(after.template.spec)

    try:
        yield patch
    finally:
        api.delete_namespace(namespace)


def stated(found: Any) -> Any:
    """A spec without what is empty, and what a server adds of its own."""
    added = {"terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy", "dnsPolicy", "schedulerName"}
    added |= {"terminationGracePeriodSeconds", "requests", "securityContext"}
    if isinstance(found, dict):
        inner = {key: stated(value) for key, value in found.items() if key not in added}
        return {key: value for key, value in inner.items() if value not in ({}, [], None)}
    return [stated(one) for one in found] if isinstance(found, list) else found


ENV = [{"name": name, "value": name} for name in "abc"]


@pytest.mark.cluster
@settings(max_examples=60, deadline=None)
@given(SPECS, PATCHES)
@example(
    {"containers": [{"name": "a", "image": "i", "env": ENV}], "volumes": [], "restartPolicy": "Never"},
    {
        "containers": [
            {"name": "a", "env": [{"name": "d", "value": "x"}, {"name": "b", "value": "y"}, {"name": "a", "value": "z"}]}
        ]
    },
)
def test_a_pod_is_patched_as_by_kubernetes(pod_templates: Any, spec: dict[str, Any], patch: dict[str, Any]) -> None:
    patch = known(patch, spec)
    assert stated(patched(spec, patch)) == stated(pod_templates(spec, patch))


def test_lists_are_merged_by_their_keys_or_replaced() -> None:
    before = {"containers": [{"name": "main", "args": ["a", "b"], "env": ENV}], "tolerations": [{"key": "a"}]}
    patch = {
        "containers": [{"name": "main", "args": ["c"], "env": [{"name": "b", "value": "x"}]}],
        "tolerations": [{"key": "b"}],
    }
    env = [{"name": "a", "value": "a"}, {"name": "b", "value": "x"}, {"name": "c", "value": "c"}]
    after = {"containers": [{"name": "main", "args": ["c"], "env": env}], "tolerations": [{"key": "b"}]}
    assert patched(before, patch) == after


def test_what_a_patch_is() -> None:
    assert read_patch("containers: [{name: main}]") == {"containers": [{"name": "main"}]}
    assert list(directives_in({"a": [{"$patch": "delete"}], "$retainKeys": []})) == ["$retainKeys", "$patch"]
    for text in ("[1]", "a: [", ""):
        with pytest.raises(InvalidPatch):
            read_patch(text)
