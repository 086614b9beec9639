"""What Airflow's task runner is answered in a pod."""

from __future__ import annotations

import asyncio
import uuid
from datetime import datetime, timezone
from typing import Any, get_args

import pytest

from airflow_argo.pod.airflow_task.supervisor import ANSWERS, NeedsServer, Supervisor
from airflow_argo.pod.airflow_task.workflows import ApiError
from airflow_argo.pod.values import ABSENT, TYPE, encoded, to_json
from airflow_argo.pod.xcoms import Xcoms
from airflow_argo.translator.loading import prepare_environment

prepare_environment()

OURS = {"dag_id": "d", "run_id": "r"}
SERVERS_OWN = {
    "GetDagRun", "GetTaskBreadcrumbs",
    "CreateHITLDetailPayload", "UpdateHITLDetail", "GetHITLDetailResponse", "GetDag",
}  # fmt: skip
"""What only a server could answer: the task that asks fails, and says what it asked for."""


@pytest.fixture
def supervisor() -> Supervisor:
    xcoms = {"one": {"return_value": 5, "k": (1, 2)}, "many": {"return_value": [10, ABSENT, None, 30]}, "same": {"k": 7}}
    call = {"mapped": ["many"], "siblings": ["same"], "unknown": ["one"]}
    return Supervisor({"task_id": "me", **OURS}, Xcoms({**call, "xcoms": xcoms}, lambda value: value), call)


@pytest.fixture
def comms() -> Any:
    from airflow.sdk.execution_time import comms

    return comms


def test_every_message_of_this_airflow_is_answered_or_known_to_be_the_servers(comms: Any) -> None:
    messages = {one.__name__ for one in get_args(get_args(comms.ToSupervisor)[0])}
    assert messages - set(ANSWERS) == SERVERS_OWN & messages


def test_every_answer_has_its_method() -> None:
    assert [name for name in ANSWERS.values() if not callable(getattr(Supervisor, name, None))] == []


def test_instances_are_counted_of_the_task_itself_or_by_the_cluster(supervisor: Supervisor, comms: Any) -> None:
    assert supervisor.send(comms.GetTICount(dag_id="d", run_ids=["r"], task_ids=["me"])).count == 1
    for asked in ({"dag_id": "d"}, {"dag_id": "d", "run_ids": ["r"], "task_ids": ["me"], "states": ["failed"]}):
        with pytest.raises(ApiError, match="there is no Kubernetes here"):
            supervisor.send(comms.GetTICount(**asked))


def test_keys_are_those_that_airflow_stores(supervisor: Supervisor, comms: Any) -> None:
    supervisor.send(comms.SetXCom(key="a%2Fb?c", value=1, task_id="me", **OURS))
    assert supervisor.pushed == {"a/b": 1}
    with pytest.raises(ValueError, match="takes no XCom"):
        supervisor.send(comms.SetXCom(key="", value=1, task_id="me", **OURS))


def test_value_of_a_task(supervisor: Supervisor, comms: Any) -> None:
    assert supervisor.send(comms.GetXCom(key="return_value", task_id="one", **OURS)).value == 5


def test_value_that_was_not_pushed_is_none(supervisor: Supervisor, comms: Any) -> None:
    assert supervisor.send(comms.GetXCom(key="return_value", task_id="elsewhere", **OURS)).value is None
    found = supervisor.send(comms.GetXComSequenceSlice(key="x", task_id="elsewhere", start=None, stop=None, step=None, **OURS))
    assert found.root == []


def test_value_of_a_key_that_nothing_names(comms: Any) -> None:
    pushed = {"one": {"k": encoded((1, 2))}, "many": [{"k": encoded(1)}, None, {"other": encoded(3)}], "none": None}
    call = {"mapped": ["many"], "unknown": ["one", "many", "none"], "pushed": pushed}
    supervisor = Supervisor({"task_id": "me", **OURS}, Xcoms(call, lambda value: value), call)
    assert supervisor.value("one", "k") == (1, 2)
    assert supervisor.value("one", "other") is None
    assert supervisor.value("many", "k") == [1, ABSENT, ABSENT]
    assert supervisor.value("none", "k") is None


def test_value_that_airflow_cannot_read_again_can_be_pushed(supervisor: Supervisor, comms: Any) -> None:
    stored = {"__classname__": "not.known.Here", "__version__": 1, "__data__": {}}
    supervisor.send(comms.SetXCom(key="k", value=stored, task_id="me", **OURS))
    assert to_json(supervisor.pushed["k"]) == {TYPE: "airflow", "of": stored}
    assert supervisor.send(comms.GetXCom(key="k", task_id="me", **OURS)).value == stored


def test_value_that_was_pushed_and_not_passed_is_said(supervisor: Supervisor, comms: Any) -> None:
    with pytest.raises(NeedsServer, match="'other' of task 'one'"):
        supervisor.send(comms.GetXCom(key="other", task_id="one", **OURS))


