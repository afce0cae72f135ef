"""One node's network as a CNI plugin would lay it: pods on veths behind the node, and a host outside of the cluster.

Addresses repeat in each test run, which is no matter: no interface of the machine's own namespace is touched, and what
leads out of the lab is one relayed port for the API server.
"""

import asyncio
import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

PROGRAM = Path(__file__).resolve().parent / "wire.py"
NODE, OUTSIDE = "node", "outside"
NODE_ADDRESS = "10.240.0.4"
OUTSIDE_ADDRESS = "203.0.113.7"
OUTSIDE_NEIGHBOURS = ("203.0.113.66", "203.0.113.200")
"""Further addresses of the host outside, for rules about a part of its network."""
GATEWAY = "169.254.1.1"
PATIENCE = 0.2
"""Seconds without an answer after which a packet counts as dropped; here an answer takes microseconds."""
TCP_PORTS = (53, 80, 443, 8080, 8081, 8443, 9000)
UDP_PORTS = (53, 8080)


class Try(NamedTuple):
    """One attempt: from a namespace of the lab to an address. The port of an ICMP echo is 0."""

    source: str
    address: str
    protocol: str = "tcp"
    port: int = 8080


class WireError(Exception):
    """The program that holds the namespaces could not do it; the text says why."""


@dataclass
class Network:
    """The lab's wires. Every call answers within about a second; `seen` does not block the loop."""

    program: subprocess.Popen[bytes]
    paths: dict[str, str] = field(default_factory=dict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def namespace(self, name: str, *, answers: bool = True) -> str:
        """Make a namespace in which listeners answer on every port of TCP_PORTS and UDP_PORTS; return its path.

        Without `answers` nobody listens there: a program that runs in it may.
        """
        self.paths[name] = str(self._do("make", name=name))
        self.ip(name, "link set lo up")
        self._do("write", at=name, values={"ipv6/conf/all/disable_ipv6": "1"})
        if answers:
            self._do("listen", at=name, protocol="tcp", ports=TCP_PORTS)
            self._do("listen", at=name, protocol="udp", ports=UDP_PORTS)
        return self.paths[name]

    def plug(self, namespace: str, pod: str, address: str, *, answers: bool = True) -> str:
        """Join a pod to the node, as Calico's CNI plugin does, and return the name of its namespace here."""
        name = f"{namespace}/{pod}"
        path, host_end = self.namespace(name, answers=answers), interface(namespace, pod)
        self.ip(NODE, f"link add {host_end} type veth peer name eth0 netns {path}", f"link set {host_end} up")
        proxy = {f"ipv4/conf/{host_end}/proxy_arp": "1", f"ipv4/neigh/{host_end}/proxy_delay": "0"}
        self._do("write", at=NODE, values=proxy)
        self.ip(NODE, f"route replace {address}/32 dev {host_end} src {NODE_ADDRESS}")
        self.ip(
            name,
            f"addr add {address}/32 dev eth0",
            "link set eth0 up",
            f"route add {GATEWAY} dev eth0",
            f"route add default via {GATEWAY} dev eth0",
        )
        return name

    def unplug(self, name: str) -> None:
        """Take a pod away, or anybody else."""
        if self.paths.pop(name, ""):
            self._do("drop", name=name)

    def ip(self, at: str, *commands: str) -> str:
        """Run commands of `ip` in a namespace."""
        return self.run(at, ["ip", "-batch", "-"], "".join(f"{command}\n" for command in commands))

    def run(self, at: str, command: Sequence[str], text: str = "") -> str:
        """Run a command in a namespace and return its output. Raises WireError when it fails."""
        return str(self._do("run", at=at, command=list(command), text=text))

    def sysctl(self, at: str, **values: str) -> None:
        """Set sysctls below net/ipv4 of a namespace."""
        self._do("write", at=at, values={f"ipv4/{name}": value for name, value in values.items()})

    def relay(self, at: str, port: int) -> None:
        """Lead 127.0.0.1:port of a namespace to the same port of the machine."""
        self._do("relay", at=at, port=port)

    async def seen(self, tries: Iterable[Try], *, patience: float = PATIENCE) -> dict[Try, str]:
        """Try all of these at the same time: `open`, `cut`, or `refused` each."""
        wanted = tuple(tries)
        found = await asyncio.to_thread(self._do, "probe", tries=wanted, patience=patience)
        return dict(zip(wanted, found, strict=True))

    async def hold(self, name: str, attempt: Try) -> None:
        """Open a TCP connection and keep it under this name."""
        source, address, _, port = attempt
        found = await asyncio.to_thread(
            self._do, "hold", name=name, at=source, address=address, port=port, patience=5
        )
        assert found == "open", attempt

    async def echo(self, name: str) -> str:
        """Tell whether a kept connection still carries what is sent on it: `alive` or `silent`."""
        return str(await asyncio.to_thread(self._do, "echo", name=name, patience=1))

    def release(self, name: str) -> None:
        """Close a kept connection."""
        self._do("release", name=name)

    def _do(self, what: str, **given: Any) -> Any:
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        with self._turn:
            self.program.stdin.write(json.dumps({"do": what, **given}).encode() + b"\n")
            self.program.stdin.flush()
            line = self.program.stdout.readline()
        answer: Mapping[str, Any] = json.loads(line or '{"error": "the wire program has ended"}')
        if "error" in answer:
            raise WireError(answer["error"])
        return answer["found"]


def interface(namespace: str, pod: str) -> str:
    """Return the name of the host end of a pod's veth, by which Felix knows the pod."""
    return "cali" + hashlib.sha1(f"{namespace}.{pod}".encode(), usedforsecurity=False).hexdigest()[:11]


@contextmanager
def laid_out(log: Path) -> Iterator[Network]:
    """Lay the node and the host outside; both are gone at the end, and also if this program is killed.

    Raises WireError where the kernel refuses: not root, or no right to make network namespaces.
    """
    with log.open("ab") as errors:
        program = subprocess.Popen(
            [sys.executable, "-I", "-S", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    with program:
        try:
            network = Network(program)
            _lay(network)
            yield network
        finally:
            assert program.stdin is not None
            program.stdin.close()
            program.wait()


def _lay(network: Network) -> None:
    network.namespace(NODE)
    path = network.namespace(OUTSIDE)
    network.ip(
        NODE,
        f"link add uplink type veth peer name eth0 netns {path}",
        "link set uplink up",
        f"addr add {NODE_ADDRESS}/32 dev lo",
        f"route add {OUTSIDE_ADDRESS}/32 dev uplink src {NODE_ADDRESS}",
        # proxy ARP answers for an address only where a route leads to it, so there is a way to everything
        f"route add default via {OUTSIDE_ADDRESS} dev uplink src {NODE_ADDRESS} onlink",
    )
    network.ip(
        OUTSIDE,
        *(f"addr add {address}/24 dev eth0" for address in (OUTSIDE_ADDRESS, *OUTSIDE_NEIGHBOURS)),
        "link set eth0 up",
        f"route add {NODE_ADDRESS}/32 dev eth0",
        f"route add default via {NODE_ADDRESS} dev eth0 onlink",
    )
    network.sysctl(NODE, ip_forward="1")
