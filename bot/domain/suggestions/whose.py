"""Whose an address is: Azure's own, what the settings guard, the firewall's, a node's, a pod's, a Service's, or nobody's here."""

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from bot.domain import views
from bot.domain.addresses import RESERVED, guard
from bot.domain.residual.world import node_of, pod_of

OUTSIDE: Final = "outside: no pod, node or Service of {} has it"


class Whose(msgspec.Struct, frozen=True):
    """
    What the addresses of one cluster are, as far as that was seen.

    ``guarded`` are ranges with the reason why they are never blocked, ``named`` single addresses with whose they are.
    ``unseen`` tells what did not answer: where there is any, an address that is nobody's may still be somebody's.
    """

    cluster: str
    guarded: tuple[tuple[str, str], ...] = ()
    named: tuple[tuple[str, str], ...] = ()
    unseen: tuple[str, ...] = ()


def owned(
    pods: Iterable[views.PodView],
    nodes: Iterable[views.NodeView],
    services: Iterable[views.ServiceView],
    api_servers: Iterable[str],
) -> tuple[tuple[str, str], ...]:
    """Return the addresses of a cluster with whose they are, those that many share first."""
    return tuple(_owned(pods, nodes, services, api_servers))


def _owned(
    pods: Iterable[views.PodView],
    nodes: Iterable[views.NodeView],
    services: Iterable[views.ServiceView],
    api_servers: Iterable[str],
) -> Iterator[tuple[str, str]]:
    for address in api_servers:
        yield address, "the API server's address"
    for node in map(node_of, nodes):
        for address in node.addresses:
            yield address, f"the address of node {node.name}"
    for service in services:
        name = f"{service.metadata.namespace}/{service.metadata.name}"
        for address in service.spec.addresses:
            yield address, f"a Service's address: {name}"
    for pod in map(pod_of, pods):
        for address in () if pod.host_network or pod.ended else pod.addresses:
            yield address, f"the address of pod {pod}"


def whose(address: str, known: Sequence[Whose]) -> tuple[str, bool | None]:
    """
    Say whose an address is, over all clusters that could be meant.

    Beside it stands whether it is ours, so that it is never blocked; ``None`` where that could not be learnt.
    """
    for one in known:
        found = _reserved(address, one) or _named(address, one)
        if found:
            where = f", of {one.cluster}" if len(known) > 1 else ""
            return f"{found}{where}", True
    unseen = [f"{why} of {one.cluster}" for one in known for why in one.unseen]
    if unseen or not known:
        return f"whose it is could not be seen: {', '.join(unseen[:3]) or 'there is no cluster to ask'}", None
    return OUTSIDE.format(" or ".join(one.cluster for one in known)), False


def _reserved(address: str, one: Whose) -> str:
    if ":" in address:
        return _reserved6(address)
    try:
        touched = guard(address, (*one.guarded, *RESERVED))
    except ValueError:
        return "it may be guarded: a guarded range of the settings cannot be read"
    return f"{touched[1]} ({touched[0]})" if touched else ""


def _reserved6(address: str) -> str:
    found = ipaddress.ip_address(address)
    for what, holds in (
        ("loopback", found.is_loopback),
        ("link-local", found.is_link_local),
        ("multicast", found.is_multicast),
        ("no address of anybody", found.is_unspecified),
    ):
        if holds:
            return what
    return ""


def _named(address: str, one: Whose) -> str:
    return next((text for owner, text in one.named if _same(owner, address)), "")


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    if ":" not in one or ":" not in other:
        return False
    try:
        return ipaddress.ip_address(one) == ipaddress.ip_address(other)
    except ValueError:
        return False
