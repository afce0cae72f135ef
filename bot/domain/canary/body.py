"""
A canary as a pod: what it may do is nothing but to try its aims.

It fits Pod Security's ``restricted`` (Kubernetes, "Pod Security Standards"), carries no token, volume or variable, and
ends by itself.
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from bot.domain.actions import KEY_DOMAIN
from bot.domain.changes import Create
from bot.domain.documents import Document
from bot.domain.isolation.marks import LABEL, metadata
from bot.domain.probes import Canary, Role
from bot.domain.queries import kube
from bot.domain.refs import POD

CANARY: Final = f"{KEY_DOMAIN}/canary"
CONTAINER: Final = "canary"
COMMAND: Final = ("python", "-m", "bot.canary")
USER: Final = 65532
SIZE: Final = {"cpu": "50m", "memory": "64Mi"}
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,30}")
_PORTS: Final = range(1, 65536)


class Aim(msgspec.Struct, frozen=True):
    """
    A TCP connection to try, and what the answer calls it.

    Raises ``ValueError`` for what is no name, IP address or port.
    """

    name: str
    address: str
    port: int

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name of an aim")
        ipaddress.ip_address(self.address)
        if self.port not in _PORTS:
            raise ValueError(f"{self.port} is no port")

    @property
    def spelled(self) -> str:
        """``control=10.0.0.1:80``, an IPv6 address in brackets."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.name}={address}:{self.port}"


def is_canary(labels: Mapping[str, str]) -> bool:
    """Whether a pod says that it is a canary: never quarantined, counted or named as anything else."""
    return CANARY in labels


def pod(canary: Canary, aims: tuple[Aim, ...] = ()) -> Create:
    """Return the pod that tries these aims."""
    about = metadata(canary.name, canary.namespace, canary.request)
    inside = {LABEL: canary.mark} if canary.role is Role.INSIDE else {}
    body = {
        "apiVersion": POD.api_version,
        "kind": POD.kind,
        "metadata": {**about, "labels": {**about["labels"], CANARY: canary.role.value, **inside}},
        "spec": _spec(canary, aims),
    }
    return Create(kube(canary.cluster, POD, canary.namespace, canary.name), Document.of(body))


def _spec(canary: Canary, aims: tuple[Aim, ...]) -> dict[str, Any]:
    return {
        "nodeName": canary.node,
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "activeDeadlineSeconds": canary.deadline,
        "terminationGracePeriodSeconds": 0,
        "tolerations": [{"operator": "Exists"}],
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(canary, aims)],
    }


def _container(canary: Canary, aims: tuple[Aim, ...]) -> dict[str, Any]:
    connects = [word for aim in aims for word in ("--connect", aim.spelled)]
    listens = ["--listen", str(canary.listen)] if canary.listen else []
    return {
        "name": CONTAINER,
        "image": canary.image,
        "command": list(COMMAND),
        "args": [*connects, *listens, "--for", str(canary.seconds), "--unchanged", str(canary.unchanged)],
        "resources": {"requests": SIZE, "limits": SIZE},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }
