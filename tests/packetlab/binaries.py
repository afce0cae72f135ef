"""Find Felix, Calico's agent, or build it with Go: `python -m tests.packetlab.binaries` (minutes, once).

`FIREBREAK_FELIX` names a folder that has a `calico-felix` already. CGO stays off, so its eBPF data plane is a stub and
it enforces with iptables.
"""

import sys

from tests.goprograms import GoPrograms
from tests.packetlab.pin import HERE, PROGRAMS

FELIX = GoPrograms(
    name="packetlab",
    folder=HERE,
    packages=PROGRAMS,
    variable="FIREBREAK_FELIX",
    remedy=(
        "set FIREBREAK_FELIX to a folder with calico-felix, "
        "or install Go and run `python -m tests.packetlab.binaries` (minutes, once)"
    ),
)


if __name__ == "__main__":
    FELIX.main(sys.argv[1:] or PROGRAMS)
