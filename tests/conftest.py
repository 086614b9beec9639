"""What all folders of tests share."""

import pytest
from hypothesis import HealthCheck, settings

from tests.cluster.conftest import controlled, kubeconfig, no_controller  # noqa: F401 - fixtures

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
"""How fast it is today is nothing that a property may fail by."""


@pytest.fixture(autouse=True)
def only_with_a_controller(request):
    """Tests marked `controller` are skipped where KUBECONFIG names no cluster whose controller runs workflows."""
    if request.node.get_closest_marker("controller"):
        request.getfixturevalue("controlled")
