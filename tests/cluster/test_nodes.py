"""Reading and storing the nodes of a status."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from airflow_argo.argo.gojson import marshal
from airflow_argo.cluster.errors import NodesUnreadableError, TooLargeError
from airflow_argo.cluster.nodes import json_size, nodes_of, packed, with_nodes
from airflow_argo.cluster.snapshot import Snapshot

NODES = {"a": {"id": "a", "name": "w.a", "phase": "Running"}}


def workflow(**status):
    return {"metadata": {"name": "w"}, "spec": {}, "status": status}


def compressed(data):
    return base64.b64encode(data).decode()


def test_nodes_in_the_object():
    assert nodes_of(workflow(nodes=NODES)) == NODES


def test_compressed_nodes():
    text = compressed(gzip.compress(json.dumps(NODES).encode()))
    assert nodes_of(workflow(compressedNodes=text)) == NODES
    assert Snapshot(workflow(compressedNodes=text, phase="Running")).status == {"phase": "Running", "nodes": NODES}


def test_no_nodes_yet():
    assert nodes_of({"metadata": {"name": "w"}}) == {}
    assert nodes_of(workflow(compressedNodes=compressed(gzip.compress(b"null")))) == {}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({"offloadNodeStatusVersion": "fnv:1"}, "controller's database"),
        ({"compressedNodes": compressed(b"\x28\xb5\x2f\xfd....")}, "zstd, not gzip"),
        ({"compressedNodes": compressed(b"\x0b\x02\x80")}, "brotli, or something else"),
        ({"compressedNodes": "!"}, "no base64"),
        ({"compressedNodes": compressed(gzip.compress(b"{}" * 99)[:-9])}, "damaged"),
        ({"compressedNodes": compressed(gzip.compress(b"{"))}, "damaged"),
    ],
)
def test_what_cannot_be_read_says_why_and_leaves_the_phase_readable(status, reason):
    snapshot = Snapshot(workflow(phase="Succeeded", **status))
    with pytest.raises(NodesUnreadableError, match=reason):
        _ = snapshot.nodes
    with pytest.raises(NodesUnreadableError, match=reason):
        _ = snapshot.status
    assert snapshot.done


def test_a_small_workflow_is_stored_as_it_is():
    small = workflow(nodes=NODES)
    assert packed(small) is small


def test_a_large_one_gets_its_nodes_compressed():
    many = {f"n{number}": {"id": f"n{number}", "message": "x" * 1000} for number in range(2000)}
    stored = packed(workflow(nodes=many, phase="Failed"))
    assert "nodes" not in stored["status"]
    assert json_size(stored) < 1024 * 1024
    assert nodes_of(stored) == many
    assert nodes_of(with_nodes(stored, NODES)) == NODES


def test_one_that_stays_too_large_is_refused():
    with pytest.raises(TooLargeError, match="the limit is 1,048,576"):
        packed({"metadata": {"name": "w"}, "spec": {"x": "y" * 1_100_000}, "status": {"nodes": NODES}})


@pytest.mark.parametrize("text", ["plain", "a < b && c > d", 'quotes " and \\', "ünïcödé 🎈", "tab\tline\n"])
def test_sizes_are_those_that_argo_counts(text):
    manifest = {"spec": {"x": text, "n": [1, 2.5, None, True]}}
    assert json_size(manifest) == len(marshal(manifest).encode())