def test_values_of_mapped_instances(supervisor: Supervisor, comms: Any) -> None:
    at = {"key": "return_value", "task_id": "many", **OURS}
    assert supervisor.send(comms.GetXComCount(**at)).len == 3
    assert supervisor.send(comms.GetXComSequenceItem(offset=2, **at)).root == 30
    assert supervisor.send(comms.GetXComSequenceSlice(start=1, stop=None, step=None, **at)).root == [None, 30]
    assert type(supervisor.send(comms.GetXComSequenceItem(offset=9, **at))).__name__ == "ErrorResponse"


@pytest.mark.parametrize(
    ("task_id", "key", "index", "value"),
    [
        ("many", "return_value", 0, 10),
        ("many", "return_value", 1, None),
        ("many", "return_value", 3, 30),
        ("many", "return_value", 4, None),
        ("many", "return_value", -1, None),
        ("one", "return_value", -1, 5),
        ("one", "return_value", None, 5),
        ("one", "return_value", 0, None),
        ("same", "k", 2, 7),
    ],
)
def test_value_of_an_instance(
    supervisor: Supervisor, comms: Any, task_id: str, key: str, index: int | None, value: Any
) -> None:
    assert supervisor.send(comms.GetXCom(key=key, task_id=task_id, map_index=index, **OURS)).value == value


@pytest.mark.parametrize("other", [{"dag_id": "e", "run_id": "r"}, {"dag_id": "d", "run_id": "q"}])
def test_values_of_other_runs_are_not_known(supervisor: Supervisor, comms: Any, other: dict[str, str]) -> None:
    with pytest.raises(NeedsServer, match="only values of its own run"):
        supervisor.send(comms.GetXCom(key="k", task_id="one", **other))


def test_what_the_task_pushes(supervisor: Supervisor, comms: Any) -> None:
    from airflow.sdk.serde import deserialize, serialize

    day = datetime(2024, 5, 6, tzinfo=timezone.utc)
    supervisor.send(comms.SetXCom(key="day", value=serialize(day), task_id="me", **OURS))
    supervisor.send(comms.SetXCom(key="_link_Log", value="http://", task_id="me", **OURS))
    assert supervisor.pushed == {"day": day}
    assert deserialize(supervisor.send(comms.GetXCom(key="day", task_id="me", **OURS)).value) == day
    supervisor.send(comms.DeleteXCom(key="day", task_id="me", **OURS))
    assert supervisor.pushed == {}


def test_asynchronous_questions(supervisor: Supervisor, comms: Any) -> None:
    answer = asyncio.run(supervisor.asend(comms.GetXCom(key="return_value", task_id="one", **OURS)))
    assert answer.value == 5


def test_decisions(supervisor: Supervisor, comms: Any) -> None:
    supervisor.send(comms.SkipDownstreamTasks(tasks=["a", ("b", -1)]))
    assert (supervisor.decided, supervisor.skipped) == (True, {"a", "b"})


def test_connections_and_variables_are_looked_for_in_the_environment_only(supervisor: Supervisor, comms: Any) -> None:
    assert supervisor.send(comms.GetConnection(conn_id="c")).error.value == "CONNECTION_NOT_FOUND"
    assert supervisor.send(comms.GetVariable(key="v")).error.value == "VARIABLE_NOT_FOUND"


def test_state_is_kept_for_a_try(supervisor: Supervisor, comms: Any) -> None:
    at = {"ti_id": uuid.uuid4(), "key": "page"}
    assert supervisor.send(comms.GetTaskStateStore(**at)).error.value == "TASK_STORE_NOT_FOUND"
    supervisor.send(comms.SetTaskStateStore(value=3, expires_at=None, **at))
    assert supervisor.send(comms.GetTaskStateStore(**at)).value == 3
    supervisor.send(comms.ClearTaskStateStore(ti_id=at["ti_id"]))
    assert supervisor.send(comms.GetTaskStateStore(**at)).error.value == "TASK_STORE_NOT_FOUND"


def test_what_only_a_server_knows_is_said(supervisor: Supervisor, comms: Any) -> None:
    with pytest.raises(NeedsServer, match="GetTaskBreadcrumbs"):
        supervisor.send(comms.GetTaskBreadcrumbs(dag_id="d", run_id="r"))


def test_runs_are_looked_for_where_kubernetes_is(supervisor: Supervisor, comms: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(ApiError, match="there is no Kubernetes here"):
        supervisor.send(comms.GetDagRunState(dag_id="d", run_id="r"))


def test_values_of_earlier_runs_are_the_servers(supervisor: Supervisor, comms: Any) -> None:
    for ask in (
        comms.GetXCom(key="return_value", task_id="one", include_prior_dates=True, **OURS),
        comms.GetXComSequenceSlice(
            key="return_value", task_id="one", start=None, stop=None, step=None, include_prior_dates=True, **OURS
        ),
    ):
        with pytest.raises(NeedsServer, match="earlier runs"):
            supervisor.send(ask)
