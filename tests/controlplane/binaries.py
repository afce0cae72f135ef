"""Find the control plane's programs, or build them with Go.

Looked for in `KUBEBUILDER_ASSETS` first, then in the cache of tests/goprograms.py. A first build takes minutes, so CI
calls it before the tests: `python -m tests.controlplane.binaries [name...]` (server programs only, or `all`).
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType

from tests.controlplane.pin import KUBERNETES_VERSION, PROGRAMS
from tests.goprograms import GoPrograms, ProgramMissingError

__all__ = ["CLIENT", "CONTROLLERS", "HERE", "SERVER", "ProgramMissingError", "ensure", "find", "main"]

SERVER = ("etcd", "kube-apiserver")
CONTROLLERS = ("kube-controller-manager",)
CLIENT = ("kubectl",)
HERE = Path(__file__).resolve().parent
REMEDY = (
    "set KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver (setup-envtest fetches one), "
    "or install Go and run `python -m tests.controlplane.binaries` (minutes, once)"
)


def _link_flags() -> str:
    """Without these the programs call themselves v0.0.0-master."""
    major, minor, _ = KUBERNETES_VERSION.removeprefix("v").split(".")
    stamps = {"gitVersion": KUBERNETES_VERSION, "gitMajor": major, "gitMinor": minor}
    return "-s -w " + " ".join(
        f"-X k8s.io/component-base/version.{key}={value}" for key, value in stamps.items()
    )


CONTROL_PLANE = GoPrograms(
    name="controlplane",
    folder=HERE,
    packages=PROGRAMS,
    variable="KUBEBUILDER_ASSETS",
    remedy=REMEDY,
    link_flags=_link_flags(),
    built_as=MappingProxyType({"etcd": "server"}),
)


def find(name: str) -> Path | None:
    """Return the program if it is there already."""
    return CONTROL_PLANE.find(name)


def ensure(names: Iterable[str]) -> dict[str, Path]:
    """Return the path of each named program, built first where it is missing. Raises ProgramMissingError."""
    return CONTROL_PLANE.ensure(names)


def main(arguments: list[str]) -> None:
    """Build what is named (default: the server's programs) and print where each is."""
    CONTROL_PLANE.main(PROGRAMS if arguments == ["all"] else arguments or SERVER)


if __name__ == "__main__":
    main(sys.argv[1:])
