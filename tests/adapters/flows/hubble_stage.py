"""A staged relay: three nodes, a pod with a twin, a peer inside and one outside, and ways to ask about them."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.adapters.flows.hubble import Hubble, Relay
from bot.domain.flows.asked import About, Asked, Subject
from bot.sandbox.flows.events import End
from bot.sandbox.flows.relay import Node, RelayDouble
from bot.sandbox.tls import MutualCertificates, mint_mutual

NAME = "instance.hubble-relay.cilium.io"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NODES = ("default/aks-1", "default/aks-2", "default/aks-3")
API = End("10.244.1.7", "payments", "api-1", "api", ("app=api",), 1000)
TWIN = End("10.244.1.8", "payments", "api-10", "api", ("app=api",), 1000)
ORDERS = End("10.244.2.9", "orders", "db-0", "db", ("app=db",), 2000)
EVIL = End("203.0.113.7", names=("evil.example.com",))
DNS = End("10.244.3.3", "kube-system", "coredns-1", "coredns", (), 3000)
SUBJECT = Subject(About.POD, "api-1", "payments")


def relay_double() -> RelayDouble:
    return RelayDouble([Node(name) for name in NODES])


def see(double: RelayDouble, flows: Iterable[Any], node: str = NODES[0]) -> None:
    for flow in flows:
        double.nodes[node].see(flow)


def question(subject: Subject = SUBJECT, **changed: Any) -> Asked:
    whole = {"since": NOON - timedelta(minutes=15), "until": NOON + timedelta(minutes=5), **changed}
    return Asked("prod", subject, **whole)


def hubble(double: RelayDouble, proof: MutualCertificates | None, **changed: str) -> Hubble:
    files = (
        {"ca_file": str(proof.ca_file), "cert_file": str(proof.cert_file), "key_file": str(proof.key_file)}
        if proof
        else {}
    )
    given = {**files, "server_name": NAME if proof else "", **changed}
    return Hubble(Relay("prod", double.address, **given), lambda: NOON)


@asynccontextmanager
async def staged(double: RelayDouble, folder: Path, *, mutual: bool = True) -> AsyncIterator[Hubble]:
    proof = mint_mutual(folder, NAME)
    async with double.serving(proof, mutual=mutual):
        yield hubble(double, proof)
