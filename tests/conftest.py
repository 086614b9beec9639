"""What all folders of tests share."""

import pytest

from tests.cluster.conftest import controlled, kubeconfig, no_controller  # noqa: F401 - fixtures


@pytest.fixture(autouse=True)
def only_with_a_controller(request):
    """Tests marked `controller` are skipped where KUBECONFIG names no cluster whose controller runs workflows."""
    if request.node.get_closest_marker("controller"):
        request.getfixturevalue("controlled")
