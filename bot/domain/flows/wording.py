"""The answer as lines under headings: what a phone shows, what a client without blocks shows, and what is tested."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from bot.domain.directions import Direction
from bot.domain.flows.asked import Asked
from bot.domain.flows.flow import Being
from bot.domain.flows.hints import Hint
from bot.domain.flows.peers import called
from bot.domain.flows.steps import Doing
from bot.domain.flows.summing import Denial, Noted, fared
from bot.domain.flows.talks import Account
from bot.domain.flows.telling import Seen, Swept, Traced, said_of
from bot.domain.flows.tracing import Hop
from bot.domain.numbers import many
from bot.domain.reading import cut
from bot.domain.telling import Section, shown

MOST_TOP: Final = 7
NOTHING_KNOWN: Final = "nothing was recognised in this cluster that tells flows and that Firebreak reads; docs/flows.md names what it reads"
LONGEST: Final = 580
"""Characters of one line of what is always said."""
FILE: Final = "All rows come as a CSV file by direct message."


def seen(found: Seen) -> tuple[Section, ...]:
    """Return what was seen of one subject."""
    peers = found.summary.peers[:MOST_TOP]
    more = len(found.summary.peers) - len(peers) + found.left
    lines = [_noted(noted) for noted in peers] + ([f"… {more} more: see the file"] if more else [])
    first = (
        Section("Top talkers", tuple(lines)),
        Section("Denied by", tuple(_denied(denial) for denial in found.summary.denials)),
        Section("What could be done", tuple(f"{STEPS[s.doing]}: {s.why}" for s in found.steps)),
    )
    return (*shown(first), *_beside(found.asked, found.accounts, found.notes, found.hints))


STEPS: Final = {
    Doing.BLOCK: "block it",
    Doing.QUARANTINE: "quarantine it",
    Doing.TRACE: "trace what it reached",
}


def traced(found: Traced) -> tuple[Section, ...]:
    """Return how far something may have come, as a tree, with the commands that contain what was reached."""
    day = "" if found.asked.since.date() == found.asked.until.date() else "%m-%d "
    lines: list[str] = [called(found.trace.start)]
    for last, hop in _branches(found.trace.next, more=found.trace.more):
        lines.append(f"{'└─' if last else '├─'} {_hop(hop, day)}")
        before = "   " if last else "│  "
        below = _branches(hop.next, more=hop.more)
        lines += [f"{before}{'└─' if end else '├─'} {_hop(further, day)}" for end, further in below]
        lines += [f"{before}└─ {hop.more} more"] if hop.more else []
    lines += [f"└─ {found.trace.more} more"] if found.trace.more else []
    first = (
        Section("Reached, two hops outward (connections, the first at, UTC)", tuple(lines[:40]), table=True),
        Section("To contain what was reached", tuple(commands(found)), table=True),
        Section("Left out of it", tuple(_left(found))),
        Section("Not sure", tuple(f"{source}: {why}" for source, why in found.incomplete)),
    )
    return (*shown(first), *_beside(found.asked, found.accounts, found.notes, found.hints))


def commands(found: Traced) -> Iterator[str]:
    """Yield the command that shows the one plan for all that was reached and may be contained."""
    targets = found.chosen.spelled(found.asked.cluster)
    if targets:
        yield f"/ir plan contain {targets}"


def _left(found: Traced) -> Iterator[str]:
    yield from (f"{title}: {why}" for title, why in found.chosen.left)
    if found.chosen.more:
        yield f"{found.chosen.more} more do not fit into one request"


def _branches(hops: Sequence[Hop], *, more: int) -> Iterator[tuple[bool, Hop]]:
    """Yield each with whether it is the last that hangs there."""
    yield from ((not more and number == len(hops), hop) for number, hop in enumerate(hops, 1))


def _hop(hop: Hop, day: str) -> str:
    """Say it as short as a phone is narrow."""
    ways = ", ".join(f"{port}/{protocol.lower()}" if port else protocol for protocol, port in hop.ways[:4])
    return f"{called(hop.end)} {ways} {hop.connections}x, {hop.first.strftime(f'{day}%H:%M:%S')}"


def swept(found: Swept) -> tuple[Section, ...]:
    """Return who talked to an address, cluster by cluster."""
    spans = [(one.asked.since, one.asked.until) for one in found.found]
    each = tuple(
        section
        for number, one in enumerate(found.found)
        for section in _cluster(one, span=spans[number] not in spans[:number])
    )
    refused = tuple(f"{cluster}: you may not see its flows" for cluster in found.refused)
    return (*each, Section("Not asked", refused)) if refused else each


def _cluster(found: Seen, *, span: bool) -> tuple[Section, ...]:
    (first,) = shown((Section(found.asked.cluster, tuple(_swept(found))),))
    beside = _beside(found.asked, found.accounts, found.notes, found.hints, span=span)
    of = msgspec.structs.replace
    return (first, *(of(one, title=f"{found.asked.cluster}: {one.title.lower()}") for one in beside))


def _swept(found: Seen) -> Iterator[str]:
    if not found.summary.peers:
        yield found.summary.sentence
    yield from map(_noted, found.summary.peers[:MOST_TOP])
    more = len(found.summary.peers) - MOST_TOP + found.left
    if more > 0:
        yield f"… {more} more: see the file"


def _beside(
    asked: Asked,
    accounts: tuple[Account, ...],
    notes: tuple[str, ...],
    hints: tuple[Hint, ...],
    *,
    span: bool = True,
) -> tuple[Section, ...]:
    """Return what is always said; none of it is left out, and only what is very long is cut. ``span``: the time is news."""
    told = tuple(cut(_account(account, asked), LONGEST) for account in accounts)
    blind = tuple(cut(f"{a.source}: {' '.join(map(_ended, a.blind))}", LONGEST) for a in accounts if a.blind)
    time = f"asked for {asked.since:%Y-%m-%d %H:%M:%S} to {asked.until:%Y-%m-%d %H:%M:%S} UTC"
    every = (
        Section("Seen by", (*((time,) if span else ()), *told)),
        Section("Cannot be seen", blind),
        Section("Mind", tuple(cut(note, LONGEST) for note in notes)),
        Section("To see more", _hinted(accounts, hints)),
        Section("With", tuple(hint.command for hint in hints), table=True),
    )
    return tuple(section for section in every if section.lines)


def _hinted(accounts: tuple[Account, ...], hints: tuple[Hint, ...]) -> tuple[str, ...]:
    if hints or accounts:
        return tuple(f"{hint.what}: then set {hint.setting}" for hint in hints)
    return (NOTHING_KNOWN,)


def _account(account: Account, asked: Asked) -> str:
    return f"{account.source}: {'; '.join(said_of(account, asked))}"


def _ended(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _noted(noted: Noted) -> str:
    peer = noted.peer
    arrow = "→" if peer.direction is Direction.EGRESS else "←"
    facts = [many(peer.connections, "connection"), fared(peer)]
    facts += ["outside the cluster"] if noted.external else ["node"] if peer.end.being is Being.NODE else []
    facts += ["new"] if noted.new else []
    facts += [str(noted.beat)] if noted.beat else []
    facts += [f"by {' and '.join(sight.source for sight in peer.sights)}"]
    return f"{arrow} {peer}: {', '.join(facts)}"


def _denied(denial: Denial) -> str:
    by = str(denial.by) if denial.by else "nobody is named"
    why = f" ({', '.join(denial.reasons)})" if denial.reasons else ""
    ends = ", ".join(str(peer) for peer in denial.peers[:3])
    more = f" and {len(denial.peers) - 3} more" if len(denial.peers) > 3 else ""
    return f"{by}{why}: {denial.connections} connections with {ends}{more}"
