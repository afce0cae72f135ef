"""The real kube-controller-manager, for tests about replacement, detaching, budgets and namespaces that end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.controlplane.leash import leashed
from tests.controlplane.server import ControlPlane, answers, free_ports, wait_until

CONTROLLERS = (
    "deployment-controller",
    "replicaset-controller",
    "statefulset-controller",
    "daemonset-controller",
    "endpointslice-controller",
    "disruption-controller",
    "garbage-collector-controller",
    "namespace-controller",
)


@contextmanager
def running_controllers(program: Path, plane: ControlPlane) -> Iterator[None]:
    """Let CONTROLLERS act on the control plane until the block ends. Raises NotStartedError."""
    (port,) = free_ports(1)
    log = plane.directory / "kube-controller-manager.log"
    certificate = plane.directory / "controllers" / "kube-controller-manager.crt"
    with leashed([program, *_flags(plane, port, certificate.parent)], log) as running:
        address = f"https://127.0.0.1:{port}/healthz"
        wait_until(lambda: certificate.exists() and answers(address, certificate), running, log)
        yield


def _flags(plane: ControlPlane, port: int, certificates: Path) -> tuple[str, ...]:
    return (
        f"--kubeconfig={plane.kubeconfig('admin')}",
        f"--controllers={','.join(CONTROLLERS)}",
        "--leader-elect=false",
        f"--service-account-private-key-file={plane.service_account_key_file}",
        "--use-service-account-credentials=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={certificates}",
    )
