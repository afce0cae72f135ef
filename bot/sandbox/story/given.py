"""What the story begins with: an alert, which is given. What it speaks of is asked of the cluster's Hubble Relay."""

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


def alert(incident: Incident) -> tuple[str, ...]:
    """Return the alert's lines."""
    return (
        f"Outbound beacon, every 20 s, to {incident.beacon}:443 (on a threat list)",
        f"pod {incident.namespace}/{incident.pod}",
        f"node {incident.node}, cluster {incident.cluster}",
    )
