"""
The facts that the story begins with: an alert, and what a flow log would have shown.

They are given, not found: this version of Firebreak reads no flow logs, and the rehearsal says so.
"""

from dataclasses import dataclass
from typing import Final

from bot.sandbox.kubernetes.incident import Incident

BEGINS: Final = "02:11"
PARTNER: Final = "203.0.113.201"
"""A peer outside that must stay reachable: it lies in a range that the settings guard."""

SPEED: Final = 60.0
"""Seconds of Azure's time in one real second: its 3.5 minutes take 3.5 seconds."""

OPENING: Final = (
    "The real bot in a small world on this machine: Slack, a cluster and Azure",
    "are servers that speak the real protocols. Nothing outside is touched.",
    f"Azure's clock runs {SPEED:g} times as fast here: its minutes are seconds.",
    "alice is on call; bob and cara are security; mallory is from elsewhere.",
)


@dataclass(frozen=True, slots=True)
class Flow:
    """One line of a flow log: time of day, source and destination address, destination port, what it was."""

    at: str
    source: str
    destination: str
    port: int
    note: str


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom the suspect talked to in the last fifteen minutes; ``outgoing`` as seen from the suspect."""

    address: str
    port: int
    outgoing: bool
    flows: int


def alert(incident: Incident) -> tuple[str, ...]:
    """Return the alert's lines."""
    return (
        f"Outbound beacon, every 60 s, to {incident.beacon}:443 (on a threat list)",
        f"pod {incident.namespace}/{incident.pod}",
        f"node {incident.node}, cluster {incident.cluster}",
    )


def beacons(incident: Incident) -> tuple[Flow, ...]:
    """Return the flows that the alert speaks of."""
    minutes = ("02:07:04", "02:08:04", "02:09:05", "02:10:04")
    note = "TCP, 412 bytes out, 96 in"
    return tuple(Flow(at, incident.pod_address, incident.beacon, 443, note) for at in minutes)


def peers(incident: Incident, callers: tuple[str, ...], resolver: str) -> tuple[Peer, ...]:
    """Return the suspect's peers; ``callers`` and ``resolver`` are addresses of pods in the cluster."""
    return (
        *(Peer(address, 8080, outgoing=False, flows=180) for address in callers),
        Peer(resolver, 53, outgoing=True, flows=64),
        Peer(PARTNER, 443, outgoing=True, flows=22),
        Peer(incident.beacon, 443, outgoing=True, flows=15),
    )
