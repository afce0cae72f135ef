"""What a place in an answer about flows means: whom a button there would block, quarantine or explain."""

from collections.abc import Iterator
from typing import Final

import msgspec

from bot.domain.explain import Toward, Wish
from bot.domain.explain.wish import PROTOCOLS
from bot.domain.flows.asked import About, Asked
from bot.domain.flows.chosen import Chosen
from bot.domain.flows.flow import Endpoint
from bot.domain.flows.knowing import external
from bot.domain.flows.peers import Peer, PeerKey
from bot.domain.flows.summing import OPEN, Noted
from bot.domain.flows.telling import Seen, Swept, Traced
from bot.domain.numbers import many

SHOWN: Final = 3
"""Peers that have buttons."""

Answer = Seen | Traced | Swept


class Aim(msgspec.Struct, frozen=True):
    """
    What is meant. ``title`` names it; it holds names from outside.

    ``pods`` stand in ``namespace``; ``addresses`` are outside the cluster. ``wish`` is what explains it. ``peer`` is whom
    it is about, ``None`` for the answer as a whole. ``chosen`` is a set of pods and addresses for one plan.
    """

    place: str
    title: str
    cluster: str
    namespace: str = ""
    pods: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    wish: Wish | None = None
    peer: Noted | None = None
    chosen: Chosen | None = None


def aims(answer: Answer) -> tuple[Aim, ...]:
    """Return all places of an answer that have buttons, in the order of the message."""
    match answer:
        case Seen():
            return tuple(_of_seen(answer))
        case Traced():
            return tuple(_of_trace(answer))
        case Swept():
            return tuple(_of_sweep(answer))


def aim_at(answer: Answer, place: str) -> Aim | None:
    """Return what a place means; ``None`` for one that the answer has not."""
    return next((one for one in aims(answer) if one.place == place), None)


def _of_seen(seen: Seen) -> Iterator[Aim]:
    asked, found = seen.asked, seen.summary.peers
    advised = [step.peer.key for step in seen.steps if step.peer]
    order = sorted(range(len(found)), key=lambda n: (*_rank(found[n], advised), n))
    for number in order[:SHOWN]:
        yield _of_peer(asked, number, found[number])
    yield _whole(asked)


def _rank(one: Noted, advised: list[PeerKey]) -> tuple[int, int]:
    """What is advised stands first, then what is outside and not shut."""
    key = one.peer.key
    first = advised.index(key) if key in advised else len(advised)
    return (first, 0 if one.external and one.peer.lot in OPEN else 1)


def _of_peer(asked: Asked, number: int, one: Noted) -> Aim:
    end = one.peer.end
    return Aim(
        place=f"p{number}",
        title=str(one.peer),
        cluster=asked.cluster,
        namespace=end.namespace if end.pod else "",
        pods=(end.pod,) if end.pod and end.namespace else (),
        addresses=_outside(end),
        wish=_explained(asked, one.peer),
        peer=one,
    )


def _whole(asked: Asked) -> Aim:
    subject = asked.subject
    pods = (subject.name,) if subject.about is About.POD else ()
    addresses = (subject.name,) if subject.about is About.ADDRESS and _public(subject.name) else ()
    return Aim("all", str(subject), asked.cluster, subject.namespace if pods else "", pods, addresses)


def _explained(asked: Asked, peer: Peer) -> Wish | None:
    subject, end = asked.subject, peer.end
    if subject.about is not About.POD or peer.protocol not in {*PROTOCOLS, ""}:
        return None
    pod = (end.namespace, end.pod) if end.pod and end.namespace else ("", "")
    if not pod[1] and not end.address:
        return None
    toward = Toward(
        peer.direction,
        namespace=pod[0],
        pod=pod[1],
        address="" if pod[1] else end.address,
        protocol=peer.protocol or PROTOCOLS[0],
        port=peer.port or None,
    )
    return Wish(asked.cluster, subject.namespace, subject.name, toward)


def _of_trace(traced: Traced) -> Iterator[Aim]:
    found = traced.chosen
    if found.count:
        pods = sum(len(names) for _, names in found.pods)
        told = [
            many(pods, "pod") + (f" in {many(len(found.pods), 'namespace')}" if len(found.pods) > 1 else "")
        ]
        told = told if pods else []
        told += [many(len(found.addresses), "address", "addresses")] if found.addresses else []
        yield Aim("set", " and ".join(told), traced.asked.cluster, chosen=found)


def _of_sweep(swept: Swept) -> Iterator[Aim]:
    if not _public(swept.address):
        return
    for number, seen in enumerate(swept.found[:SHOWN]):
        if seen.summary.peers:
            cluster = seen.asked.cluster
            yield Aim(f"c{number}", f"{swept.address} in {cluster}", cluster, addresses=(swept.address,))


def _outside(end: Endpoint) -> tuple[str, ...]:
    return (end.address,) if end.address and external(end) else ()


def _public(address: str) -> bool:
    return external(Endpoint(address=address))
