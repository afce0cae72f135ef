"""
The answer to a question about flows, as it is stored, painted and drawn: bounded, and JSON like every note.

Names in it are from outside, as they came: whoever shows them escapes them.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bot.domain.flows.asked import IN_CLUSTER, Asked
from bot.domain.flows.chosen import Chosen
from bot.domain.flows.flow import PASSED, Verdict
from bot.domain.flows.hints import Hint
from bot.domain.flows.knowing import gaps
from bot.domain.flows.peers import Peer
from bot.domain.flows.steps import Step
from bot.domain.flows.summing import Noted, Summary
from bot.domain.flows.taken import Window
from bot.domain.flows.talks import Account, Merged, Talk
from bot.domain.flows.tracing import Trace

MOST_PEERS: Final = 200
"""Peers that an answer keeps, those with the most connections; all are in the file."""

MOMENTS: Final = 30
"""Stretches that the window is cut into, for what happened when."""

OF_TIME: Final = ("it covers only", "it does not say which time")
"""How the gaps begin that the windows tell already."""

MOST_BEHIND: Final = 50
"""Pods and addresses of the subject that an answer keeps."""


class Moment(msgspec.Struct, frozen=True, gc=False):
    """How many connections began from ``since`` on, until the next moment."""

    since: datetime
    passed: int = 0
    denied: int = 0
    other: int = 0


class Seen(msgspec.Struct, frozen=True):
    """
    What was seen of one subject in one cluster.

    ``asked`` is the question as it was made of what the cluster knows of the subject. ``left`` peers are in the file and
    not in ``summary``. ``moments`` are by the source with the most connections, empty where it tells none one by one;
    ``thinned`` where more began than are told one by one. ``notes`` is what whoever resolved the subject has to say (it is
    gone, the cluster did not answer). ``hints`` is what could be switched on. ``talks`` is how many lines the file has.
    ``origin`` is the key of the row that asked: it binds a button to who was answered.
    """

    asked: Asked
    summary: Summary
    steps: tuple[Step, ...]
    accounts: tuple[Account, ...]
    left: int = 0
    moments: tuple[Moment, ...] = ()
    thinned: bool = False
    notes: tuple[str, ...] = ()
    hints: tuple[Hint, ...] = ()
    talks: int = 0
    origin: str = ""

    @property
    def headline(self) -> str:
        """What matters most, in one line."""
        return f"{self.asked.subject}: {self.summary.sentence}."


class Traced(msgspec.Struct, frozen=True):
    """
    How far something may have come from one pod. ``notes``, ``hints``, ``talks`` and ``origin`` as in `Seen`.

    ``followed`` are the namespaces that were asked about beyond the pod's own; ``chosen`` is whom one plan could contain.
    """

    asked: Asked
    trace: Trace
    accounts: tuple[Account, ...]
    incomplete: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    hints: tuple[Hint, ...] = ()
    talks: int = 0
    origin: str = ""
    followed: tuple[str, ...] = ()
    chosen: Chosen = Chosen()


class Swept(msgspec.Struct, frozen=True):
    """Who talked to one address, cluster by cluster; ``refused`` are clusters that the asker may not ask about."""

    address: str
    since: datetime
    until: datetime
    found: tuple[Seen, ...]
    refused: tuple[str, ...] = ()
    origin: str = ""


def places(answer: Seen | Traced | Swept) -> tuple[tuple[str, str], ...]:
    """Return the clusters and namespaces (empty: all of it) whose flows an answer shows."""
    if isinstance(answer, Swept):
        return tuple((one.asked.cluster, "") for one in answer.found)
    cluster, subject = answer.asked.cluster, answer.asked.subject
    own = subject.namespace if subject.about in IN_CLUSTER else ""
    shared = ("",) if subject.behind else ()  # behind a node's address are pods of all namespaces
    further = answer.followed if isinstance(answer, Traced) else ()
    return tuple((cluster, space) for space in dict.fromkeys((own, *shared, *further)))


def bounded(found: Summary) -> tuple[Summary, int]:
    """Return a summary that fits a note, and how many peers were left out of it."""
    kept = tuple(_lean(noted) for noted in found.peers[:MOST_PEERS])
    denials = tuple(
        msgspec.structs.replace(denial, peers=tuple(map(_thin, denial.peers[:10])))
        for denial in found.denials[:20]
    )
    left = max(0, len(found.peers) - MOST_PEERS)
    return msgspec.structs.replace(found, peers=kept, denials=denials), left


def lean(asked: Asked) -> Asked:
    """Return a question as an answer keeps it: of a large subject the first pods and addresses."""
    replace = msgspec.structs.replace
    subject = asked.subject
    short = {
        name: getattr(subject, name)[:MOST_BEHIND] for name in ("pods", "addresses", "behind", "identities")
    }
    return replace(asked, subject=replace(subject, **short))


def _lean(noted: Noted) -> Noted:
    return msgspec.structs.replace(noted, peer=_thin(noted.peer))


def _thin(peer: Peer) -> Peer:
    replace = msgspec.structs.replace
    sights = tuple(replace(sight, starts=()) for sight in peer.sights)
    return replace(peer, end=replace(peer.end, labels=()), sights=sights)


def thin_steps(found: Iterable[Step]) -> tuple[Step, ...]:
    """Return suggestions without what fits no note."""
    replace = msgspec.structs.replace
    return tuple(replace(step, peer=_thin(step.peer) if step.peer else None) for step in found)


def moments(merged: Merged, asked: Asked) -> tuple[tuple[Moment, ...], bool]:
    """Return when connections began, by the source that tells the most of them, and whether it tells fewer than there were."""
    by_source: dict[str, list[Talk]] = {}
    for talk in merged.talks:
        if talk.starts:
            by_source.setdefault(talk.source, []).append(talk)
    width = (asked.until - asked.since) / MOMENTS
    if not by_source or width <= timedelta(0):
        return (), False
    talks = max(by_source.values(), key=lambda some: sum(len(talk.starts) for talk in some))
    counts = [[0, 0, 0] for _ in range(MOMENTS)]
    for talk in talks:
        kind = 0 if talk.verdict in PASSED else 1 if talk.verdict is Verdict.DENIED else 2
        for start in talk.starts:
            at = min(MOMENTS - 1, max(0, (start - asked.since) // width))
            counts[at][kind] += 1
    told = tuple(Moment(asked.since + width * at, *each) for at, each in enumerate(counts))
    return told, any(talk.connections > len(talk.starts) for talk in talks)


def said_of(account: Account, asked: Asked) -> Iterator[str]:
    """
    Yield what is always said of a source, one fact each.

    What it told at all; what one observation is; how fresh it is; the time that it covers; what it lost. What it can never
    see stands in ``Account.blind``.
    """
    if account.silent:
        yield from (why if why.startswith("no answer") else f"no answer: {why}" for why in account.silent)
        return
    if account.granularities:
        yield " and ".join(map(str, account.granularities))
    yield f"newest {_ago(account.newest, asked.until)}" if account.newest else "how fresh it is is not known"
    yield _windows(account)
    yield from (f"lost: {loss}" for loss in account.losses)
    first = next(gaps(account, asked), "")
    if first and first not in {*map(str, account.losses)} and not first.startswith(OF_TIME):
        yield first


def _windows(account: Account) -> str:
    if not account.windows:
        return "the time that it covers is not known"
    spans = ", ".join(map(_span, account.windows[:3]))
    return f"covers {spans}" + (f" and {len(account.windows) - 3} more" if len(account.windows) > 3 else "")


def _span(window: Window) -> str:
    same = window.since.date() == window.until.date()
    until = f"{window.until:%H:%M:%S}" if same else f"{window.until:%m-%d %H:%M:%S}"
    return f"{window.since:%m-%d %H:%M:%S} to {until} UTC"


def _ago(moment: datetime, now: datetime) -> str:
    seconds = max(0, round((now - moment).total_seconds()))
    if seconds < 120:
        return f"{seconds} s before the end"
    return f"{seconds // 60} min before the end" if seconds < 7200 else f"{seconds // 3600} h before the end"
