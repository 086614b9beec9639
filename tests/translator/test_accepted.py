"""What DAGs become is taken by a real API server with Argo's full CRDs: as Workflow, WorkflowTemplate and CronWorkflow."""

from __future__ import annotations

import pytest

from tests.accepted import accept
from tests.cluster.conftest import kubeconfig  # noqa: F401 - a fixture
from tests.dag_folders import FOLDERS, compiled_of

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize("folder", FOLDERS)
def test_translated_dags_are_accepted(kubeconfig, folder):  # noqa: F811
    accepted = 0
    for compiled in compiled_of(folder):
        accept(compiled.manifest())
        accept(compiled.template())
        if compiled.workflow.schedule is not None:
            accept(compiled.cron())
        accepted += 1
    assert accepted >= 3
