"""A real API server (KUBECONFIG), a namespace of its own for each module, and a real controller where there is one."""

from __future__ import annotations

import os
import time
import uuid
from contextlib import contextmanager, suppress

import pytest

from airflow_argo.cluster import Cluster, NotFoundError, Patience, WaitTimeoutError
from airflow_argo.cluster.client import connect
from airflow_argo.cluster.config import find_connection
from airflow_argo.cluster.errors import ClusterError
from airflow_argo.cluster.resources import CONFIG_MAPS, CRON_WORKFLOWS, NAMESPACES, PODS, WORKFLOW_TEMPLATES, WORKFLOWS, Call

from .kubelet import KubeletDouble
from .proxy import FaultyProxy, upstream_of

CONTROLLER_NAMESPACE = os.environ.get("ARGO_NAMESPACE", "argo")
NO_OP = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Workflow",
    "metadata": {"generateName": "probe-"},
    "spec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {"duration": "0"}}]},
}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for `localhost` that nobody signed, and its key."""
    return write_certificate(tmp_path_factory.mktemp("tls"))


def write_certificate(folder):
    """Puts `tls.crt`, for `localhost` and signed by nobody, and `tls.key` into the folder. Returns it."""
    from datetime import datetime, timedelta, timezone

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(exist_ok=True)
    (folder / "tls.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "tls.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))
    return folder


@pytest.fixture(scope="session")
def kubeconfig():
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no API server with Argo's CRDs")
    return os.environ["KUBECONFIG"]


@pytest.fixture(scope="session")
def admin(kubeconfig):
    """The API, with all rights."""
    api = connect(find_connection(kubeconfig), "default")
    yield api
    api.close()


@pytest.fixture(scope="module")
def namespace(admin, request):
    """A namespace for one module's tests."""
    with own_namespace(admin, request) as name:
        yield name


@contextmanager
def own_namespace(admin, request):
    """A namespace that is called as a module, and goes in the end."""
    name = f"{request.module.__name__.rpartition('.')[2].replace('_', '-')}-{uuid.uuid4().hex[:6]}"
    admin.send(Call("create", NAMESPACES, ""), {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    remove_namespace(admin, name)


def remove_namespace(admin, name):
    """Also where no controller manager empties namespaces: by hand then."""
    for resource in (WORKFLOWS, WORKFLOW_TEMPLATES, CRON_WORKFLOWS, CONFIG_MAPS, PODS):
        for item in admin.send(Call("list", resource, name)).get("items", ()):
            force = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0}
            with suppress(NotFoundError):
                admin.send(Call("delete", resource, name, item["metadata"]["name"]), force)
    space = admin.send(Call("delete", NAMESPACES, "", name))
    for _ in range(10):
        try:
            space = admin.send(Call("get", NAMESPACES, "", name))
        except ClusterError:
            return
        time.sleep(0.1)
    with suppress(ClusterError):
        admin.send(Call("update", NAMESPACES, "", name, "finalize"), space | {"spec": {"finalizers": []}})


@pytest.fixture
def cluster(kubeconfig, namespace):
    with Cluster.connect(kubeconfig, namespace=namespace, patience=Patience(answer=10, faults=5)) as connection:
        yield connection


@pytest.fixture(scope="module")
def kubelet(admin, namespace, certificate):
    double = KubeletDouble(admin.in_namespace(namespace), certificate)
    yield double
    double.close()


@pytest.fixture(scope="session")
def no_controller(kubeconfig):
    """Why no controller runs workflows in ARGO_NAMESPACE; "" if one does."""
    with Cluster.connect(kubeconfig, namespace=CONTROLLER_NAMESPACE) as connection:
        try:
            probe = connection.submit(NO_OP)
        except ClusterError as error:
            return f"no controller: {error}"
        try:
            connection.wait(probe.name, timeout=15)
        except WaitTimeoutError:
            return f"no controller runs workflows in namespace '{CONTROLLER_NAMESPACE}'"
        finally:
            connection.delete(probe.name)
        return ""


@pytest.fixture(scope="session")
def controlled(kubeconfig, no_controller):
    """A namespace in which a controller runs workflows."""
    if no_controller:
        pytest.skip(no_controller)
    with Cluster.connect(kubeconfig, namespace=CONTROLLER_NAMESPACE) as connection:
        yield connection


@pytest.fixture
def proxy(admin):
    """A proxy before the API server, faultless until a test plans otherwise."""
    faulty = FaultyProxy(upstream_of(admin))
    yield faulty
    faulty.close()


@pytest.fixture
def proxied(admin, proxy, namespace):
    """A connection through the proxy."""
    headers = {}
    admin._client.update_params_for_auth(headers, [], ["BearerToken"])
    token = headers["authorization"].partition(" ")[2]
    content = {
        "clusters": [{"name": "c", "cluster": {"server": proxy.url}}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    with Cluster.connect(content, namespace=namespace, patience=Patience(answer=5, faults=10)) as connection:
        yield connection


@pytest.fixture
def api(admin, namespace):
    """The API with all rights, past the proxy."""
    return admin.in_namespace(namespace)
