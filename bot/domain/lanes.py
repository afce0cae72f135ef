"""
Lanes: what must be changed one at a time, and how all contributions to it become one write.

A lane of the cluster's pods holds only lease and fence. A lane of a firewall's root policy also owns the
operation that runs, and what is known of each shared thing.
"""

import ipaddress
from collections.abc import Iterable
from datetime import datetime

import msgspec

from bot.domain.refs import ArmRef


class Operation(msgspec.Struct, frozen=True):
    """
    One write that is on its way. ``token`` is empty until the outside has accepted it.

    ``covers`` are the ids of the contributions that it settles, entering or leaving; ``first`` those of them that no
    write held before: only they are certainly not there because of us if this one is refused.
    """

    thing: ArmRef
    entries: tuple[str, ...]
    request_id: str
    started_at: datetime
    covers: tuple[str, ...]
    token: str = ""
    first: tuple[str, ...] = ()


class Ledger(msgspec.Struct, frozen=True):
    """What is known of one shared thing: entries that were there without us (``foreign``), normalised."""

    thing: ArmRef
    foreign: tuple[str, ...] = ()


class Lane(msgspec.Struct, frozen=True):
    """
    One lane. ``fence`` grows with each claim; a write that names an older fence is refused.

    ``revision`` grows with each write that was read back; parts learn from it whether they are in.
    """

    key: str
    owner: str = ""
    lease_until: datetime | None = None
    fence: int = 0
    operation: Operation | None = None
    revision: int = 0
    ledgers: tuple[Ledger, ...] = ()
    due_at: datetime | None = None
    attempts: int = 0

    def ledger(self, thing: ArmRef) -> Ledger:
        """Return what is known of a shared thing."""
        return next((known for known in self.ledgers if known.thing == thing), Ledger(thing))

    def learned(self, ledger: Ledger) -> "Lane":
        """Return this lane with one ledger replaced."""
        others = tuple(known for known in self.ledgers if known.thing != ledger.thing)
        return msgspec.structs.replace(self, ledgers=(*others, ledger))


class Contribution(msgspec.Struct, frozen=True):
    """
    One part's entry in a shared thing.

    ``wanted`` is the will (False once withdrawn). ``sent`` is set with the intent of the first write that
    holds it: from then on the entry may stand there because of us. ``settled``: a read-back has shown the will.
    ``missing``: the watch has told that somebody took it out.
    """

    id: str
    part: str
    lane: str
    thing: ArmRef
    entry: str
    wanted: bool = True
    sent: bool = False
    settled: bool = False
    missing: bool = False


class Rendering(msgspec.Struct, frozen=True):
    """
    What a shared thing must contain, and what was seen on the way.

    ``entries`` keeps the order and the spelling of what stands there. ``vanished`` are entries of ours that
    somebody took out.
    """

    entries: tuple[str, ...]
    foreign: tuple[str, ...]
    vanished: tuple[str, ...]
    changed: bool


def normal(entry: str) -> str:
    """
    Return one spelling for equal IPv4 entries: ``a.b.c.d`` for a /32, CIDR, or ``a-b``; others unchanged.

    IP Groups take addresses, prefixes and ranges (Azure Firewall documentation, "IP Groups").
    """
    text = entry.strip()
    try:
        if "-" in text:
            low, high = (ipaddress.IPv4Address(end.strip()) for end in text.split("-", 1))
            return str(low) if low == high else f"{low}-{high}"
        network = ipaddress.IPv4Network(text)
    except ValueError:
        return text
    return str(network.network_address) if network.prefixlen == 32 else str(network)


def newly_sent(thing: ArmRef, contributions: Iterable[Contribution]) -> tuple[Contribution, ...]:
    """Return what the next write of a thing holds for the first time, marked as sent."""
    return tuple(
        msgspec.structs.replace(c, sent=True)
        for c in contributions
        if c.thing == thing and c.wanted and not c.sent
    )


def unsent(refused: Operation, contributions: Iterable[Contribution]) -> tuple[Contribution, ...]:
    """
    Return what a write that was refused for certain held for the first time, as never sent.

    What an earlier write held stays sent: that one may have been taken, even if nobody has seen its end.
    """
    return tuple(
        msgspec.structs.replace(c, sent=False) for c in contributions if c.id in refused.first and c.wanted
    )


def render(current: tuple[str, ...], ledger: Ledger, contributions: Iterable[Contribution]) -> Rendering:
    """
    Return exactly the union of what is wanted and what is foreign.

    Foreign is what stands there and that we never sent, and what stood there before we also wanted it
    (``ledger.foreign``). Contributions to other things are passed over.
    """
    mine = [c for c in contributions if c.thing == ledger.thing]
    wanted = {normal(c.entry): c.entry for c in mine if c.wanted}
    ours = {normal(c.entry) for c in mine if c.sent}
    standing = {normal(e) for e in current}
    foreign = (standing - ours) | (set(ledger.foreign) & standing)
    kept = tuple(e for e in current if normal(e) in foreign or normal(e) in wanted)
    added = tuple(sorted(entry for n, entry in wanted.items() if n not in standing))
    vanished = tuple(
        sorted(c.entry for c in mine if c.wanted and c.settled and normal(c.entry) not in standing)
    )
    return Rendering(
        entries=kept + added,
        foreign=tuple(sorted(foreign)),
        vanished=vanished,
        changed=bool(added) or len(kept) != len(current),
    )
