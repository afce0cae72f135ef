"""
What a part that was begun has done by now: as its own row says, in the words of its card, and never more than was seen.

That something is on record says nothing of what it does: it may be opened by others, enforced by nobody, or let go of.
"""

from enum import IntEnum
from typing import Final

import msgspec

from bot.domain.evidence import ADDRESS
from bot.domain.findings import Verdict
from bot.domain.refs import ArmRef
from bot.domain.requests import Difference, PartRow
from bot.domain.states import PartState as S
from bot.domain.states import worded
from bot.domain.tampering import reopens


class Effect(IntEnum):
    """What is known of it, the best first."""

    PROVED = 0
    PARTLY = 1
    UNPROVED = 2
    COMING = 3
    IDLE = 4
    CHANGED = 5
    STUCK = 6
    LEAVING = 7
    OPENED = 8
    ABSENT = 9

    @property
    def holds(self) -> bool:
        """Whether it stands as written, or is about to, and nothing shows that it does nothing."""
        return self <= Effect.COMING


_APPLIED: Final = {
    Verdict.CONTAINED: Effect.PROVED,
    Verdict.PARTIAL: Effect.PARTLY,
    Verdict.INCONCLUSIVE: Effect.UNPROVED,
    Verdict.NOT_ENFORCED: Effect.IDLE,
    None: Effect.UNPROVED,
}
_OTHERWISE: Final = {
    S.EXECUTING: Effect.COMING,
    S.ACCEPTED: Effect.COMING,
    S.NEEDS_HUMAN: Effect.STUCK,
    S.UNDOING: Effect.LEAVING,
    S.ROLLING_BACK: Effect.LEAVING,
    S.TAMPERED: Effect.OPENED,
}
_TEXTS: Final = {
    Effect.PROVED: "{done} already by {id}",
    Effect.PARTLY: "applied by {id}, and some traffic still passes",
    Effect.UNPROVED: "applied by {id}, which is not proven",
    Effect.COMING: "{id} is {state}",
    Effect.IDLE: "applied by {id}, but nothing enforces it: the traffic still passes",
    Effect.CHANGED: "{id} was changed by others and does not stand as written",
    Effect.STUCK: "{id} needs a person: whether it stands is not known",
    Effect.LEAVING: "{id} is {state}",
    Effect.OPENED: "{id} was OPENED AGAIN BY OTHERS and does not stand now",
    Effect.ABSENT: "{id} is {state}",
}
_REMEDIES: Final = {
    Effect.IDLE: "Let go of it, and choose other means: /ir rollback {id}",
    Effect.CHANGED: "Look at it: /ir status {id}",
    Effect.STUCK: "Look at it: /ir status {id}",
    Effect.LEAVING: "Ask anew once it is: /ir status {id}",
    Effect.OPENED: "Write it again or let go of it: /ir reapply {id}, /ir rollback {id}",
}


class Known(msgspec.Struct, frozen=True):
    """What is known of a part: ``text`` for people, and what may be done about it, empty where that is nothing."""

    request: str
    effect: Effect
    text: str
    remedy: str = ""


def known(row: PartRow, *, marked: bool = True) -> Known:
    """Return what is known; ``marked`` False: our mark is seen not to be on its pod, whatever was measured before."""
    effect = _effect(row)
    if not marked and effect < Effect.COMING:
        effect = Effect.CHANGED
    done = "blocked" if row.part.target.kind == ADDRESS.kind else "cut off"
    told = {"id": row.request_id, "done": done, "state": worded([row.state])}
    return Known(
        row.request_id, effect, _TEXTS[effect].format(**told), _REMEDIES.get(effect, "").format(**told)
    )


def _effect(row: PartRow) -> Effect:
    if row.state is not S.APPLIED:
        return _OTHERWISE.get(row.state, Effect.ABSENT)
    return Effect.CHANGED if any(_opens(row, each) for each in row.drift) else _APPLIED[row.verdict]


def _opens(row: PartRow, difference: Difference) -> bool:
    """An entry of a shared thing is there or not; of objects of our own not every difference lets anything through."""
    return isinstance(difference.ref, ArmRef) or reopens(row.part, difference)
