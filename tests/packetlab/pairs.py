"""Which packets are tried: every pair of whoever takes part, through every kind of door."""

from collections.abc import Callable, Iterable, Mapping

from tests.packetlab.lab import Packets
from tests.packetlab.network import NODE, NODE_ADDRESS, OUTSIDE, OUTSIDE_ADDRESS, Try

DOORS = (("tcp", 8080), ("tcp", 443), ("udp", 53), ("icmp", 0))
Matrix = Mapping[Try, str]


def pairs(
    packets: Packets, *pods: str, doors: Iterable[tuple[str, int]] = DOORS
) -> dict[tuple[str, str], list[Try]]:
    """Return the attempts of each (source, destination) among these pods, the node and the host outside."""
    where = {pod: packets.address(pod) for pod in pods}
    where |= {NODE: NODE_ADDRESS, OUTSIDE: OUTSIDE_ADDRESS}
    through = tuple(doors)
    return {
        (source, destination): [Try(source, where[destination], *door) for door in through]
        for source in where
        for destination in where
        if source != destination
    }


def matrix(tried: Mapping[tuple[str, str], Iterable[Try]], is_cut: Callable[[str, str, Try], bool]) -> Matrix:
    """Return what is expected of each attempt: `is_cut(source, destination, attempt)`."""
    return {
        attempt: "cut" if is_cut(*ends, attempt) else "open"
        for ends, attempts in tried.items()
        for attempt in attempts
    }
