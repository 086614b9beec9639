"""The DAG file in the pod: unpacked, imported, and its task found."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from airflow_argo._compat import DecoratedOperator
from airflow_argo.decorators.argo import ArgoDecoratedOperator
from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator
from airflow_argo.pod import runner
from airflow_argo.pod.airflow_task.dag_file import DagFileChanged, task_of, unpacked
from airflow_argo.pod.airflow_task.missing_package import ARGUMENTS
from airflow_argo.sensors.argo import ArgoWorkflowSensor
from airflow_argo.translator.loading import prepare_environment

prepare_environment()

TEXT = """
from pod_dag_file_own.part import NAME

try:
    from airflow.sdk import DAG, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task

with DAG("d", schedule=None):
    @task(task_id=NAME)
    def f():
        return 1
    f()
"""


@pytest.fixture
def shipped() -> dict[str, str]:
    others = {
        "pod_dag_file_own/__init__.py": "",
        "pod_dag_file_own/part.py": "NAME = 'called'",
        "team/query.sql": "select {{ ds }}",
    }
    return {"dag_file": TEXT, "dag_files": json.dumps(others)}


def test_files_lie_as_beside_the_author(shipped: dict[str, str]) -> None:
    path = Path(unpacked(shipped, "team/dag.py"))
    assert path.read_text() == TEXT
    assert (path.parent / "query.sql").read_text() == "select {{ ds }}"
    assert (path.parent.parent / "pod_dag_file_own" / "part.py").exists()


def test_task_is_found(shipped: dict[str, str]) -> None:
    path = unpacked(shipped, "team/dag.py")
    task = task_of(path, "d", "called", str(Path(path).parent.parent))
    assert task.python_callable() == 1
    assert task.dag.fileloc == path


def test_only_the_authors_warnings_are_shown(shipped: dict[str, str]) -> None:
    texts = "('`airflow.x.y` attribute is deprecated.', 'own')"
    warn = f"import warnings\nfor text in {texts}:\n    warnings.warn(text, FutureWarning)\n"
    quiet = unpacked(shipped, "team/quiet.py")
    task_of(quiet, "d", "called", quiet[: -len("team/quiet.py")])  # Airflow, when it is imported, sets how warnings are shown
    path = unpacked({**shipped, "dag_file": warn + TEXT}, "team/loud.py")
    with pytest.warns(FutureWarning) as caught:
        task_of(path, "d", "called", path[: -len("team/loud.py")])
    assert [str(one.message) for one in caught if str(one.message) == "own" or "x.y" in str(one.message)] == ["own"]


def test_another_dag_file_in_the_image_is_said(shipped: dict[str, str]) -> None:
    path = unpacked(shipped, "team/dag.py")
    root = str(Path(path).parent.parent)
    with pytest.raises(DagFileChanged, match="makes no DAG 'other' in this image, only: d"):
        task_of(path, "other", "called", root)
    with pytest.raises(DagFileChanged, match="has no task 'other' in this image"):
        task_of(path, "d", "other", root)


@pytest.mark.parametrize("text", ["plain", "é {{ x }}", ""])
def test_packed_texts_come_back(text: str) -> None:
    import base64

    packed = "base64:" + base64.b64encode(text.encode()).decode()
    assert runner.unpacked(packed) == text
    assert runner.unpacked("as it is") == "as it is"


OURS = """
from airflow_argo import ContainerJob, Workflow, WorkflowParam, for_loop
from airflow_argo.hooks.argo import ArgoHook
from airflow_argo.offload import argo_task_group, offload
from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator
from airflow_argo.sensors.argo import ArgoWorkflowSensor

try:
    from airflow.sdk import DAG, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task


class Submits(ArgoSubmitWorkflowOperator):
    def __init__(self, team, **kwargs):
        super().__init__(manifest={}, labels={"team": team}, **kwargs)


with Workflow("w", n=WorkflowParam(3)) as w:
    first = ContainerJob("a", image="i")(w.n)

    @for_loop(first.outputs["list"])
    def each(item):
        return ContainerJob("b", image="i")(item)

    each() >> first

with DAG("d", schedule=None) as dag:
    submit = ArgoSubmitWorkflowOperator(task_id="submit", workflow=w, parameters={"n": 4}, deferrable=False, retries=2)
    waits = ArgoWorkflowSensor(task_id="waits", workflow_name=submit.output["workflow_name"], mode="reschedule")
    some = ArgoSubmitWorkflowOperator.partial(task_id="some", manifest={}).expand(parameters=[{"n": 1}, {"n": 2}])

    @task.argo(image="i", pod={"env": []}, retries=3)
    def trained(rows):
        return len(rows)

    @task.argo
    def plain():
        return [[1], [2, 3]]

    @task
    def reads(lengths):
        return ArgoHook("c").cluster

    @argo_task_group(argo={"deferrable": False})
    def grouped():
        return Submits(task_id="submits", team="t")

    submit >> waits >> some >> grouped() >> reads(trained.expand(rows=plain()))

offload(dag)
"""
PROGRAM = """
import importlib.util, json, os, sys

sys.path[:1] = [sys.argv[1], sys.argv[3]]
assert importlib.util.find_spec("airflow_argo") is None
from airflow_task import dag_file

task = dag_file.task_of(sys.argv[2], "d", "reads", os.path.dirname(sys.argv[2]))
retries = {key: one.retries for key, one in task.dag.task_dict.items()}
found = {"retries": retries, "upstream": sorted(task.upstream_task_ids)}
again = dag_file.task_of(sys.argv[2], "d", "submit", os.path.dirname(sys.argv[2]))
assert "airflow_argo" not in sys.modules
runs = {"reads": lambda: task.python_callable([]), "submit": lambda: type(again).execute.__wrapped__(again, {})}
for name, run in runs.items():
    try:
        run()
    except ImportError as error:
        found[name] = str(error)
print(json.dumps(found))
"""


def test_in_an_image_without_airflow_argo_a_file_that_uses_it_is_read(tmp_path: Path) -> None:
    shutil.copytree(Path(runner.__file__).parent / "airflow_task", tmp_path / "pod" / "airflow_task")
    (tmp_path / "dag.py").write_text(OURS)
    (packages := tmp_path / "packages").mkdir()
    for one in Path(sysconfig.get_path("purelib")).iterdir():
        if "airflow_argo" not in one.name:
            (packages / one.name).symlink_to(one)
    places = (str(tmp_path / one) for one in ("pod", "dag.py", "packages"))
    command = [sys.executable, "-S", "-E", "-c", PROGRAM, *places]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.strip().rpartition("\n")[2])
    assert found["upstream"] == ["grouped.submits", "trained"]
    others = dict.fromkeys(("waits", "some", "grouped.submits", "plain", "reads"), 0)
    assert found["retries"] == {"submit": 2, "trained": 3, **others}
    assert "airflow_argo.hooks.argo.ArgoHook is used, and this image has no airflow-argo" in found["reads"]
    assert "airflow_image" in found["submit"]


def test_what_stands_for_our_operators_takes_what_they_take() -> None:
    for operator in (ArgoSubmitWorkflowOperator, ArgoWorkflowSensor, ArgoDecoratedOperator):
        own = {name for one in operator.mro() for name in getattr(one.__init__, "_BaseOperatorMeta__param_names", ())}
        known = {
            name for one in DecoratedOperator.mro() for name in getattr(one.__init__, "_BaseOperatorMeta__param_names", ())
        }
        assert own - known <= set(ARGUMENTS)
