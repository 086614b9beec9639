from __future__ import annotations

from airflow_argo.cluster import Cluster
from airflow_argo.cluster.rbac import NEEDS, role


def test_every_operation_has_its_needs():
    operations = {name for name in vars(Cluster) if not name.startswith("_")}
    other = {"connect", "server", "namespace", "in_namespace", "close"}
    same_as = {
        "watch": "wait",
        "wait_all": "wait",
        "last_state": "wait",
        "set_node": "resume",
        "submit_from": "submit from",
        "apply": "submit with templates",
    }
    assert {same_as.get(name, name) for name in operations - other} | {"submit with templates"} == set(NEEDS)


def test_a_role_has_one_rule_for_a_resource():
    rules = role("ns", ["submit", "wait", "logs"])["rules"]
    assert {rule["resources"][0]: set(rule["verbs"]) for rule in rules} == {
        "workflows": {"create", "get", "list", "watch"},
        "pods": {"list", "watch"},
        "pods/log": {"get"},
    }
