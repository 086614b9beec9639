"""Twenty tasks for each fault: one workflow a try, and no result lost. `make faults` has a hundred, and Argo's server too."""

import os

import pytest

from tests.provider.faults.campaign import run_campaign, table
from tests.provider.faults.faults import FAULTS
from tests.provider.faults.private_cluster import available
from tests.provider.faults.stage import stage

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.xdist_group("faults")]

COUNT = int(os.environ.get("COUNT", "25"))


@pytest.fixture(scope="module")
def here(tmp_path_factory, kubeconfig):
    with stage(tmp_path_factory.mktemp("faults"), kubeconfig, COUNT) as made:
        yield made


@pytest.mark.parametrize("name", FAULTS)
def test_one_workflow_a_try_and_no_result_lost(name, here):
    fault = FAULTS[name]
    if fault.connection == "argo_restarted" and not available():
        pytest.skip("there are no programs for an API server of our own")
    outcome = run_campaign(fault, here.scene(fault))
    assert outcome.passed, f"{outcome.lost[:5]}\n{table([outcome])}\n{here.airflow.logs()[-3000:]}"
    assert outcome.repetitions >= COUNT
