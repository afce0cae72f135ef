"""
What is kept of flows beside the flows themselves: before a containment and after it, in a few lines for the card.

Names in them are from outside: whoever shows them escapes them.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from bot.domain.flows.asked import About, Asked
from bot.domain.flows.beats import beat
from bot.domain.flows.comparing import Compared, compared
from bot.domain.flows.concerning import end as ends_of
from bot.domain.flows.concerning import remembered
from bot.domain.flows.flow import PASSED, Flow
from bot.domain.flows.folding import placed
from bot.domain.flows.knowing import gaps
from bot.domain.flows.merging import Answer, accounts, merge
from bot.domain.flows.peers import PeerKey, Sight, peers
from bot.domain.flows.steps import Doing, Step, steps
from bot.domain.flows.summing import Summary, summary
from bot.domain.flows.taken import Capability, Silent, Taken, grave
from bot.domain.flows.talks import Account
from bot.domain.numbers import few
from bot.domain.reading import cut

MOST_NAMED: Final = 5
LONGEST: Final = 300
BEYOND: Final = frozenset({About.ADDRESS, About.NETWORK})
"""What is blocked, and lies beyond the firewall that blocks it."""

ANSWERED: Final = frozenset({"TCP", "SCTP"})
"""Protocols of which nothing passes that is never answered: neither end sends before the other one has agreed."""

PARTLY: Final = "; what passed before is known in part only"

Seen = dict[tuple[str, PeerKey], Sight]
"""With whom something passed, by who saw it."""


class Noted(msgspec.Struct, frozen=True):
    """
    What flows of one pod, or with one address, showed, in sentences. ``doubts``: which source may have missed some, each with why.

    The rest is of a look after a containment: what became of the peers with whom traffic passed before. ``established``
    is how many connections that were open before go on. ``compared`` is false where it is not known what passed before.
    """

    sentence: str
    steps: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    stopped: str = ""
    goes_on: str = ""
    new: str = ""
    unseen: str = ""
    established: int = 0
    compared: bool = False

    @property
    def passes(self) -> bool:
        """Whether anything was seen to pass after."""
        return bool(self.goes_on or self.new)


def before(told: Sequence[Answer], asked: Asked) -> Noted:
    """Return what there was; raises ``ValueError`` as `summary` does."""
    found = summary(merge([_of_block(answer, asked) for answer in told]), asked)
    return Noted(cut(found.sentence, LONGEST), _steps(found, asked), _doubts(found.incomplete))


def after(
    earlier: Sequence[Answer] | None, told: Sequence[Answer], asked: Asked, first: Asked | None = None
) -> Noted:
    """
    Return what became of it. ``earlier`` is what was told before the containment, ``None`` where that is not known.

    ``first`` is what was asked then. Raises ``ValueError`` as `summary` does.
    """
    decided = [_decided(_of_block(answer, asked)) for answer in told]
    merged = merge(decided)
    found = summary(merged, asked)
    if earlier is None:
        text = f"what passed before is not known; since then: {found.sentence}"
        return Noted(cut(text, LONGEST), _steps(found, asked), _doubts(found.incomplete))
    then = [_of_block(answer, asked, unsure=True) for answer in earlier]
    now = compared(then, decided, asked, merged=merged, unproven=_unproven(then, told, asked))
    lacks = _lacking(then, first)
    return Noted(
        cut(_sentence(now, found, partly=len(lacks) == len({one.source for one in then})), LONGEST),
        _steps(found, asked),
        _doubts((*now.doubts, *((f"before, {source}", why) for source, why in lacks))),
        stopped=_few(map(str, now.stopped)),
        goes_on=_few(f"{one.peer}{_open(one.established)}" for one in now.goes_on),
        new=_few(map(str, now.new)),
        unseen=_few(map(str, now.unseen)),
        established=now.established,
        compared=True,
    )


def lost(told: Iterable[Answer]) -> str:
    """Return what the sources themselves say that is lacking in their answers; empty for nothing."""
    return "; ".join(filter(None, map(_lacks, told)))


def untold(told: Sequence[Answer]) -> str:
    """Return why there is no answer at all; empty where there is one."""
    if any(isinstance(answer, Taken) for answer in told):
        return ""
    silent = [answer for answer in told if isinstance(answer, Silent)]
    return "; ".join(f"{one.source}: {one.why}" for one in silent) or "there is no source of flows"


def _lacks(answer: Answer) -> str:
    if isinstance(answer, Silent):
        return f"{answer.source}: {answer.why}"
    lost = grave(answer.losses)
    return f"{answer.source}: {lost[0]}" if lost else ""


def _unproven(then: list[Answer], told: Iterable[Answer], asked: Asked) -> frozenset[tuple[str, PeerKey]]:
    """
    Return whom each source saw before, and of whom it shows no end though it saw nothing pass since.

    They still set out to, and it is not told whether that passes: it never was told of them, or they need no answer. Or
    they talk by a clock, and it was not their time yet.
    """
    was, still = _passing(then, asked), _passing(told, asked)
    followed = _passing(map(_decided, then), asked)
    time = (asked.until - asked.since).total_seconds()
    block = asked.subject.about in BEYOND
    return frozenset(
        one
        for one, sight in was.items()
        if (
            one not in followed or (block and one[1][2] not in ANSWERED)
            if one in still
            else _rests(sight, time)
        )
    )


def _passing(told: Iterable[Answer], asked: Asked) -> Seen:
    own = remembered(ends_of(asked.subject))
    found = peers(merge(told).talks, own)
    return {(sight.source, peer.key): sight for peer in found for sight in peer.sights if sight.passed}


def _rests(sight: Sight, time: float) -> bool:
    rhythm = beat(sight.starts)
    return rhythm is not None and rhythm.every > time


def _lacking(then: Iterable[Answer], first: Asked | None) -> tuple[tuple[str, str], ...]:
    """Return who may have missed some of what passed before, each with why."""
    found = ((account.source, _lacked(account, first)) for account in accounts(then))
    return tuple((source, why) for source, why in found if why)


def _lacked(account: Account, first: Asked | None) -> str:
    """Return why, for what came to pass and not for what it never sees: that is said of it already."""
    silent = next(iter(account.silent), "")
    if silent or first is None:
        unsaid = "" if account.windows else "it does not say which time it covers"
        return silent or next(map(str, grave(account.losses)), unsaid)
    able = msgspec.structs.replace(account, can=frozenset(Capability), losses=grave(account.losses))
    return next(gaps(able, first), "")


def _of_block(answer: Answer, asked: Asked, *, unsure: bool = False) -> Answer:
    """
    What a source within the cluster says of an address outside: that a packet left its pod is no sign that it passed.

    A firewall on its way decides after that. What was answered has passed. ``unsure``: with what may pass without an answer.
    """
    pod = asked.subject.about not in BEYOND
    if pod or isinstance(answer, Silent) or Capability.INSIDE not in answer.can:
        return answer
    answered = {placed(flow)[0] for flow in answer.flows if flow.reply}
    kept = (
        flow
        for flow in answer.flows
        if flow.verdict not in PASSED
        or placed(flow)[0] in answered
        or (unsure and flow.protocol not in ANSWERED)
    )
    return msgspec.structs.replace(answer, flows=tuple(kept))


def _decided(answer: Answer) -> Answer:
    """What was only seen to set out, before any policy, has not passed."""
    if isinstance(answer, Silent):
        return answer
    kept = tuple(flow for flow in answer.flows if not _undecided(flow))
    return msgspec.structs.replace(answer, flows=kept)


def _undecided(flow: Flow) -> bool:
    return flow.verdict in PASSED and flow.observer.point.startswith("from-")


def _sentence(now: Compared, found: Summary, *, partly: bool) -> str:
    """Say it in a line; ``partly``: whoever told of the time before may have missed some."""
    if now.stopped or now.goes_on or now.new or now.unseen:
        return f"{now}{PARTLY if partly else ''}"
    return f"nothing {'is known to have ' if partly else ''}passed before; since then: {found.sentence}"


def _steps(found: Summary, asked: Asked) -> tuple[str, ...]:
    """Return what is suggested, as far as a command does it. To quarantine the pod is what is happening already."""
    return tuple(cut(told, LONGEST) for one in steps(found) if (told := _worded(one, asked)))


def _worded(step: Step, asked: Asked) -> str:
    address = step.peer.end.address if step.peer else ""
    match step.doing:
        case Doing.BLOCK if address:
            return f"/ir block {address} ({step.why})"
        case Doing.TRACE if asked.subject.about not in BEYOND:
            return f"/ir trace {asked.cluster}/{asked.subject} ({step.why})"
        case _:
            return ""


def _doubts(found: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(cut(f"{source}: {why}", LONGEST) for source, why in found)[:MOST_NAMED]


def _open(number: int) -> str:
    return f" ({number} of its connections open since before)" if number else ""


def _few(names: Iterable[str]) -> str:
    return few([cut(name, 120) for name in names], MOST_NAMED)
