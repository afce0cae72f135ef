"""
What is kept of flows beside the flows themselves: before a containment and after it, in a few lines for the card.

Names in them are from outside: whoever shows them escapes them.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from bot.domain.flows.asked import About, Asked
from bot.domain.flows.comparing import Compared, compared
from bot.domain.flows.flow import PASSED, Flow
from bot.domain.flows.folding import placed
from bot.domain.flows.merging import Answer, merge
from bot.domain.flows.steps import Doing, Step, steps
from bot.domain.flows.summing import Summary, summary
from bot.domain.flows.taken import Capability, Silent, Taken, grave
from bot.domain.numbers import few
from bot.domain.reading import cut

MOST_NAMED: Final = 5
LONGEST: Final = 300
BEYOND: Final = frozenset({About.ADDRESS, About.NETWORK})
"""What is blocked, and lies beyond the firewall that blocks it."""


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


def after(earlier: Sequence[Answer] | None, told: Sequence[Answer], asked: Asked) -> Noted:
    """
    Return what became of it. ``earlier`` is what was told before the containment, ``None`` where that is not known.

    Raises ``ValueError`` as `summary` does.
    """
    decided = [_decided(_of_block(answer, asked)) for answer in told]
    merged = merge(decided)
    found = summary(merged, asked)
    if earlier is None:
        text = f"what passed before is not known; since then: {found.sentence}"
        return Noted(cut(text, LONGEST), _steps(found, asked), _doubts(found.incomplete))
    now = compared([_of_block(answer, asked) for answer in earlier], decided, asked, merged=merged)
    return Noted(
        cut(_sentence(now, found), LONGEST),
        _steps(found, asked),
        _doubts(now.doubts),
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


def _of_block(answer: Answer, asked: Asked) -> Answer:
    """
    What a source within the cluster says of an address outside: that a packet left its pod is no sign that it passed.

    A firewall on its way decides after that. What was answered has passed.
    """
    pod = asked.subject.about not in BEYOND
    if pod or isinstance(answer, Silent) or Capability.INSIDE not in answer.can:
        return answer
    answered = {placed(flow)[0] for flow in answer.flows if flow.reply}
    kept = (flow for flow in answer.flows if flow.verdict not in PASSED or placed(flow)[0] in answered)
    return msgspec.structs.replace(answer, flows=tuple(kept))


def _decided(answer: Answer) -> Answer:
    """What was only seen to set out, before any policy, has not passed."""
    if isinstance(answer, Silent):
        return answer
    kept = tuple(flow for flow in answer.flows if not _undecided(flow))
    return msgspec.structs.replace(answer, flows=kept)


def _undecided(flow: Flow) -> bool:
    return flow.verdict in PASSED and flow.observer.point.startswith("from-")


def _sentence(now: Compared, found: Summary) -> str:
    if now.stopped or now.goes_on or now.new or now.unseen:
        return str(now)
    return f"nothing passed before; since then: {found.sentence}"


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
