"""Whether a source could have known what it did not tell. Where none could, "no flows" is no answer."""

import ipaddress
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import msgspec

from bot.domain.flows.asked import IN_CLUSTER, About, Asked, Subject
from bot.domain.flows.flow import Being, Endpoint, Verdict
from bot.domain.flows.taken import Capability
from bot.domain.flows.talks import Account, Merged
from bot.domain.residual.sets import AddressSet, addresses
from bot.domain.residual.worst import METADATA, PRIVATE

_TOLD: Final = {
    Capability.PODS: "it does not tell pods apart",
    Capability.WORKLOADS: "it does not tell workloads apart",
    Capability.ADDRESSES: "it does not tell addresses",
    Capability.INSIDE: "it does not see traffic within the cluster",
    Capability.OUTSIDE: "it does not see traffic that leaves the cluster",
    Capability.ALLOWED: "it does not see what is allowed",
    Capability.DENIED: "it does not see what is denied",
    Capability.NAMES: "it does not know every name",
}

HOSTED: Final = "what is on the network of a node stands under the node, and is not told apart from it"

MAPPED: Final = ("::ffff:", "64:ff9b::")
"""How an IPv4 address is written as one of IPv6: as it is (RFC 4291), and translated (RFC 6052)."""


def _either_way(found: AddressSet) -> AddressSet:
    """Return the same addresses, those of IPv4 as they are written as IPv6 too."""
    wide = [ipaddress.IPv4Network(one) for one in AddressSet(found.v4).cidrs()]
    mapped = (f"{way}{one.network_address}/{96 + one.prefixlen}" for one in wide for way in MAPPED)
    return found | addresses(mapped)


INTERNAL: Final = _either_way(PRIVATE | METADATA)
"""Addresses that nobody has on the internet, or that are Azure's host itself, in whichever way they are written."""


class Absence(msgspec.Struct, frozen=True):
    """
    What can be concluded from nothing having been seen.

    ``sure`` are the sources that would have seen it; ``doubts`` are the others, each with why it might not have.
    """

    sure: tuple[str, ...]
    doubts: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        """Say it for people; the texts of sources are in it."""
        if self.sure:
            return f"no flows: {', '.join(self.sure)} covered the whole window and lost nothing"
        if not self.doubts:
            return "cannot know: no source of flows was asked"
        return "cannot know: " + "; ".join(f"{source}: {why}" for source, why in self.doubts)


def absence(merged: Merged, asked: Asked) -> Absence:
    """Return what it means that nothing was seen of what was asked for."""
    told = [(account, tuple(gaps(account, asked))) for account in merged.accounts]
    return Absence(
        tuple(account.source for account, why in told if not why),
        tuple((account.source, why[0]) for account, why in told if why),
    )


def gaps(account: Account, asked: Asked) -> Iterator[str]:
    """Yield why a source might have missed what was asked for, the weightiest first; nothing where it could not."""
    if account.silent:
        yield account.silent[0]
    yield from (_TOLD[can] for can in _needed(asked, account) if can not in account.can)
    if asked.subject.hosted or (asked.peer and asked.peer.hosted):
        yield HOSTED
    if not any(w.since <= asked.since and asked.until <= w.until for w in account.windows):
        yield _covered(account)
    yield from map(str, account.losses)


def _covered(account: Account) -> str:
    if not account.windows:
        return "it does not say which time it covers"
    spans = ", ".join(f"{w.since:%Y-%m-%d %H:%M:%S} to {w.until:%H:%M:%S} UTC" for w in account.windows[:3])
    return f"it covers only {spans}"


def _needed(asked: Asked, account: Account) -> Iterator[Capability]:
    yield from _named(asked.subject, account)
    if asked.peer:
        yield from _named(asked.peer, account)
    yield from _sides(asked)
    if asked.verdict is not Verdict.DENIED:
        yield Capability.ALLOWED
    if asked.verdict is not Verdict.ALLOWED:
        yield Capability.DENIED


def _named(subject: Subject, account: Account) -> Iterator[Capability]:
    match subject.about:
        case About.POD:
            yield Capability.PODS
        case About.WORKLOAD | About.NAMESPACE:
            if Capability.PODS not in account.can:
                yield Capability.WORKLOADS
        case About.ADDRESS | About.NETWORK:
            yield Capability.ADDRESSES
        case About.NAME:
            yield Capability.NAMES


def _sides(asked: Asked) -> Iterator[Capability]:
    """
    Yield where the traffic may be: beyond the cluster alone where an end is certainly public, within it between its own.

    Of an address that is not public, a range and a name it is not known: they may be the cluster's, or the network's around it.
    """
    ends = (asked.subject, *((asked.peer,) if asked.peer else ()))
    if any(one.about in {About.ADDRESS, About.NETWORK} and _public(one.name) for one in ends):
        yield Capability.OUTSIDE
        return
    yield Capability.INSIDE
    if not asked.peer or any(one.about not in IN_CLUSTER for one in ends):
        yield Capability.OUTSIDE


def external(end: Endpoint) -> bool:
    """Whether an end is certainly beyond the cluster: its source says so, or nobody knows it and it is a public address."""
    return end.being is Being.WORLD or (end.being is Being.UNKNOWN and not end.pod and _public(end.address))


@lru_cache(maxsize=10_000)
def _public(told: str) -> bool:
    """Whether an address, or every address of a network, is one of the internet."""
    try:
        return not addresses((told,)) & INTERNAL
    except ValueError:
        return False
