"""What the packet lab needs of a machine, each with what to do where it is absent."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.controlplane import binaries as control_plane
from tests.crds.fetch import CALICO, DefinitionsMissingError, Manifest, definitions
from tests.goprograms import ProgramMissingError
from tests.packetlab.binaries import FELIX
from tests.packetlab.pin import PROGRAMS

TOOLS = ("ip", "iptables", "ipset", "nft", "nsenter", "unshare")


def lacking() -> str:
    """Say what no build can bring, or nothing."""
    return "; ".join(_lacking())


def _lacking() -> Iterator[str]:
    if not sys.platform.startswith("linux"):
        yield "network namespaces are Linux's"
        return
    if os.geteuid():
        yield "making network namespaces takes root"
    missing = [name for name in TOOLS if shutil.which(name) is None]
    if missing:
        yield f"no {', '.join(missing)}: install iproute2, iptables, ipset, nftables and util-linux"
    elif subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True).returncode:
        yield "this root may not make network namespaces (CAP_SYS_ADMIN)"
    if shutil.which("go") is None:
        yield "no Go: Felix is built with it, and Calico's CRDs are read out of its module cache"


def ensured() -> tuple[dict[str, Path], tuple[Manifest, ...]]:
    """Return the programs, built first where they are missing, and Calico's CRDs.

    Raises ProgramMissingError.
    """
    found = lacking()
    if found:
        raise ProgramMissingError(found)
    programs = {**control_plane.ensure(control_plane.SERVER), **FELIX.ensure(PROGRAMS)}
    try:
        return programs, definitions(CALICO)
    except DefinitionsMissingError as missing:
        raise ProgramMissingError(str(missing)) from missing
