"""What matters of many flows, in the order in which it matters. Texts hold names from outside."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import msgspec

from bot.domain.directions import Direction
from bot.domain.flows.asked import IN_CLUSTER, Asked, Subject
from bot.domain.flows.beats import Beat, beat
from bot.domain.flows.concerning import end as ends_of
from bot.domain.flows.concerning import remembered
from bot.domain.flows.flow import Policy
from bot.domain.flows.knowing import Absence, absence, external, gaps
from bot.domain.flows.peers import Lot, Peer, PeerKey, peers
from bot.domain.flows.taken import Window, grave
from bot.domain.flows.talks import Merged
from bot.domain.numbers import many

OPEN: Final = frozenset(Lot) - {Lot.DENIED}
"""What passed, or is not known to be denied. That it is denied by now takes back nothing of what passed."""


class Noted(msgspec.Struct, frozen=True, gc=False):
    """A peer with what is told of it. ``new``: not seen in the time before; ``None`` where that cannot be known."""

    peer: Peer
    external: bool
    new: bool | None = None
    beat: Beat | None = None


class Denial(msgspec.Struct, frozen=True, gc=False):
    """By whom something was denied; ``by`` is ``None`` where no source names a policy, only its ``reasons``."""

    by: Policy | None
    reasons: tuple[str, ...]
    peers: tuple[Peer, ...]
    connections: int


class Summary(msgspec.Struct, frozen=True):
    """
    What was seen, of one subject. ``peers``: those with the most connections first.

    ``before`` is the time that new peers are told by, ``None`` where it is not known. ``incomplete`` are the sources that
    may have seen more than they told, each with why. ``absence`` says what it means that nothing was seen.
    """

    subject: str
    sentence: str
    peers: tuple[Noted, ...]
    denials: tuple[Denial, ...]
    before: Window | None
    incomplete: tuple[tuple[str, str], ...]
    absence: Absence | None = None

    @property
    def external(self) -> tuple[Noted, ...]:
        """Peers beyond the cluster."""
        return tuple(noted for noted in self.peers if noted.external)


def summary(merged: Merged, asked: Asked, earlier: Merged | None = None) -> Summary:
    """
    Return what matters of what was seen.

    ``earlier`` is what was seen in a time before, of the same subject. Raises ``ValueError`` for a subject that is no
    address or network where it says that it is.
    """
    own = remembered(ends_of(asked.subject))
    found = peers(merged.talks, own)
    before = None if earlier is None else _Before(earlier, peers(earlier.talks, own))
    noted = tuple(_noted(peer, before) for peer in found)
    odd = tuple((a.source, why[0]) for a in merged.accounts if (why := tuple(gaps(a, asked))))
    blank = None if noted else absence(merged, asked)
    window = before.window if before else None
    denials = _denials(found)
    sentence = str(blank) if blank else _sentence(noted, denials, window, asked.subject)
    return Summary(str(asked.subject), sentence, noted, denials, window, odd, blank)


class _Before:
    """What was there in the time before, and by which sources that can be known: those that lost nothing of it."""

    def __init__(self, merged: Merged, found: tuple[Peer, ...]) -> None:
        self._peers: set[PeerKey] = {peer.key for peer in found}
        self._sources = {
            account.source
            for account in merged.accounts
            if account.windows and not account.silent and not grave(account.losses)
        }
        spans = [w for a in merged.accounts if a.source in self._sources for w in a.windows]
        self.window = Window(min(w.since for w in spans), max(w.until for w in spans)) if spans else None

    def lacked(self, peer: Peer) -> bool | None:
        """Whether a peer was not there then; ``None`` where none of those that see it now looked then."""
        if peer.key in self._peers:
            return False
        return True if any(sight.source in self._sources for sight in peer.sights) else None


def _noted(peer: Peer, before: _Before | None) -> Noted:
    rhythm = None
    if peer.direction is Direction.EGRESS:
        found = (beat(sight.starts) for sight in peer.sights)
        rhythm = next((one for one in found if one), None)
    return Noted(peer, external(peer.end), before.lacked(peer) if before else None, rhythm)


def _denials(found: tuple[Peer, ...]) -> tuple[Denial, ...]:
    by: dict[Policy | None, list[Peer]] = {}
    reasons: dict[Policy | None, set[str]] = {}
    for peer in found:
        for sight in peer.sights:
            if sight.denied:
                for policy in sight.policies or (None,):
                    by.setdefault(policy, []).append(peer)
                    reasons.setdefault(policy, set()).update(sight.reasons)
    every = (_denial(policy, some, reasons[policy]) for policy, some in by.items())
    return tuple(sorted(every, key=lambda one: (-one.connections, str(one.by or ""))))


def _denial(policy: Policy | None, some: list[Peer], reasons: set[str]) -> Denial:
    each = tuple({peer.key: peer for peer in some}.values())
    return Denial(policy, tuple(sorted(reasons)), each, sum(peer.denied for peer in each))


def _sentence(
    noted: tuple[Noted, ...], denials: tuple[Denial, ...], before: Window | None, subject: Subject
) -> str:
    outside = [one for one in noted if one.external]
    reached = _worst(outside)
    if reached:
        return _outside(outside, reached, before)
    if all(one.peer.lot is Lot.DENIED for one in noted):
        number = sum(denial.connections for denial in denials)
        by = f" by {denials[0].by}" if denials and denials[0].by else ""
        more = " and others" if len(denials) > 1 else ""
        return f"everything seen was denied{by}{more}: {many(number, 'connection')} with {_peers(len(noted))}"
    most = _worst(noted)[0].peer
    if subject.about not in IN_CLUSTER:
        return f"{_peers(len(noted))}: most with {_told(most)}"
    kept = f"; {_peers(len(outside), 'external')}, all denied" if outside else ""
    return f"{_peers(len(noted) - len(outside))}, none outside the cluster that passes: most with {_told(most)}{kept}"


def _worst(noted: Iterable[Noted]) -> list[Noted]:
    """Return those that pass or may, and where there are none those that passed and are denied now."""
    found = [one for one in noted if one.peer.lot in OPEN]
    return [one for one in found if one.peer.lot is not Lot.STOPPED] or found


def _outside(outside: list[Noted], reached: list[Noted], before: Window | None) -> str:
    fresh = [one for one in reached if one.new]
    worst = max(fresh or reached, key=lambda one: (one.beat is not None, one.peer.connections))
    every = _peers(len(outside), "external")
    rhythm = f", {worst.beat}" if worst.beat else ""
    if before is None or all(one.new is None for one in reached):
        return f"{every}: most with {_told(worst.peer)}{rhythm}"
    span = _span(before)
    new = f"{len(fresh)} not seen in the {span} before" if fresh else f"none not seen in the {span} before"
    return f"{every}, {new}: {_told(worst.peer)}{rhythm}"


def _told(peer: Peer) -> str:
    number = many(peer.passed or peer.connections, "connection")
    if peer.lot is Lot.STOPPED:
        by = next((f" by {policy}" for sight in peer.sights for policy in sight.policies), "")
        return f"{peer}, {number} passed, and it is {LOTS[peer.lot]}{by}"
    return f"{peer}, {number}, {fared(peer)}"


def fared(peer: Peer) -> str:
    """Return what became of a peer, in words."""
    return WAVERS if peer.wavers else LOTS[peer.lot]


LOTS: Final = {
    Lot.PASSES: "still allowed",
    Lot.STOPPED: "denied now",
    Lot.DENIED: "denied",
    Lot.DISPUTED: "allowed by one source and denied by another",
    Lot.UNKNOWN: "not known whether allowed",
}
WAVERS: Final = "passed in the last minute before a denial"


def _peers(number: int, kind: str = "") -> str:
    return many(number, f"{kind} peer".strip())


def _span(window: Window) -> str:
    long = window.until - window.since
    for unit, size in (("h", timedelta(hours=1)), ("min", timedelta(minutes=1))):
        if long >= size:
            return f"{long / size:.0f} {unit}"
    return f"{long.total_seconds():.0f} s"
